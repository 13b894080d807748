/**
 * Takes away what nobody needs: values that no record refers to, and records of calls that came to nothing.
 *
 * It is safe beside running jobs, also of other processes and machines. A value is put before the record that refers to it,
 * and one that was put again counts as used just then. So, in this order: values that were not used for a while are listed;
 * those that records refer to are taken off the list; what is left is deleted, unless it was used after all. A call that puts
 * a value after it was listed renews it, so that it is not deleted; one that put it before has its record by now, unless it
 * takes longer than the grace period between the two, which follow each other at once.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import type { Store } from '../../store/store.ts';
import type { CallCache } from '../call-cache.ts';
import { Claims } from '../claims.ts';
import { addressesOf } from '../fits.ts';
import { keptBy } from '../kept.ts';
import type { CallRecord, RunRecord } from '../record.ts';

export interface GarbageOptions {
  /**
   * For how long, in milliseconds, nothing may have used what is taken away.
   *
   * @defaultValue an hour
   */
  readonly graceMs?: number;
  /**
   * How old, in milliseconds, runs may become before they are forgotten.
   *
   * @defaultValue as old as they like
   */
  readonly keepRunsMs?: number;
  /**
   * Whether only to tell what would be taken away.
   *
   * @defaultValue `false`
   */
  readonly dryRun?: boolean;
}

/** What was taken away. */
export interface Garbage {
  /** Values that no record referred to. */
  readonly values: number;
  /** The length of these. */
  readonly bytes: number;
  /** Records of calls that had begun, and of which the process is gone. */
  readonly begun: number;
  /** Records of failures that are not given again. */
  readonly failures: number;
  readonly runs: number;
}

const hourMs = 3_600_000;
/** A store notes when bytes were used to within that. */
const noteMs = 1000;

export async function collectGarbage(engine: CallCache, options: GarbageOptions): Promise<Garbage> {
  refuseUnknownOptions(options, ['graceMs', 'keepRunsMs', 'dryRun'], 'collect garbage');
  const { graceMs = hourMs, keepRunsMs = Number.POSITIVE_INFINITY, dryRun = false } = options;
  refuseNoDuration('graceMs', graceMs);
  refuseNoDuration('keepRunsMs', keepRunsMs);
  const { calls } = keptBy(engine);
  if (calls.isPartial === true)
    throw new TypeError(
      `Cannot collect garbage by records of which some are hidden, as their values would be taken: received ${calls.name}\n  collect it with a cache that sees all`,
    );
  const nowMs = engine.parts.clock.epochMs();
  const isReal = !dryRun;
  const unused = new Unused(keptBy(engine).values, nowMs - graceMs - noteMs);
  // What this cache has put but not yet where others see it.
  await engine.flush();
  await unused.list();
  const { begun, failures } = await dropRecords(engine, unused, nowMs - graceMs, isReal);
  const { values, bytes } = await unused.drop(isReal);
  const runs = await dropRuns(engine, nowMs - keepRunsMs, isReal);
  if (isReal) await engine.flush();
  return { values, bytes, begun, failures, runs };
}

/** Values that were not used for a while. */
class Unused {
  readonly #values: Store;
  readonly #sinceMs: number;
  readonly #listed = new Map<Digest, number>();

  constructor(values: Store, sinceMs: number) {
    this.#values = values;
    this.#sinceMs = sinceMs;
  }

  async list(): Promise<void> {
    for await (const { digest, bytes, usedMs } of this.#values.entries())
      if (usedMs < this.#sinceMs) this.#listed.set(digest, bytes);
  }

  keep(record: CallRecord): void {
    for (const address of addressesOf(record)) this.#listed.delete(address);
  }

  async drop(isReal: boolean): Promise<{ readonly values: number; readonly bytes: number }> {
    let [values, bytes] = [0, 0];
    for await (const [digest, length] of this.#still()) {
      if (isReal && !(await this.#delete(digest))) continue;
      values++;
      bytes += length;
    }
    return { values, bytes };
  }

  /** What is still listed. A store that cannot say itself what was used meanwhile is asked once more. */
  async *#still(): AsyncIterable<readonly [Digest, number]> {
    if (this.#values.deleteUnused !== undefined) {
      yield* this.#listed;
      return;
    }
    for await (const { digest, bytes, usedMs } of this.#values.entries())
      if (this.#listed.has(digest) && usedMs < this.#sinceMs) yield [digest, bytes];
  }

  async #delete(digest: Digest): Promise<boolean> {
    return this.#values.deleteUnused === undefined
      ? this.#values.delete(digest)
      : this.#values.deleteUnused(digest, this.#sinceMs);
  }
}

/** Drops records of no use; of all others, what they refer to is kept. */
async function dropRecords(
  engine: CallCache,
  unused: Unused,
  sinceMs: number,
  isReal: boolean,
): Promise<{ readonly begun: number; readonly failures: number }> {
  const { calls } = keptBy(engine);
  const gone = new GoneCalls(engine);
  let [begun, failures] = [0, 0];
  try {
    for await (const record of calls.select({})) {
      const { state, failure, settledMs = 0, startedMs, key } = record;
      const isOver = state === 'failure' && Math.max(failure?.untilMs ?? 0, settledMs) < sinceMs;
      const isGone = state === 'begun' && startedMs < sinceMs && (await gone.has(record));
      if (!isOver && !isGone) {
        unused.keep(record);
        continue;
      }
      if (isGone) begun++;
      else failures++;
      if (isReal) await calls.delete(key);
      if (isGone) await gone.release(record);
    }
  } finally {
    await gone.close();
  }
  return { begun, failures };
}

/**
 * Tells whether nobody computes a call any more. Nobody begins to, either, until it is released: it is claimed here.
 */
class GoneCalls {
  readonly #engine: CallCache;
  readonly #claims: Claims | undefined;

  constructor(engine: CallCache) {
    this.#engine = engine;
    const { calls } = keptBy(engine);
    const { clock, owner } = engine.parts;
    // An owner of its own, so that it has not what others compute in this process.
    this.#claims = calls.descriptor === undefined ? undefined : new Claims(calls, clock, `${owner}-garbage`);
  }

  async has({ key }: CallRecord): Promise<boolean> {
    if (this.#engine.isInFlight(key)) return false;
    if (this.#claims === undefined) return true;
    if ((await this.#claims.take(key)) !== undefined) return false;
    // It may have ended since it was read.
    if ((await keptBy(this.#engine).calls.get(key))?.state === 'begun') return true;
    await this.#claims.release(key);
    return false;
  }

  async release({ key }: CallRecord): Promise<void> {
    await this.#claims?.release(key);
  }

  async close(): Promise<void> {
    await this.#claims?.close();
  }
}

async function dropRuns(engine: CallCache, beforeMs: number, isReal: boolean): Promise<number> {
  if (!Number.isFinite(beforeMs)) return 0;
  const { calls } = keptBy(engine);
  const old: RunRecord[] = [];
  for await (const run of calls.runs())
    if (run.startedMs < beforeMs && (run.settledMs ?? run.startedMs + longestRunMs) < beforeMs) old.push(run);
  if (isReal) for (const { id } of old) await calls.deleteRun(id);
  return old.length;
}

/** A run of which the end was not noted is believed to go on for so long, at most. Arbitrary: a month. */
const longestRunMs = 30 * 24 * hourMs;

function refuseNoDuration(name: string, ms: number): void {
  if (typeof ms === 'number' && ms >= 0) return;
  throw new RangeError(
    `Cannot collect garbage as '${name}' must be a number of milliseconds, at least 0: received ${inspectShort(ms)}`,
  );
}
