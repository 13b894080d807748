/**
 * A backend of which nothing is believed that was not written by somebody who knows a secret.
 */

import { verifiedStore } from '../../store/verified-store.ts';
import type { Backend } from '../backend.ts';
import { type SigningOptions, signedRecords } from '../signed-records.ts';

/**
 * Makes a backend of which the records are signed, and the values are those that the records tell of. What is not signed, or
 * by another secret, is a miss.
 *
 * - **Cost:** some ten microseconds for each record; each value that is read is digested.
 * - **Workers** cannot open it, as a secret does not travel: `bind` refuses a cache over it.
 *
 * @throws {RangeError} If there is no secret, or an empty one.
 *
 * @example
 * ```ts
 * import { randomBytes } from 'node:crypto';
 * import { openCache, run, task, tasks } from 'heddle';
 * import { openMemory, signed } from 'heddle/cache';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * const shared = openMemory();
 * const secret = randomBytes(32);
 * await run(square(3), { cache: await openCache(signed(shared, { secrets: [secret] })) });
 *
 * await using ours = await openCache(signed(shared, { secrets: [secret] }));
 * assert.equal(await ours.has(ours.digest(square, 3)), true);
 * await using another = await openCache(signed(shared, { secrets: ['a guess'] }));
 * assert.equal(await another.has(another.digest(square, 3)), false);
 * ```
 */
export function signed({ values: store, calls: records }: Backend, options: SigningOptions): Backend {
  return { values: verifiedStore(store), calls: signedRecords(records, options) };
}
