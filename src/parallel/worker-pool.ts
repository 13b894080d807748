/**
 * What a pool offers its users.
 */

import type { MapOptions } from '../pool/map-options.ts';
import type { MapResults } from '../pool/map-results.ts';
import type { PoolStatistics } from '../pool/tally.ts';
import type { ProgressOptions } from '../progress/options.ts';
import type { CallEvent } from '../task/call-event.ts';

/** Options of a pool's `map`. */
export interface PoolMapOptions extends MapOptions {
  /**
   * Shows a bar for the results that were given out: with its defaults, or with options.
   *
   * @defaultValue no bar
   */
  readonly progress?: boolean | ProgressOptions;
  /**
   * Told what calls tell while they run, by `currentCall().report` and `.emit`, and the index of the input, from 0. What
   * it throws is an uncaught exception.
   *
   * @defaultValue the pool's own
   */
  readonly onEvent?: (event: CallEvent, index: number) => void;
}

/** A set of workers for one task. */
export interface WorkerPool<Args extends readonly unknown[], Result> extends AsyncDisposable {
  /**
   * Runs one call. The stack of an error from its worker ends with the place where the pool was opened.
   *
   * @returns its value, in a promise that always settles
   * @throws what the task throws; `WorkerLostError` if its worker was lost, `TimedOutError` if it took longer than the
   *   task's `timeoutMs`, `NotCloneableError` for what cannot be sent, `ClosedError` if the pool was disposed of
   */
  submit(...args: Args): Promise<Result>;
  /**
   * Applies the task to each input, as results are asked for. Several maps may go on at once.
   *
   * @param inputs - anything that can be iterated, also asynchronously, also without an end
   * @throws {TypeError | RangeError} At once, if the inputs cannot be iterated or an option makes no sense. What calls
   *   throw, the results throw: see `errors`.
   */
  map(
    inputs: Iterable<Args[0]> | AsyncIterable<Args[0]>,
    options?: PoolMapOptions & { readonly spread?: false },
  ): MapResults<Result>;
  map(
    inputs: Iterable<Readonly<Args>> | AsyncIterable<Readonly<Args>>,
    options: PoolMapOptions & { readonly spread: true },
  ): MapResults<Result>;
  /** What the pool has done so far. */
  stats(): PoolStatistics;
  /**
   * Changes how many workers there may be. Workers beyond it end when they have nothing to do.
   *
   * @throws {RangeError} If it is not a positive integer.
   */
  resize(workers: number): void;
  /** Settles when all calls that were handed over have ended. */
  drain(): Promise<void>;
  /** Waits for all calls that were handed over, then ends the workers, each of which disposes of its object first. */
  stop(): Promise<void>;
  /** Ends the workers at once. Calls that have no outcome reject with a `ClosedError`. */
  terminate(): Promise<void>;
  /** Ends the workers at once, as `terminate` and `Symbol.asyncDispose` do. */
  dispose(): Promise<void>;
}
