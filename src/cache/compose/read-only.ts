/**
 * A backend that is read and never written: that of colleagues, or one that was handed over with a paper.
 */

import { RejectedError } from '../../store/rejected-error.ts';
import type { Store } from '../../store/store.ts';
import { storeLike } from '../../store/store-like.ts';
import type { Backend } from '../backend.ts';
import type { Records } from '../records.ts';
import { descriptorOf } from './descriptors.ts';
import { recordsLike } from './records-like.ts';

/**
 * Makes a backend that gives what is in another one, and keeps nothing.
 *
 * What would write throws a `RejectedError` at once. Claims are made and seen by nobody, as nobody is to wait for what is
 * not kept. A cache over it passes over that without a word; over `stack([mine, readOnly(theirs)])` nothing is refused, as only
 * the first is written.
 *
 * @example
 * ```ts
 * import { openCache, run, task, tasks } from 'heddle';
 * import { openMemory, readOnly } from 'heddle/cache';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * const theirs = openMemory();
 * await run(square(3), { cache: await openCache(theirs) });
 *
 * await using cache = await openCache(readOnly(theirs));
 * assert.deepEqual(await run([square(3), square(4)], { cache }), [9, 16]);
 * assert.equal(await cache.query({ task: square }).count(), 1);
 * ```
 */
export function readOnly({ values: store, calls: records }: Backend): Backend {
  return { values: readOnlyStore(store), calls: readOnlyRecords(records) };
}

function readOnlyStore(store: Store): Store {
  const refuse = (): never => {
    throw new RejectedError('read-only', `Cannot keep bytes in ${store.name} as it may only be read`);
  };
  return storeLike(store, {
    name: `read-only ${store.name}`,
    descriptor: descriptorOf('read-only', [store]),
    put: refuse,
    delete: refuse,
  });
}

function readOnlyRecords(records: Records): Records {
  const refuse = (): never => {
    throw new RejectedError('read-only', `Cannot keep a record in ${records.name} as it may only be read`);
  };
  return recordsLike(records, {
    name: `read-only ${records.name}`,
    descriptor: descriptorOf('read-only', [records]),
    put: refuse,
    delete: refuse,
    claim: () => undefined,
    renew: () => undefined,
    release: () => undefined,
    putRun: refuse,
    addEntries: refuse,
    deleteRun: refuse,
  });
}
