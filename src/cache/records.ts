/**
 * The contract of what keeps records: calls by their digest, claims on calls that are being computed, and runs.
 *
 * `testing/` has the suite that every implementation passes.
 */

import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import type { CallRecord, RecordState, RunEntry, RunRecord } from './record.ts';

/**
 * Records of calls and runs.
 *
 * - **Whole or not at all**, **shared** and **never wrong**: as a `Store`. A damaged record is not there.
 * - **Order:** `put` of one key by one process takes effect in the order of the calls.
 */
export interface Records {
  /** What kind it is, and where: for messages. */
  readonly name: string;
  /** How another process opens the same records; `undefined` if it cannot, as they are in memory. */
  readonly descriptor: RecordsDescriptor | undefined;
  /** Whether there are records that it does not tell of: then by it nobody can say which values are garbage. */
  readonly isPartial?: boolean;
  get(key: Digest): MaybePromise<CallRecord | undefined>;
  /** Keeps a record, in place of one of the same key. Others may see it only after `flush`; this process sees it at once. */
  put(record: CallRecord): MaybePromise<void>;
  /** @returns whether there was one */
  delete(key: Digest): MaybePromise<boolean>;
  /** The records that fit, the newest `startedMs` first. What changes meanwhile may be seen or not. */
  select(filter: RecordFilter): AsyncIterable<CallRecord>;
  /**
   * Says that this process computes a call, so that no other does. Seen by all processes at once.
   *
   * @returns `undefined` if the claim was made; otherwise the claim of whoever holds it
   */
  claim(key: Digest, claim: Claim, nowMs: number): MaybePromise<Claim | undefined>;
  /** Makes all claims of an owner last longer. */
  renew(owner: string, untilMs: number): MaybePromise<void>;
  /** Gives up a claim, if the owner has it: its own, or that of one whose process is gone. */
  release(key: Digest, owner: string): MaybePromise<void>;
  /** Keeps a run, in place of what was known of it. */
  putRun(run: RunRecord): MaybePromise<void>;
  /** Adds to what is known of a run's calls. */
  addEntries(run: string, entries: readonly RunEntry[]): MaybePromise<void>;
  /** Runs, the newest first. */
  runs(): AsyncIterable<RunRecord>;
  entriesOf(run: string): AsyncIterable<RunEntry>;
  /** Forgets a run. @returns whether there was one */
  deleteRun(run: string): MaybePromise<boolean>;
  /** What is damaged in whatever holds the records, so that some may not be found: a line each. Reads all of it. */
  faults?(): MaybePromise<readonly string[]>;
  /** Waits until all that was put is kept as safely as it can be. Rejects if it could not be kept. */
  flush(): MaybePromise<void>;
  /** Flushes, gives up all claims, and gives back what it holds open. */
  close(): Promise<void>;
}

/** Which records are asked for. All that is given must fit. */
export interface RecordFilter {
  /** Begins the key. */
  readonly prefix?: string;
  readonly task?: string;
  readonly identity?: string;
  readonly kind?: 'call' | 'graph';
  readonly state?: RecordState;
  readonly run?: string;
  /** The digest of the result. */
  readonly result?: Digest;
  /** The digest of any argument. */
  readonly argument?: Digest;
  /** Arguments by name, or members of a record given as an argument: the digest it must have, or `undefined` for any. */
  readonly args?: Readonly<Record<string, Digest | undefined>>;
  /** Where something is stored that the record refers to. */
  readonly address?: Digest;
  /** When it began: milliseconds since the Unix epoch, from, and before. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** At most that many. */
  readonly limit?: number;
}

/** Who computes a call, and until when that is believed unless it is renewed. */
export interface Claim {
  /** Unique among all processes. */
  readonly owner: string;
  /** The machine. */
  readonly host: string;
  readonly pid: number;
  /** Milliseconds since the Unix epoch. A claim that is over counts no more. */
  readonly untilMs: number;
}

/** Plain data, by which records are opened again elsewhere: their kind, and what that takes. */
export interface RecordsDescriptor {
  readonly kind: string;
  readonly [option: string]: unknown;
}
