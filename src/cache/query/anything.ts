/**
 * The wildcard of queries.
 */

/**
 * Stands for any value in a query: the argument, or the entry of the metadata, must be there.
 *
 * @example
 * ```ts
 * import { anything, openCache, run, task, tasks } from 'heddle';
 * const { train } = tasks(import.meta, { train: task((options: { lr?: number }) => options.lr ?? 0, { cache: true }) });
 * await using cache = await openCache(':memory:');
 * await run([train({ lr: 0.1 }), train({})], { cache });
 * assert.equal(await cache.query({ task: train, args: { lr: anything } }).count(), 1);
 * assert.equal(await cache.query({ task: train }).count(), 2);
 * ```
 */
export const anything: unique symbol = Symbol.for('heddle.anything');
