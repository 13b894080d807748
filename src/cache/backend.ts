/**
 * What a cache keeps things in: a store for the bytes, and records that tell what they are.
 */

import type { Store } from '../store/store.ts';
import type { Records } from './records.ts';

/** A store and the records that refer to it. */
export interface Backend {
  readonly store: Store;
  readonly records: Records;
}
