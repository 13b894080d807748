/**
 * Records in memory: gone with the process, seen by no other, and as fast as a `Map`.
 *
 * Only keys have an index. To select reads all records, a microsecond or less for each: to put is what is done often.
 */

import type { Digest } from '../codec/canonical/digester.ts';
import { pick } from './fits.ts';
import type { CallRecord, RunEntry, RunRecord } from './record.ts';
import type { Claim, RecordFilter, Records } from './records.ts';

/**
 * Makes empty records in memory.
 *
 * - **Cost:** every method answers at once, without a promise. `select` and `runs` look at all that there is.
 * - **Bound:** none; see `sizeLimited`.
 *
 * Once they are closed they still answer, but no claim is left.
 */
export function memoryRecords(): Records {
  return new MemoryRecords();
}

class MemoryRecords implements Records {
  readonly name = 'memory';
  readonly descriptor = undefined;
  readonly #calls = new Map<Digest, CallRecord>();
  readonly #claims = new Map<Digest, Claim>();
  readonly #runs = new Map<string, RunRecord>();
  readonly #entries = new Map<string, RunEntry[]>();

  get(key: Digest): CallRecord | undefined {
    return this.#calls.get(key);
  }

  put(record: CallRecord): void {
    this.#calls.set(record.key, record);
  }

  delete(key: Digest): boolean {
    return this.#calls.delete(key);
  }

  async *select(filter: RecordFilter): AsyncIterable<CallRecord> {
    yield* pick(this.#calls.values(), filter);
  }

  claim(key: Digest, claim: Claim, nowMs: number): Claim | undefined {
    const held = this.#claims.get(key);
    if (held !== undefined && held.owner !== claim.owner && held.untilMs > nowMs) return held;
    this.#claims.set(key, claim);
    return undefined;
  }

  renew(owner: string, untilMs: number): void {
    for (const [key, held] of this.#claims) {
      if (held.owner === owner) this.#claims.set(key, { ...held, untilMs: Math.max(held.untilMs, untilMs) });
    }
  }

  release(key: Digest, owner: string): void {
    if (this.#claims.get(key)?.owner === owner) this.#claims.delete(key);
  }

  putRun(run: RunRecord): void {
    this.#runs.set(run.id, run);
  }

  addEntries(run: string, entries: readonly RunEntry[]): void {
    const known = this.#entries.get(run);
    if (known === undefined) this.#entries.set(run, [...entries]);
    else for (const entry of entries) known.push(entry);
  }

  async *runs(): AsyncIterable<RunRecord> {
    yield* [...this.#runs.values()].sort(newestRunFirst);
  }

  async *entriesOf(run: string): AsyncIterable<RunEntry> {
    yield* this.#entries.get(run) ?? [];
  }

  deleteRun(run: string): boolean {
    this.#entries.delete(run);
    return this.#runs.delete(run);
  }

  flush(): void {}

  async close(): Promise<void> {
    this.#claims.clear();
  }
}

/** Ids of runs sort by time, and are more exact than the times. */
function newestRunFirst(one: RunRecord, other: RunRecord): number {
  return other.startedMs - one.startedMs || (one.id < other.id ? 1 : -1);
}
