/**
 * Combinators that stop at the first item that decides: `findFirst`, `any`, `all`.
 *
 * Items are looked at one by one, in order; a delayed item that comes after the deciding one is never
 * run. So that a step costs the same however many items are left, all steps share one list of quotes.
 */

import { siteAbove } from '../base/site.ts';
import { callOfTask, toHandle } from '../task/build-call.ts';
import { coreOfBuiltin } from '../task/builtin.ts';
import { Call, type Quotes } from '../task/call.ts';
import type { TaskCore } from '../task/task-core.ts';
import type { Delayed } from '../task/types.ts';
import { quote, unquote } from './quote.ts';
import { callerOf, type Items, overLists, type Step, stepTask } from './sequence.ts';

/** What a search is for. */
interface Search {
  readonly predicate: unknown;
  /** What the predicate must give of an item for the search to end there. */
  readonly until: boolean;
  /** What is given for the item that the search ended at: the item, or the verdict. */
  readonly gives: 'item' | 'verdict';
  /** What is given if it did not end before. */
  readonly otherwise: unknown;
}

const searchCore: TaskCore = coreOfBuiltin('search', (search: Search, items: readonly unknown[]) => {
  // A plain function becomes a task once, not for each item.
  const predicate = stepTask(search.predicate);
  return lookAt(
    { ...search, predicate },
    items.map((item) => quote(item)),
    0,
  );
});

/** The call that looks at an item and at those after it. */
function lookAt(search: Search, items: Quotes, index: number): unknown {
  if (index >= items.length) return search.otherwise;
  return callHolding(items, lookCore, [search, items, index, unquote(items[index])]);
}

const lookCore: TaskCore = coreOfBuiltin(
  'look',
  (search: Search, items: Quotes, index: number, item: unknown) => {
    const verdict = callerOf(search.predicate, undefined)(item);
    return callHolding(items, decideCore, [search, items, index, item, verdict]);
  },
  { byReference: true },
);

const decideCore: TaskCore = coreOfBuiltin(
  'decide',
  (search: Search, items: Quotes, index: number, item: unknown, verdict: unknown) => {
    if (Boolean(verdict) !== search.until) return lookAt(search, items, index + 1);
    return search.gives === 'item' ? item : search.until;
  },
  { byReference: true },
);

/** Makes a call that has all items of a search quoted, by the one list that all its steps share. */
function callHolding(items: Quotes, core: TaskCore, args: readonly unknown[]): Delayed<unknown> {
  const { task, args: taken, needs, hints, site } = callOfTask(core, args, undefined);
  return toHandle(new Call(task, taken, needs, items, hints, site));
}

export interface FindOptions<Otherwise> {
  /**
   * What is given when no item is found. Give something that is no item, to tell "found `undefined`"
   * from "found nothing".
   *
   * @defaultValue `undefined`
   */
  readonly otherwise: Otherwise;
}

/**
 * Finds the first item for which a predicate holds. Items are looked at in order, one at a time; those
 * after the found one are never run.
 *
 * @example
 * ```ts
 * import { findFirst, run, task } from 'heddle';
 * const divides = task((n: number, x: number) => n % x === 0);
 * assert.equal(await run(findFirst((x: number) => divides(77, x), [2, 3, 5, 7, 11])), 7);
 * assert.equal(await run(findFirst((x: number) => x > 9, [1], { otherwise: 'none' })), 'none');
 * ```
 */
export function findFirst<Item>(
  predicate: Step<[item: Item], boolean>,
  items: Items<Item>,
): Delayed<NoInfer<Item> | undefined>;
export function findFirst<Item, Otherwise>(
  predicate: Step<[item: Item], boolean>,
  items: Items<Item>,
  options: FindOptions<Otherwise>,
): Delayed<NoInfer<Item> | Otherwise>;
export function findFirst(
  predicate: Step<[item: unknown], boolean>,
  items: Items<unknown>,
  options?: FindOptions<unknown>,
): Delayed<unknown> {
  const search: Search = { predicate, until: true, gives: 'item', otherwise: options?.otherwise };
  return overLists(searchCore, [search, items], [1], siteAbove(findFirst));
}

/** Tells whether a predicate holds for any item, looking no further than the first; `false` for no items. */
export function any<Item>(predicate: Step<[item: Item], boolean>, items: Items<Item>): Delayed<boolean> {
  const search: Search = { predicate, until: true, gives: 'verdict', otherwise: false };
  return overLists(searchCore, [search, items], [1], siteAbove(any)) as Delayed<boolean>;
}

/** Tells whether a predicate holds for all items, looking no further than the first it does not hold for; `true` for no items. */
export function all<Item>(predicate: Step<[item: Item], boolean>, items: Items<Item>): Delayed<boolean> {
  const search: Search = { predicate, until: false, gives: 'verdict', otherwise: true };
  return overLists(searchCore, [search, items], [1], siteAbove(all)) as Delayed<boolean>;
}

/** The same as `all`, under the name that arrays have for it. @alias */
export const every: typeof all = all;
