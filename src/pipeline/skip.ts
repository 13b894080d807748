/**
 * What a stage returns to drop an item. Any other value, `undefined` too, goes on to the next stage.
 */

/**
 * Returned or yielded by a stage of a pipeline, drops the item. Shared by all copies of the library.
 *
 * @example
 * ```ts
 * import { openPipeline, skip, stage } from 'heddle';
 * const isOdd = stage((n: number) => (n % 2 === 1 ? n : skip), { inMaster: true });
 * const odd = openPipeline([isOdd]);
 * assert.deepEqual(await odd.apply([1, 2, 3]).toArray(), [1, 3]);
 * await odd.dispose();
 * ```
 */
export const skip: unique symbol = Symbol.for('heddle.skip') as never;
