/**
 * A backend for some calls alone: those that took long, say, or those of one package.
 */

import { whenThere } from '../../base/maybe-promise.ts';
import { RejectedError } from '../../store/rejected-error.ts';
import type { Backend } from '../backend.ts';
import type { CallRecord } from '../record.ts';
import { recordsLike } from './records-like.ts';
import { selectFitting } from './select-fitting.ts';

/**
 * Makes a backend that sees and keeps only records that fit.
 *
 * `put` of another one throws a `RejectedError` at once. Bytes are kept all the same: the store does not know what they are
 * for. Those that no record tells of go when the cache is cleaned up. Runs and claims are seen as they are.
 *
 * - **Cost:** `does` is called for each record that is written, read or looked at by `select`.
 * - **Failure:** what is refused is not kept, without a word, and the call has its value all the same.
 * - **Workers** cannot open it: `bind` refuses a cache over it.
 *
 * @param does - says of a record whether it fits; also of one of a call that has only begun
 *
 * @example
 * ```ts
 * import { openCache, run, task, tasks } from 'heddle';
 * import { filtered, openMemory } from 'heddle/cache';
 * const { length, split } = tasks(import.meta, {
 *   length: task((words: readonly string[]) => words.length, { cache: true }),
 *   split: task((text: string) => text.split(' '), { cache: true }),
 * });
 * const backend = filtered(openMemory(), ({ task }) => task !== 'split');
 * await using cache = await openCache(backend);
 * assert.equal(await run(length(split('to be or not')), { cache }), 4);
 * assert.deepEqual((await cache.query().table()).map(({ task }) => task), ['length']);
 * ```
 */
export function filtered(
  { values: store, calls: records }: Backend,
  does: (record: CallRecord) => boolean,
): Backend {
  const seen = (record: CallRecord | undefined): CallRecord | undefined =>
    record !== undefined && does(record) ? record : undefined;
  return {
    values: store,
    calls: recordsLike(records, {
      name: `filtered ${records.name}`,
      descriptor: undefined,
      isPartial: true,
      get: (key) => whenThere(records.get(key), seen),
      put(record) {
        if (does(record)) return records.put(record);
        throw new RejectedError(
          'does-not-fit',
          `Cannot keep a record in ${records.name} as it does not fit: received one of '${record.task}'`,
        );
      },
      delete: (key) =>
        whenThere(records.get(key), (record) => seen(record) !== undefined && records.delete(key)),
      select: (filter) => selectFitting(records, filter, seen),
    }),
  };
}
