/**
 * A backend in which nothing is found, so that all is computed and kept anew: after a machine was found to compute wrongly, say.
 */

import type { Backend } from '../backend.ts';
import { descriptorOf } from './descriptors.ts';
import { recordsLike } from './records-like.ts';

/**
 * Makes a backend that finds no record by its key, and keeps all that it is given in place of what was there.
 *
 * Bytes are found, as those of a digest cannot be out of date; and `select` and `runs` tell what is there. For one run,
 * `run(x, { cache, refresh: true })` does the same.
 *
 * @example
 * ```ts
 * import { openCache, run, task, tasks } from 'heddle';
 * import { openMemory, refreshing } from 'heddle/cache';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * const backend = openMemory();
 * await run(square(3), { cache: await openCache(backend) });
 *
 * await using cache = await openCache(refreshing(backend));
 * await run(square(3), { cache });
 * assert.deepEqual((await cache.stats()).calls, { computed: 1, retrieved: 0, attached: 0 });
 * assert.equal(await cache.query({ task: square }).count(), 1); // In place of the old one.
 * ```
 */
export function refreshing({ values: store, calls: records }: Backend): Backend {
  return {
    values: store,
    calls: recordsLike(records, {
      name: `refreshing ${records.name}`,
      descriptor: descriptorOf('refreshing', [records]),
      get: () => undefined,
    }),
  };
}
