/**
 * Runs that were noted: what ran, what was found, what failed, when, and where.
 */

import type { CallCache } from '../call-cache.ts';
import { keptBy } from '../kept.ts';
import type { RunEntry, RunRecord } from '../record.ts';
import { type CallQuery, queryOf } from './call-query.ts';

/** How many calls of a run ended how. */
export type RunCounts = Readonly<Record<RunEntry['how'], number>>;

/** A run that was noted, or goes on. */
export class PastRun {
  readonly #engine: CallCache;
  /** All that is kept of it, but for its calls: plain data. */
  readonly record: RunRecord;

  /** @internal */
  constructor(engine: CallCache, record: RunRecord) {
    this.#engine = engine;
    this.record = record;
  }

  /** Unique; sorts by time. */
  get id(): string {
    return this.record.id;
  }

  get is(): RunRecord['is'] {
    return this.record.is;
  }

  /** Milliseconds since the Unix epoch. */
  get startedMs(): number {
    return this.record.startedMs;
  }

  /** `undefined` while it goes on, or if its process ended before it. */
  get durationMs(): number | undefined {
    const { startedMs, settledMs } = this.record;
    return settledMs === undefined ? undefined : settledMs - startedMs;
  }

  /** Machine and process, as `name:pid`. */
  get where(): string {
    return this.record.where;
  }

  get executor(): string {
    return this.record.executor;
  }

  /** What became of each of its calls, in the order in which they ended. */
  entries(): AsyncIterable<RunEntry> {
    return keptBy(this.#engine).calls.entriesOf(this.id);
  }

  /** How many of its calls ended how. */
  async counts(): Promise<RunCounts> {
    const counts = { computed: 0, failed: 0, attached: 0, retrieved: 0 };
    for await (const { how } of this.entries()) counts[how]++;
    return counts;
  }

  /** The calls that it computed, and that are remembered. */
  calls(): CallQuery {
    return queryOf(this.#engine, { filter: { run: this.id, kind: 'call' }, accepts: undefined });
  }
}

/** The runs that were noted, the newest first. */
export async function* pastRuns(engine: CallCache): AsyncIterable<PastRun> {
  for await (const record of keptBy(engine).calls.runs()) yield new PastRun(engine, record);
}
