/**
 * A backend as data. Leaves opening it again to `descriptors.ts`, which knows all kinds.
 */

import type { StoreDescriptor } from '../store/store.ts';
import type { Backend } from './backend.ts';
import type { RecordsDescriptor } from './records.ts';

/** How another process opens the same backend. Plain data. */
export interface BackendDescriptor {
  readonly store: StoreDescriptor;
  readonly records: RecordsDescriptor;
}

/** Tells how another process opens a backend; `undefined` if it cannot. */
export function describeBackend({ values: store, calls: records }: Backend): BackendDescriptor | undefined {
  if (store.descriptor === undefined || records.descriptor === undefined) return undefined;
  return { store: store.descriptor, records: records.descriptor };
}
