/**
 * A function of one item, as a transformer that pushes.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { Push } from './push.ts';

/**
 * Applies a function to each item that is pushed, and pushes the result on; waits if it gives a promise.
 *
 * - **Order:** that of the items.
 * - **Failure:** what it throws is thrown at whoever pushes.
 * - **Cost:** maps that follow one another become one loop.
 *
 * @throws {TypeError} If it is not a function.
 *
 * @example
 * ```ts
 * import { patch, pushMap, Queue } from 'heddle/streams';
 * const jobs = new Queue<string>();
 * await patch([1, 2], pushMap((n: number) => `job ${n}`).to(jobs));
 * assert.deepEqual(await Array.fromAsync(jobs), ['job 1', 'job 2']);
 * ```
 */
export function pushMap<In, Out>(map: (item: In) => Out | PromiseLike<Out>): Push<In, Out> {
  if (typeof map !== 'function') {
    throw new TypeError(`Cannot make a pushMap of what is not a function: received ${inspectShort(map)}`);
  }
  return new Push<In, Out>([{ map }]);
}
