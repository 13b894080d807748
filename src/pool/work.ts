/**
 * What a pool is given to do.
 */

import type { Semaphore } from '../allocation/semaphore.ts';
import type { Movable } from '../codec/moved.ts';
import type { CallEvent } from '../task/call-event.ts';
import type { AttemptFailure } from '../task/outcome.ts';
import type { Ran } from '../task/ran.ts';
import type { TaskModule } from '../task/task-core.ts';

/** Calls of one task that belong together. */
export interface Work {
  readonly task: TaskModule;
  /** What the calls are applied to. */
  readonly inputs: readonly unknown[];
  /** Whether each input is a single argument, rather than a list of arguments. */
  readonly isSingle: boolean;
  /**
   * What is known of the inputs:
   *
   * - `flat`: plain data, of which no part stands in another input, of this work or of others.
   * - `plain`: plain data, which needs no packing.
   * - `packed`: packed already; only for work of a single call.
   */
  readonly form?: 'flat' | 'plain' | 'packed' | undefined;
  /** What of the inputs is moved, not copied; only for work of a single call, which then is sent once at most. */
  readonly moves?: readonly Movable[] | undefined;
  /** How many slots a call takes; more than one only for work of a single call. */
  readonly slots: number;
  /** The longest a call may take; only for work of a single call. */
  readonly timeoutMs: number | undefined;
  /** How many calls travel together at most; otherwise what was learned of the task decides. */
  readonly batch?: number | undefined;
  /** Calls with equal pins run at one worker, in order; only for work of a single call. An integer, at least 0. */
  readonly pin?: number | undefined;
  /** The threads that its calls are counted among, if they are not those of the process. */
  readonly threads?: Semaphore | undefined;
  /** How many threads its call holds, which it may use where it runs; only for work of a single call. */
  readonly held?: number | undefined;
  /** Whether its owner takes values that were not read; otherwise they are opened. */
  readonly takesSealed?: boolean | undefined;
  /** Whether its owner is told where and when calls ran. */
  readonly isTimed?: true | undefined;
  /** How many workers a call may lose until it fails as `worker-lost`; 1 if not given. */
  readonly mostLosses?: number | undefined;
  /** Told the outcomes. Called with nothing else on the stack that belongs to the caller. */
  readonly owner: WorkOwner;
}

/** Told how calls end: each exactly once, unless it was taken back. */
export interface WorkOwner {
  /** A call gave a value. */
  succeeded(index: number, value: unknown): void;
  /** A call gave none. */
  failed(index: number, failure: AttemptFailure): void;
  /** Where and when a call ran; before it is told how it ended. Only for work that `isTimed`. */
  ran?(index: number, ran: Ran): void;
  /** A call that runs has told something. */
  told?(index: number, event: CallEvent): void;
}

/** Part of a work that waits for a worker: the calls from `start` to `end`. */
export interface Piece {
  readonly work: Work;
  start: number;
  readonly end: number;
  /** Whether its calls run alone from now on, since one of them may have ended a worker. */
  readonly isSuspect: boolean;
  /** Where workers were lost while they ran its call, in order; `undefined` if none was. */
  readonly lostAt?: readonly string[] | undefined;
  readonly addedAtMs: number;
}

/** Part of a piece, or the same calls in another condition. */
export function pieceOf(
  { work, start, end, isSuspect, lostAt, addedAtMs }: Piece,
  changes: Partial<Omit<Piece, 'work'>>,
): Piece {
  return { work, start, end, isSuspect, lostAt, addedAtMs, ...changes };
}

/** The same work for another owner. */
export function workFor(
  { task, inputs, isSingle, form, moves, slots, timeoutMs, batch, pin, threads }: Work,
  owner: WorkOwner,
): Work {
  return { task, inputs, isSingle, form, moves, slots, timeoutMs, batch, pin, threads, owner };
}
