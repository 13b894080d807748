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
 * @throws {RangeError} If there is no secret, or an empty one.
 */
export function signed({ values: store, calls: records }: Backend, options: SigningOptions): Backend {
  return { values: verifiedStore(store), calls: signedRecords(records, options) };
}
