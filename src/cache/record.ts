/**
 * What is kept of a call: what was called, with which arguments, and what came of it. Values are told by their digests
 * alone, so that records can be searched without loading any.
 */

import type { Digest } from '../codec/canonical/digester.ts';
import type { Json } from '../codec/json-writer.ts';

/** A value that a record tells of. */
export interface ValueRef {
  /** The digest of the value, as `digestOf` gives it: equal for equal values. */
  readonly digest: Digest;
  /** Where its encoding is in the store: SHA-256 of those bytes. `undefined` if it was not stored. */
  readonly address: Digest | undefined;
  /** Length of the encoding. */
  readonly bytes: number;
}

/** An argument of a recorded call. */
export interface ArgumentRecord extends ValueRef {
  /** The name of the parameter, or its position if it has none. */
  readonly name: string;
  /** Members of a record or list given as the argument, by name or as `[0]`, so that calls can be found by them. */
  readonly members: Readonly<Record<string, Digest>> | undefined;
}

/** Why a recorded call gave no value. */
export interface FailureRecord {
  /** Stable, such as `threw`. */
  readonly reason: string;
  /** One line: the class and message of the error. */
  readonly summary: string;
  /** Where the error is in the store. `undefined` for a failure that is only told of, not given again. */
  readonly address: Digest | undefined;
  /** Until when the failure is given again: milliseconds since the Unix epoch. */
  readonly untilMs: number;
}

/**
 * How far a recorded call has come: `begun` when its arguments are stored and it runs, or ran when its process ended;
 * then `success`, or `failure`.
 */
export type RecordState = 'begun' | 'success' | 'failure';

/** One call as it is kept, or one graph, of which the result is kept under the digest of the whole. */
export interface CallRecord {
  /** The digest of the call: its identity across runs. */
  readonly key: Digest;
  readonly kind: 'call' | 'graph';
  /** The name of the task as displays show it; of a graph, that of its target. */
  readonly task: string;
  /** The identity of the task: package, path inside it, and name in its block. */
  readonly identity: string;
  /** The version of the task, as `version:1.0`, or that of its source, as `source:` and a digest. */
  readonly version: string;
  /** Where the list of files that the version of its source was made from is stored, to say later which has changed. */
  readonly sources: Digest | undefined;
  readonly state: RecordState;
  readonly args: readonly ArgumentRecord[];
  /** Set when `state` is `success`. */
  readonly result: ValueRef | undefined;
  /** Set when `state` is `failure`. */
  readonly failure: FailureRecord | undefined;
  /** The run in which it was computed. */
  readonly run: string | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly startedMs: number;
  readonly settledMs: number | undefined;
  /** What hooks noted, by name: times, machine, git, tags. */
  readonly metadata: Readonly<Record<string, Json>>;
}

/** What became of one call in a run. */
export interface RunEntry {
  readonly key: Digest;
  readonly task: string;
  /** `computed` or `failed` if it ran; `attached` to an equal one in flight; `retrieved` from the cache. */
  readonly how: 'computed' | 'failed' | 'attached' | 'retrieved';
  readonly startedMs: number;
  readonly durationMs: number;
}

/** A run as it is kept. Entries are added while it goes on. */
export interface RunRecord {
  /** Unique among all runs of all processes; sorts by time. */
  readonly id: string;
  readonly startedMs: number;
  /** `undefined` while it goes on, or if its process ended before it. */
  readonly settledMs: number | undefined;
  readonly is: 'running' | 'success' | 'failure' | 'cancelled';
  /** Machine and process, as `name:pid`. */
  readonly where: string;
  readonly executor: string;
  readonly metadata: Readonly<Record<string, Json>>;
}
