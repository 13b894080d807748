/**
 * The threads of this process, as its user sees them: how many there are, who has them, and how to take some.
 */

import { checkThreads, runHolding, type TakeOptions, type ThreadShare, takeThreads } from './hold-threads.ts';
import { currentThreads, processThreads, threadState } from './scopes.ts';
import { usableThreads } from './usable-threads.ts';

/**
 * The threads that are counted here: those of the process, or inside `withThreads`, or a function that holds some, those.
 *
 * Made by `threadAllocation`; always the same object.
 */
export class ThreadAllocation implements Disposable {
  /** How many threads there are. */
  get total(): number {
    return currentThreads().total;
  }

  /** How many of them nobody has. */
  get free(): number {
    return currentThreads().free;
  }

  /** How many wait for threads. */
  get waiting(): number {
    return currentThreads().waiting;
  }

  /**
   * Takes threads, for work that is done elsewhere. Dispose of them to give them back.
   *
   * - **Order:** first come first served, also before those who want fewer.
   *
   * @param threads - an integer, at least 1
   * @throws {RangeError} In the promise: if they are more than there are.
   * @throws the signal's reason, in the promise
   */
  async take(threads: number, options: TakeOptions = {}): Promise<ThreadShare> {
    return await takeThreads(threads, 'take threads', options);
  }

  /**
   * Waits for threads, then runs a function that uses them. What it starts of cadets, pools and runs uses those same
   * threads, so it cannot wait for itself.
   *
   * - **Failure:** the threads are given back whatever the function does, when it has settled and all that it has started.
   *
   * @param threads - an integer, at least 1
   * @throws {RangeError} In the promise: if they are more than there are.
   * @throws what the function throws, or the signal's reason, in the promise
   *
   * @example
   * ```ts
   * import { threadAllocation, withThreads } from 'heddle/artifacts';
   * await withThreads(4, async () => {
   *   const left = await threadAllocation().hold(3, () => threadAllocation().total);
   *   assert.equal(left, 3);
   * });
   * ```
   */
  async hold<T>(threads: number, act: () => T | PromiseLike<T>, options: TakeOptions = {}): Promise<T> {
    return await runHolding(await takeThreads(threads, 'hold threads', options), act);
  }

  /** `Allocator: 12 available threads`. */
  toString(): string {
    return `Allocator: ${this.total} available threads`;
  }

  /**
   * Takes back a total that was given to `threadAllocation`. When all of them are taken back, there are as many threads as
   * when none was given. Does nothing if none is left.
   */
  [Symbol.dispose](): void {
    const state = threadState();
    if (state.given === 0) return;
    state.given--;
    if (state.given === 0) state.process?.resize(usableThreads());
  }
}

/** Shared by all copies of the library in this thread. */
const allocationKey = Symbol.for('heddle.thread-allocation');

/**
 * Gives the threads of this process, which cadets, pools and runs share: there is one such object.
 *
 * - **Default:** as many threads as `HEDDLE_MAX_THREADS` says, else as many as this process may use cores: by the operating
 *   system, its affinity, and the quota of its control group, rounded down.
 * - **Given:** the first total that is given holds until it is taken back, by disposing of what this gives: `using` does.
 *   Others that are given meanwhile change nothing, but must be taken back too.
 * - **Less than are taken:** who has threads keeps them; who waits for more than there are now is refused.
 *
 * @param total - how many threads there are; an integer, at least 1
 * @throws {RangeError} If it is not a positive integer, or `HEDDLE_MAX_THREADS` is none.
 *
 * @example
 * ```ts
 * import { threadAllocation } from 'heddle/artifacts';
 * {
 *   using allocation = threadAllocation(12);
 *   assert.equal(String(allocation), 'Allocator: 12 available threads');
 *   using again = threadAllocation(1);
 *   assert.equal(String(again), 'Allocator: 12 available threads');
 * }
 * using other = threadAllocation(1);
 * assert.equal(String(other), 'Allocator: 1 available threads');
 * ```
 */
export function threadAllocation(total?: number): ThreadAllocation {
  const global = globalThis as { [allocationKey]?: ThreadAllocation };
  global[allocationKey] ??= new ThreadAllocation();
  if (total === undefined) {
    // What makes no sense is told now, not when something is started.
    processThreads();
    return global[allocationKey];
  }
  checkThreads(total, 'allocate threads');
  const state = threadState();
  if (state.given === 0) processThreads().resize(total);
  state.given++;
  return global[allocationKey];
}
