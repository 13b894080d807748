/**
 * A function that takes items and gives nothing on: the end of a chain that pushes.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { isPromiseLike } from '../base/promise-like.ts';
import type { Sink } from './writer.ts';

/**
 * Makes a sink of a function: it is called with each item, in order, and its promise is waited for before the next.
 *
 * What it throws is thrown at whoever pushes.
 *
 * @throws {TypeError} If it is not a function.
 *
 * @example
 * ```ts
 * import { patch, sinkMap } from 'heddle/streams';
 * let sum = 0;
 * await patch([1, 2, 3], sinkMap((n: number) => { sum += n; }));
 * assert.equal(sum, 6);
 * ```
 */
export function sinkMap<In>(take: (item: In) => unknown): Sink<In> {
  if (typeof take !== 'function') {
    throw new TypeError(`Cannot make a sinkMap of what is not a function: received ${inspectShort(take)}`);
  }
  return {
    open: () => ({
      push: (item) => {
        const result = take(item);
        return isPromiseLike(result) ? tookIt(result) : true;
      },
      close: () => undefined,
      fail: () => undefined,
    }),
  };
}

async function tookIt(result: PromiseLike<unknown>): Promise<boolean> {
  await result;
  return true;
}
