/**
 * Combinators that treat each item of a list alike: `map`, `filter`, `zipWith`.
 */

import { siteAbove } from '../base/site.ts';
import { buildCall } from '../task/build-call.ts';
import { coreOfBuiltin } from '../task/builtin.ts';
import type { TaskCore } from '../task/task-core.ts';
import type { Delayed } from '../task/types.ts';
import { gatherAll } from './gather.ts';
import { callerOf, type Items, overLists, type Step } from './sequence.ts';

type List = readonly unknown[];

const mapCore: TaskCore = coreOfBuiltin('map', (step: unknown, items: List) => {
  const callStep = callerOf(step, siteAbove(map));
  return gatherAll(items.map((item) => callStep(item)));
});

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
  return overLists(mapCore, [step, items], [1], siteAbove(map)) as Delayed<Result[]>;
}

const selectCore: TaskCore = coreOfBuiltin('select', (items: List, keep: List) =>
  items.filter((_, index) => Boolean(keep[index])),
);

const filterCore: TaskCore = coreOfBuiltin('filter', (predicate: unknown, items: List) => {
  const callPredicate = callerOf(predicate, siteAbove(filter));
  const verdicts = items.map((item) => callPredicate(item));
  return buildCall(selectCore, [items, verdicts], siteAbove(filter));
});

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
  return overLists(filterCore, [predicate, items], [1], siteAbove(filter)) as Delayed<Item[]>;
}

const zipWithCore: TaskCore = coreOfBuiltin('zipWith', (step: unknown, as: List, bs: List) => {
  const callStep = callerOf(step, siteAbove(zipWith));
  return gatherAll(as.slice(0, bs.length).map((a, index) => callStep(a, bs[index])));
});

/**
 * Applies a step to the items of two lists, pair by pair, in parallel. The shorter list ends it.
 *
 * @example
 * ```ts
 * import { run, zipWith } from 'heddle';
 * assert.deepEqual(await run(zipWith((a: number, b: number) => a * b, [1, 2, 3], [4, 5])), [4, 10]);
 * ```
 */
export function zipWith<A, B, Result>(
  step: Step<[a: A, b: B], Result>,
  as: Items<A>,
  bs: Items<B>,
): Delayed<Result[]> {
  return overLists(zipWithCore, [step, as, bs], [1, 2], siteAbove(zipWith)) as Delayed<Result[]>;
}
