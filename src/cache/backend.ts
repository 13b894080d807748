/**
 * What a cache keeps things in: values by the digest of their bytes, and records of calls. Each may be anywhere.
 */

import type { Store } from '../store/store.ts';
import type { Records } from './records.ts';

export interface Backend {
  readonly values: Store;
  readonly calls: Records;
}
