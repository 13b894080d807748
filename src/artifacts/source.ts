/**
 * Where artifacts come from: the contract, and what fulfils it.
 *
 * A source tells by name whether it has an artifact, and loads its value. Anything with `has` and `load` is one: an
 * experiment, a repository, an object of yours. A `Map` is one by its keys, and a cache of heddle by the names of tasks.
 */

import { inspectShort } from '../base/inspect-short.ts';
import type { Cache } from '../cache/cache.ts';
import { isCache } from '../cache/is-cache.ts';
import { isDigest } from '../codec/canonical/digest-text.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import { copyValue } from '../codec/copy.ts';

/** Has artifacts, by name. */
export interface ArtifactSource {
  /** Whether there is one of the name. */
  has(name: string): boolean | Promise<boolean>;
  /**
   * Gives its value. Asked only for names that there are, but for those of `artifact('x')`.
   *
   * @throws what went wrong, if it has none or cannot load it
   */
  load(name: string): unknown;
  /** Tells which version `load` gives, for the records of calls that take it; `undefined` if it has none. */
  versionOf?(name: string): string | undefined | Promise<string | undefined>;
}

/** What can be given as a source. */
export type ArtifactSourceLike = ArtifactSource | ReadonlyMap<string, unknown> | Cache;

/**
 * Makes a source of what can be given as one.
 *
 * @param doing - what it is for, for the message: `run`
 * @throws {TypeError} If it is none.
 */
export function sourceOf(given: ArtifactSourceLike, doing: string): ArtifactSource {
  if (isCache(given)) return cacheSource(given);
  if (given instanceof Map) return mapSource(given);
  const { has, load, versionOf } = (given ?? {}) as Partial<ArtifactSource>;
  if (typeof has === 'function' && typeof load === 'function') {
    if (versionOf === undefined || typeof versionOf === 'function') return given as ArtifactSource;
  }
  throw new TypeError(
    `Cannot ${doing} as 'source' must have artifacts: received ${inspectShort(given)}\n` +
      (given === undefined
        ? '  there may be no such experiment: project.require(…) says so'
        : '  give an experiment, a repository, a Map, a cache, or an object with has(name) and load(name)'),
  );
}

/** A copy each time, as from a file: what is done with it does not change what the map has. */
function mapSource(map: ReadonlyMap<string, unknown>): ArtifactSource {
  return { has: (name) => map.has(name), load: (name) => copyValue(map.get(name)) };
}

/**
 * A cache by the names of tasks: the value is that of the latest call of the task that gave one. The digest of a call is a
 * name, too.
 */
function cacheSource(cache: Cache): ArtifactSource {
  const find = (name: string): ReturnType<Cache['record']> =>
    isDigest(name) ? cache.record(name as Digest) : cache.query({ task: name }).latest();
  return {
    has: async (name) => (await find(name))?.state === 'success',
    load: async (name) => await (await find(name))?.result(),
    versionOf: async (name) => (await find(name))?.digest,
  };
}
