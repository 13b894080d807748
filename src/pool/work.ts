/**
 * What a pool is given to do.
 */

import type { AttemptFailure } from '../task/outcome.ts';
import type { TaskModule } from '../task/task-core.ts';

/** Calls of one task that belong together. */
export interface Work {
  readonly task: TaskModule;
  /** What the calls are applied to. */
  readonly inputs: readonly unknown[];
  /** Whether each input is a single argument, rather than a list of arguments. */
  readonly isSingle: boolean;
  /** How many slots a call takes; more than one only for work of a single call. */
  readonly slots: number;
  /** The longest a call may take; only for work of a single call. */
  readonly timeoutMs: number | undefined;
  /** Told the outcomes. Called with nothing else on the stack that belongs to the caller. */
  readonly owner: WorkOwner;
}

/** Told how calls end: each exactly once, unless it was taken back. */
export interface WorkOwner {
  /** A call gave a value. */
  succeeded(index: number, value: unknown): void;
  /** A call gave none. */
  failed(index: number, failure: AttemptFailure): void;
}

/** Part of a work that waits for a worker: the calls from `start` to `end`. */
export interface Piece {
  readonly work: Work;
  start: number;
  readonly end: number;
  /** Whether its calls run alone from now on, since one of them may have ended a worker. */
  readonly isSuspect: boolean;
}
