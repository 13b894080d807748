/**
 * Notes for all that a function does.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import type { Json } from '../../codec/json-writer.ts';
import type { MetadataHook } from '../metadata.ts';
import { surroundings, withSurroundings } from '../surroundings.ts';
import { tags } from './tags.ts';

/**
 * Does something, and notes with hooks what it computes: all runs and memoized functions inside, also after it has waited.
 * They come after those of the cache, and those of functions around this one: of notes with one name, the inner ones count.
 *
 * @returns what the function gives
 *
 * @example
 * ```ts
 * import { openCache, run, runtime, tags, task, tasks, withMetadata } from 'heddle';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * await using cache = await openCache(':memory:');
 * await withMetadata([runtime(), tags({ study: 'first' })], () => run(square(3), { cache }));
 * const { metadata } = await cache.query({ task: square }).only();
 * assert.deepEqual(Object.keys(metadata), ['runtime', 'tags']);
 * ```
 */
export function withMetadata<T>(hooks: readonly MetadataHook[], act: () => T): T {
  for (const hook of hooks) {
    if (typeof (hook as Partial<MetadataHook> | undefined)?.name === 'string') continue;
    throw new TypeError(`Cannot note metadata as a hook must have a name: received ${inspectShort(hook)}`);
  }
  return withSurroundings({ metadata: [...surroundings().metadata, ...hooks] }, act);
}

/**
 * Does something, and tags what it computes: as `withMetadata([tags(values)], act)`. Inner tags are added to outer ones.
 *
 * @returns what the function gives
 *
 * @example
 * ```ts
 * import { openCache, run, task, tasks, withTags } from 'heddle';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * await using cache = await openCache(':memory:');
 * await withTags({ study: 'first' }, () => withTags({ seed: 7 }, () => run(square(3), { cache })));
 * const { metadata } = await cache.query().only();
 * assert.deepEqual(metadata, { tags: { study: 'first', seed: 7 } });
 * ```
 */
export function withTags<T>(values: Readonly<Record<string, Json>>, act: () => T): T {
  return withMetadata([tags(values)], act);
}
