/**
 * Combinators that treat each item of a list alike: `map`, `filter`, `zipWith`.
 */

import { buildCall } from '../task/build-call.ts';
import { coreOfBuiltin } from '../task/builtin.ts';
import { delay } from '../task/copies.ts';
import type { Delayed } from '../task/types.ts';
import { gatherAll } from './gather.ts';
import { callStep, type Items, over, type Step } from './sequence.ts';

/**
 * Applies a step to each item, in parallel. Order: that of the items.
 *
 * @example
 * ```ts
 * import { map, run, task } from 'heddle';
 * const double = task((x: number) => 2 * x);
 * assert.deepEqual(await run(map(double, [1, 2, 3])), [2, 4, 6]);
 * ```
 */
export function map<Item, Result>(step: Step<[item: Item], Result>, items: Items<Item>): Delayed<Result[]> {
  return delay(over(items, (list) => gatherAll(list.map((item) => callStep(step, [item], map))), map)) as Delayed<Result[]>;
}

const selectCore = coreOfBuiltin('select', (items: readonly unknown[], keep: readonly unknown[]) =>
  items.filter((_, index) => Boolean(keep[index])),
);

/**
 * Keeps the items for which a predicate holds; it is asked of all items in parallel. Order: that of the
 * items.
 *
 * @example
 * ```ts
 * import { filter, run } from 'heddle';
 * assert.deepEqual(await run(filter((x: number) => x % 2 === 1, [1, 2, 3])), [1, 3]);
 * ```
 */
export function filter<Item>(predicate: Step<[item: Item], boolean>, items: Items<Item>): Delayed<Item[]> {
  return delay(
    over(
      items,
      (list) => buildCall(selectCore, [list, list.map((item) => callStep(predicate, [item], filter))], filter),
      filter,
    ),
  ) as Delayed<Item[]>;
}

/**
 * Applies a step to the items of two lists, pair by pair, in parallel. The shorter list ends it.
 *
 * @example
 * ```ts
 * import { run, zipWith } from 'heddle';
 * assert.deepEqual(await run(zipWith((a: number, b: number) => a * b, [1, 2, 3], [4, 5])), [4, 10]);
 * ```
 */
export function zipWith<A, B, Result>(step: Step<[a: A, b: B], Result>, as: Items<A>, bs: Items<B>): Delayed<Result[]> {
  const pairs = (left: readonly unknown[], right: readonly unknown[]): unknown =>
    gatherAll(left.slice(0, right.length).map((a, index) => callStep(step, [a, right[index]], zipWith)));
  return delay(over(as, (left) => over(bs, (right) => pairs(left, right), zipWith), zipWith)) as Delayed<Result[]>;
}
