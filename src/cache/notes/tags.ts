/**
 * Notes what the user says of calls.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import type { Json } from '../../codec/json-writer.ts';
import { hookOf } from '../carried-hook.ts';
import { type MetadataHook, noteOf } from '../metadata.ts';

/**
 * Notes tags of each call, as `tags`.
 *
 * @throws {TypeError} If they are no JSON.
 *
 * @example
 * ```ts
 * import { openCache, run, tags, task, tasks } from 'heddle';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * await using cache = await openCache(':memory:', { metadata: [tags({ study: 'first' })] });
 * await run(square(3), { cache });
 * assert.equal(await cache.query({ metadata: { tags: { study: 'first' } } }).count(), 1);
 * ```
 */
export function tags(values: Readonly<Record<string, Json>>): MetadataHook {
  const isRecord = typeof values === 'object' && (values as unknown) !== null && !Array.isArray(values);
  if (!isRecord)
    throw new TypeError(`Cannot note tags as they must be given by name: received ${inspectShort(values)}`);
  return hookOf({ kind: 'constant', name: 'tags', note: noteOf(values) as Json });
}

/**
 * Notes the name of a project of each call, as `project`.
 *
 * @example
 * ```ts
 * import { openCache, project, run, task, tasks, withMetadata } from 'heddle';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * await using cache = await openCache(':memory:');
 * await withMetadata([project('squares')], () => run(square(3), { cache }));
 * assert.ok(await cache.query({ metadata: { project: 'squares' } }).any());
 * ```
 */
export function project(name: string): MetadataHook {
  if (typeof name !== 'string' || name === '')
    throw new TypeError(`Cannot note a project as it must have a name: received ${inspectShort(name)}`);
  return hookOf({ kind: 'constant', name: 'project', note: name });
}
