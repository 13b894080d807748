/**
 * The contract of executors: they take calls, one attempt each, and give back outcomes.
 *
 * An executor knows nothing of graphs. Whoever has calls to run connects and gets a session; many
 * sessions may share an executor. `testing/` has the suite that every executor passes.
 */

import type { Semaphore } from '../allocation/semaphore.ts';
import type { Movable } from '../codec/moved.ts';
import type { CallEvent } from '../task/call-event.ts';
import type { Hints } from '../task/hints.ts';
import type { Outcome } from '../task/outcome.ts';
import type { Ran } from '../task/ran.ts';
import type { Task } from '../task/task.ts';
import type { TaskCore } from '../task/task-core.ts';

/** Runs calls: here, in threads, in processes, on a cluster. */
export interface Executor extends AsyncDisposable {
  /** What kind of executor it is, for displays and messages. */
  readonly name: string;
  /** How many calls it runs at once; a call that takes several slots counts as many. */
  readonly slots: number;
  /** Whether a task gets copies of its arguments anyway, since it runs elsewhere. */
  readonly isolated: boolean;
  /**
   * Opens a session.
   *
   * @throws {ClosedError} If the executor is disposed of.
   */
  connect(listener: SessionListener): Session;
  /**
   * Runs one call of a task.
   *
   * @throws what the task throws; `HeddleError`s if the call could not be run
   */
  submit<Args extends readonly unknown[], Result>(task: Task<Args, Result>, ...args: Args): Promise<Result>;
  /**
   * Applies a task to each input.
   *
   * - **Order:** results come in the order of the inputs.
   * - **Bound:** at most twice as many inputs are taken as there are slots, beyond the results given out.
   * - **Failure:** the first failed call throws at its place in the order.
   * - **Leaving early:** `break` closes the input.
   */
  map<Input, Result>(
    task: Task<[Input], Result>,
    inputs: Iterable<Input> | AsyncIterable<Input>,
  ): AsyncGenerator<Result, void, undefined>;
  /** What it has done so far. */
  stats(): ExecutorStatistics;
  /** Stops it, as `Symbol.asyncDispose` does. */
  dispose(): Promise<void>;
}

/** A count of what an executor has done. */
export interface ExecutorStatistics {
  /** Workers that are alive; 0 for an executor without. */
  readonly workers: number;
  /** Calls running now. */
  readonly running: number;
  /** Attempts that gave a value. */
  readonly succeeded: number;
  /** Attempts that gave none. */
  readonly failed: number;
  /** Workers that were lost or terminated, and replaced when needed. */
  readonly replaced: number;
}

/** One attempt at a call. */
export interface Attempt {
  readonly core: TaskCore;
  readonly args: readonly unknown[];
  readonly hints: Hints;
  /** At most `Executor.slots`. */
  readonly slots: number;
  /** Whether the arguments are the caller's, who may change them afterwards; otherwise they are the attempt's own. */
  readonly isBorrowed?: boolean;
  /** Whether they are primitives, or lists and records of nothing else, that nobody else has. */
  readonly isFlat?: boolean;
  /** The threads that it is counted among, where the executor counts any and they are not those of the process. */
  readonly threads?: Semaphore | undefined;
  /** How many threads whoever starts it holds for it: what it starts where it runs has those, if it is elsewhere. */
  readonly held?: number | undefined;
  /** What of the arguments is moved to where the attempt runs, not copied. */
  readonly moves?: readonly Movable[];
  /** Whether values are among the arguments that were not read, see `Sealed`. Only for a session that `takesSealed`. */
  readonly holdsSealed?: boolean;
}

/** Told by a session what happens. Called with nothing else on the stack that belongs to the run. */
export interface SessionListener {
  /** Whether values may be told that were not read, see `Sealed`. Who takes them lets them go; the session does in the end. */
  readonly takesSealed?: true;
  /**
   * An attempt that `start` left open has ended. Once for each of them, unless it was cancelled.
   *
   * @param ticket - that of `start`
   */
  settled(ticket: number, outcome: Outcome): void;
  /** Where and when an attempt ran, if that is known; before it is told that it has settled. */
  ran?(ticket: number, ran: Ran): void;
  /** An attempt under way has told something. */
  told?(ticket: number, event: CallEvent): void;
  /** There may be more room than when `room` was asked last. */
  roomMade(): void;
  /**
   * The executor was disposed of. Attempts under way end, and are not told of any more; no other can be
   * started.
   */
  closed(reason: Error): void;
}

/** The use of an executor by one party. */
export interface Session extends Disposable {
  /** Whether arguments may hold values that were not read. A session that gives such values takes them. */
  readonly takesSealed?: true;
  /**
   * How many slots are free now. `start` may be called for that many.
   *
   * @param threads - the threads that the attempts will be counted among, as they say
   */
  room(threads?: Semaphore): number;
  /** Whether one more call of one slot could be sent now, to wait where it will run; not, if it is not there. */
  hasPlaceAhead?(): boolean;
  /**
   * Starts an attempt.
   *
   * @param ticket - names it; it may be used again once the attempt has settled or was cancelled
   * @returns the outcome if it is known at once; otherwise `settled` tells it later
   */
  start(ticket: number, attempt: Attempt): Outcome | undefined;
  /** Gives up on an attempt: as far as possible its work ends, and nothing is told of it any more. */
  cancel(ticket: number): void;
}
