/**
 * How much a cache keeps, and how often it was of use.
 */

import type { CallCache } from '../call-cache.ts';
import { keptBy } from '../kept.ts';
import type { Lookups } from '../lookup-counter.ts';

export interface CacheStatistics {
  /** Records of calls by how far these have come, and of whole graphs. */
  readonly records: {
    readonly success: number;
    readonly failure: number;
    readonly begun: number;
    readonly graphs: number;
  };
  /** Stored values; those that are equal count once. */
  readonly values: number;
  /** Length of the stored values. */
  readonly bytes: number;
  readonly runs: number;
  /** How often calls were looked up with this cache since it was opened. */
  readonly calls: Lookups;
  /** The same for whole graphs. */
  readonly graphs: Lookups;
}

/** Counts all records and values. */
export async function statisticsOf(engine: CallCache): Promise<CacheStatistics> {
  const { values, calls } = keptBy(engine);
  const records = { success: 0, failure: 0, begun: 0, graphs: 0 };
  for await (const { kind, state } of calls.select({})) records[kind === 'graph' ? 'graphs' : state]++;
  let [count, bytes, runs] = [0, 0, 0];
  for await (const entry of values.entries()) {
    count++;
    bytes += entry.bytes;
  }
  for await (const _ of calls.runs()) runs++;
  const { lookups } = engine;
  return { records, values: count, bytes, runs, calls: lookups.of('call'), graphs: lookups.of('graph') };
}
