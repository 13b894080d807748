/**
 * Every fact that the run of a graph announces, as plain data; those of pipelines are in `pipeline-event.ts`.
 *
 * Events are built only while somebody listens. They are immutable, can be cloned and
 * written as JSON, and never carry a value or an argument of a user: text about them only.
 * Times are milliseconds since the Unix epoch, with fractions, from one clock per run.
 */

import type { FailureFact } from './failure-fact.ts';
import type { PipelineEvent } from './pipeline-event.ts';

/** A fact announced while running: of a graph, or of items that pass through a pipeline. Told apart by `kind`. */
export type Event = RunEvent | PipelineEvent;

/** A fact about the run of a graph. */
export type RunEvent =
  | RunStarted
  | CallsAdded
  | CallStarted
  | CallProgressed
  | CallRetrying
  | CallSettled
  | RunSettled;

/** Receives events. It must not throw and must not wait; a sink that throws is dropped from the run, which goes on. */
export interface Sink {
  emit(event: Event): void;
  /**
   * Whether events are to show calls and values in short, which takes some microseconds a call: `shown` and `value`.
   *
   * @defaultValue `false`
   */
  readonly details?: boolean;
  /**
   * Whether events are to tell the graph: which calls were added, and what each needs. See `CallsAdded.calls`.
   *
   * @defaultValue `false`
   */
  readonly graph?: boolean;
}

/** A run began. The first event of every run. */
export interface RunStarted {
  readonly kind: 'run-started';
  /** Unique among the runs of this process. */
  readonly run: number;
  readonly atMs: number;
  /** Name of the executor: `inline`, `threads`… */
  readonly executor: string;
  /** How many calls the executor runs at once. */
  readonly slots: number;
}

/** Calls became part of the run: at its start, or because a task returned more calls. Counted by task. */
export interface CallsAdded {
  readonly kind: 'calls-added';
  readonly run: number;
  readonly atMs: number;
  readonly task: string;
  readonly count: number;
  /** The calls, in the order in which they were added. Only if a sink asks for the `graph`. */
  readonly calls?: readonly AddedCall[] | undefined;
  /** Whether the task is one of heddle's own (`gather`, reading a member…), which displays leave out. */
  readonly builtin: boolean;
}

/** Where and when an attempt at a call ran, as its worker has told. */
export interface RanFact {
  /** As in messages: `thread 1`. */
  readonly worker: string;
  readonly beganAtMs: number;
  readonly tookMs: number;
}

/** A call that became part of a run. */
export interface AddedCall {
  /** Unique within the run. */
  readonly call: number;
  /** The calls whose values it needs. */
  readonly needs: readonly number[];
}

/** What the events of one call have in common. */
interface CallFact {
  readonly run: number;
  readonly atMs: number;
  /** Unique within the run. */
  readonly call: number;
  /** Name of the task. */
  readonly task: string;
  readonly builtin: boolean;
  /** What the task's `display` hint says of this call; `undefined` without that hint. */
  readonly text: string | undefined;
  /** Whether a display should mark this call as having succeeded or failed (the `confirm` hint). */
  readonly confirm: boolean;
  /** The call with its arguments in short: `add(5, 3)`. Only if a sink asks for `details`. */
  readonly shown?: string | undefined;
}

/** A call was handed to a worker. */
export interface CallStarted extends CallFact {
  readonly kind: 'call-started';
  /** Counted from 1. */
  readonly attempt: number;
}

/** A call that runs has told how far it is, by `currentCall().report`. */
export interface CallProgressed extends CallFact {
  readonly kind: 'call-progressed';
  /** How much is done, in any unit. */
  readonly done: number;
  /** How much there is to do; `undefined` if it is not known. */
  readonly total: number | undefined;
  /** What it is doing, in words. */
  readonly note: string | undefined;
}

/** An attempt failed, and another one follows after `delayMs`. */
export interface CallRetrying extends CallFact {
  readonly kind: 'call-retrying';
  /** The attempt that failed, counted from 1. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly failure: FailureFact;
  /** Of the attempt that failed, if it ran on a worker that has told. */
  readonly ran?: RanFact | undefined;
}

/** A call has its outcome. */
export interface CallSettled extends CallFact {
  readonly kind: 'call-settled';
  /**
   * - `success`: it gave a value.
   * - `failure-value`: it gave a `Failure` as its value (a task made with `maybe`).
   * - `failure`: it failed, and so did what depends on it.
   * - `skipped`: it was never attempted, since what it needs failed or the run stopped.
   */
  readonly is: 'success' | 'failure-value' | 'failure' | 'skipped';
  /** Whether the value was computed now, found in a store, or taken from an equal call in flight. */
  readonly how: 'computed' | 'retrieved' | 'attached';
  /** From the last start, when it was handed over, to the outcome. 0 if it never started. */
  readonly durationMs: number;
  /** Of the last attempt, if it ran on a worker that has told: without the way there, and waiting behind others. */
  readonly ran?: RanFact | undefined;
  readonly failure: FailureFact | undefined;
  /** Its value in short. Only of a call that has one, if a sink asks for `details`. */
  readonly value?: string | undefined;
}

/** A run has its outcome. The last event of every run. */
export interface RunSettled {
  readonly kind: 'run-settled';
  readonly run: number;
  readonly atMs: number;
  readonly is: 'success' | 'failure' | 'cancelled';
  readonly durationMs: number;
  readonly counts: RunCounts;
  readonly failure: FailureFact | undefined;
}

/** How many calls of a run ended in which way, heddle's own left out. */
export interface RunCounts {
  readonly computed: number;
  readonly retrieved: number;
  readonly attached: number;
  readonly failed: number;
  readonly skipped: number;
}
