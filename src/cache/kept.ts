/**
 * What a cache keeps, for those who ask it, tidy it up or copy it: the one place that knows how the parts are called.
 */

import type { Store } from '../store/store.ts';
import type { CallCache } from './call-cache.ts';
import type { Records } from './records.ts';

export interface Kept {
  readonly values: Store;
  readonly calls: Records;
}

export function keptBy(engine: CallCache): Kept {
  const { values: store, calls: records } = engine.parts.backend;
  return { values: store, calls: records };
}
