/**
 * Another number of threads, for one function and all that it starts.
 */

import { checkThreads } from './hold-threads.ts';
import { currentScope, inScope, Scope } from './scopes.ts';

/**
 * Runs a function for which there are so many threads, whatever there are outside.
 *
 * - **Scope:** what the function starts, also after it has waited, and nothing else. Several can go on at once, each with
 *   threads of its own: they are counted here alone, so together there may be more than the process has.
 * - **Inside another:** the inner number holds.
 * - **Afterwards** all is as before; what was started inside and still runs is counted inside.
 *
 * @param threads - an integer, at least 1
 * @returns what the function gives
 * @throws {RangeError} If `threads` is not a positive integer.
 * @throws what the function throws
 *
 * @example
 * ```ts
 * import { threadAllocation, withThreads } from 'heddle/artifacts';
 * const before = threadAllocation().total;
 * const inside = await withThreads(12, async () => String(threadAllocation()));
 * assert.equal(inside, 'Allocator: 12 available threads');
 * assert.equal(threadAllocation().total, before);
 * ```
 */
export function withThreads<T>(threads: number, act: () => T): T {
  checkThreads(threads, 'allocate threads');
  return inScope(new Scope(threads, 'there are in withThreads', currentScope()), act);
}
