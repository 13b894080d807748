/**
 * Several backends that are read as one and never written: those of all members of a group, say.
 */

import { storeLike } from '../../store/store-like.ts';
import type { Backend } from '../backend.ts';
import { descriptorOf } from './descriptors.ts';
import { readOnly } from './read-only.ts';
import { recordsLike } from './records-like.ts';
import { anyHas, entriesOfAll, entriesOfRun, firstOf, onAll, runsOfAll, selectFromAll } from './union.ts';

/**
 * Makes a backend that gives what the first of several has, and keeps nothing: see `readOnly`.
 *
 * - **Order:** the first that has something gives it. `select` tells of each call once.
 * - **Cost:** a miss asks each of them.
 * - **Failure:** what would write throws a `RejectedError`. Put it under another backend with `stack` to keep what is computed.
 *
 * @throws {RangeError} If there is none.
 *
 * @example
 * ```ts
 * import { openCache, run, task, tasks } from 'heddle';
 * import { openMemory, pool, stack } from 'heddle/cache';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * const [hers, his] = [openMemory(), openMemory()];
 * await run(square(3), { cache: await openCache(hers) });
 * await run(square(4), { cache: await openCache(his) });
 *
 * await using mine = await openCache(stack([openMemory(), pool([hers, his])]));
 * assert.deepEqual(await run([square(3), square(4), square(5)], { cache: mine }), [9, 16, 25]);
 * assert.deepEqual((await mine.stats()).calls, { computed: 1, retrieved: 2, attached: 0 });
 * ```
 */
export function pool(backends: readonly Backend[]): Backend {
  const [first] = backends;
  if (first === undefined) throw new RangeError('Cannot pool backends as there must be one: received none');
  const stores = backends.map(({ values: store }) => store);
  const parts = backends.map(({ calls: records }) => records);
  const refusing = readOnly(first);
  return {
    values: storeLike(refusing.values, {
      name: `pool of ${stores.map(({ name }) => name).join(', ')}`,
      descriptor: descriptorOf('pool', stores),
      get: (digest) =>
        firstOf(
          stores,
          (store) => store.get(digest),
          (bytes) => bytes,
        ),
      has: (digest) => anyHas(stores, digest),
      entries: () => entriesOfAll(stores),
      flush: () => onAll(stores, (store) => store.flush()),
      close: () => onAll(stores, (store) => store.close()),
    }),
    calls: recordsLike(refusing.calls, {
      name: `pool of ${parts.map(({ name }) => name).join(', ')}`,
      descriptor: descriptorOf('pool', parts),
      get: (key) =>
        firstOf(
          parts,
          (part) => part.get(key),
          (record) => record,
        ),
      select: (filter) => selectFromAll(parts, filter),
      runs: () => runsOfAll(parts),
      entriesOf: (run) => entriesOfRun(parts, run),
      flush: () => onAll(parts, (part) => part.flush()),
      close: () => onAll(parts, (part) => part.close()),
    }),
  };
}
