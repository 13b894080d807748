/**
 * Opening a cache.
 */

import { type Clock, systemClock } from '../base/clock.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import type { Codecs } from '../codec/codecs.ts';
import { SourceDigests } from '../sources/source-digests.ts';
import { memoryStore } from '../store/memory-store.ts';
import type { Backend } from './backend.ts';
import { Cache } from './cache.ts';
import { CallCache } from './call-cache.ts';
import { CallKeys } from './call-key.ts';
import { FileDigests } from './file-digests.ts';
import { memoryRecords } from './memory-records.ts';
import type { MetadataHook } from './metadata.ts';
import { TaskVersions } from './task-version.ts';
import { newOwner } from './thread-owner.ts';
import { type TroubleListener, troubleTeller } from './trouble.ts';
import { ValueCodec, type ValueFormat } from './value-codec.ts';

export interface CacheOptions {
  /** How instances of classes are stored and digested. */
  readonly codecs?: Codecs;
  /**
   * How values are written: as V8 clones them, fast, or as JSON that a person and every runtime can read.
   *
   * @defaultValue `'v8'`
   */
  readonly format?: ValueFormat;
  /**
   * Whether arguments are stored, or only their digests.
   *
   * @defaultValue `true`
   */
  readonly storeArguments?: boolean;
  /** What is noted of each call that is computed. */
  readonly metadata?: readonly MetadataHook[];
  /**
   * Told what could not be remembered, or read again.
   *
   * @defaultValue `'warn'`
   */
  readonly onTrouble?: TroubleListener;
  /** @defaultValue that of this machine */
  readonly clock?: Clock;
}

const optionNames = ['codecs', 'format', 'storeArguments', 'metadata', 'onTrouble', 'clock'];

/**
 * Opens a cache.
 *
 * - **A folder** holds a database of SQLite, and files for long values. Any number of processes of one machine may use it at
 *   once. For a folder that machines share over a network, see `openFiles` of `heddle/cache`.
 * - **Trouble**, such as a full disk or a damaged file, never changes or fails a call: it is told, and the call is computed.
 * - **Cost:** it takes some milliseconds. A call that is found takes some 20 µs more than digesting its arguments; one that is
 *   kept, some 100 µs.
 *
 * @param where - a folder, which is made if need be; `':memory:'`; or what keeps calls and values, see `heddle/cache`
 * @throws {CacheOpenError} If what is there is no cache, damaged, of a later heddle, or may not be used. It is left as it is.
 *
 * @example
 * ```ts
 * import { openCache, run, task, tasks } from 'heddle';
 * export const { square } = tasks(import.meta, { square: task((x: number) => x ** 2, { cache: true }) });
 * if (import.meta.main) {
 *   await using cache = await openCache(':memory:');
 *   assert.equal(await run(square(3), { cache }), 9);
 *   assert.equal(await run(square(3), { cache }), 9); // retrieved
 *   assert.equal((await cache.stats()).calls.retrieved, 1);
 * }
 * ```
 */
export async function openCache(where: string | Backend, options: CacheOptions = {}): Promise<Cache> {
  refuseUnknownOptions(options, optionNames, 'open a cache');
  refuseWrong(where, options);
  return cacheOver(typeof where === 'string' ? await openBackend(where) : where, options);
}

function refuseWrong(where: unknown, { format, storeArguments, metadata, onTrouble }: CacheOptions): void {
  const refuse = (what: string, must: string, received: unknown): never => {
    throw new TypeError(`Cannot open a cache as ${what} must be ${must}: received ${inspectShort(received)}`);
  };
  const { values, calls } = Object(where) as Partial<Backend>;
  const isBackend = typeof values?.get === 'function' && typeof calls?.get === 'function';
  if (!isBackend && (typeof where !== 'string' || where === '')) {
    const mend = "\n  such as openCache('.heddle') or openCache(':memory:')";
    throw new TypeError(
      `Cannot open a cache as it must be said where, by a folder or a backend: received ${inspectShort(where)}${mend}`,
    );
  }
  if (onTrouble !== undefined && typeof onTrouble !== 'function' && !['warn', 'ignore'].includes(onTrouble))
    refuse("'onTrouble'", "'warn', 'ignore' or a function", onTrouble);
  if (format !== undefined && !['v8', 'json'].includes(format)) refuse("'format'", "'v8' or 'json'", format);
  if (storeArguments !== undefined && typeof storeArguments !== 'boolean')
    refuse("'storeArguments'", 'true or false', storeArguments);
  if (metadata !== undefined && !Array.isArray(metadata)) refuse("'metadata'", 'a list of hooks', metadata);
}

/** Makes a cache that keeps things in a backend which is open. @internal */
export function cacheOver(backend: Backend, options: CacheOptions = {}): Cache {
  const {
    codecs,
    format = 'v8',
    storeArguments = true,
    metadata = [],
    onTrouble = 'warn',
    clock = systemClock,
  } = options;
  const engine = new CallCache({
    backend,
    keys: new CallKeys(new TaskVersions(new SourceDigests()), new FileDigests(clock), codecs),
    codec: new ValueCodec(codecs, format),
    clock,
    owner: newOwner(),
    storesArguments: storeArguments,
    trouble: troubleTeller(onTrouble),
  });
  return new Cache(engine, metadata);
}

/** Makes a cache like another one, in a backend which is open. @internal */
export function cacheLike({ engine, metadata }: Cache, backend: Backend): Cache {
  return new Cache(new CallCache({ ...engine.parts, backend, owner: newOwner() }), metadata);
}

async function openBackend(where: string): Promise<Backend> {
  if (where === ':memory:') return { values: memoryStore(), calls: memoryRecords() };
  const { openSqlite } = await import('./sqlite/sqlite-backend.ts');
  return openSqlite(process.getBuiltinModule('node:path').join(where, 'cache.db'));
}
