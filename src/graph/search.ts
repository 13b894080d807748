/**
 * Combinators that stop at the first item that decides: `findFirst`, `any`, `all`.
 *
 * Items are looked at one by one, in order; a delayed item that comes after the deciding one is never
 * run. So that a step costs the same however many items are left, all steps share one list of quotes.
 */

import { callOfTask, toHandle } from '../task/build-call.ts';
import { coreOfBuiltin } from '../task/builtin.ts';
import { Call, Quoted } from '../task/call.ts';
import type { Delayed } from '../task/types.ts';
import { quote, unquote } from './quote.ts';
import { callStep, type Items, over, type Step } from './sequence.ts';
import { delay } from '../task/copies.ts';

/** One search; the steps hand it on. An instance of a class, so that it is passed as it is. */
class Search {
  readonly predicate: unknown;
  readonly items: readonly unknown[];
  readonly quotes: readonly Quoted<unknown>[];
  /** What the predicate must give of an item for the search to end there. */
  readonly until: boolean;
  /** What the search gives for the item it ended at. */
  readonly found: (item: unknown) => unknown;
  /** What the search gives if it did not end before. */
  readonly otherwise: unknown;

  constructor(parts: Omit<Search, 'quotes' | 'items'>, list: readonly unknown[]) {
    this.predicate = parts.predicate;
    this.items = list.map((item) => quote(item));
    this.quotes = this.items.filter((item) => item instanceof Quoted);
    this.until = parts.until;
    this.found = parts.found;
    this.otherwise = parts.otherwise;
  }

  /** The call that looks at an item and at those after it. */
  lookAt(index: number): unknown {
    if (index >= this.items.length) return this.otherwise;
    const { task, args, needs, hints, site } = callOfTask(lookCore, [this, index, unquote(this.items[index])], this.lookAt);
    return toHandle(new Call(task, args, needs, this.quotes, hints, site));
  }
}

const lookCore = coreOfBuiltin('look', (search: Search, index: number, item: unknown) => {
  const verdict = callStep(search.predicate, [item], search.lookAt);
  const { task, args, needs, hints, site } = callOfTask(decideCore, [search, index, item, verdict], search.lookAt);
  return toHandle(new Call(task, args, needs, search.quotes, hints, site));
});

const decideCore = coreOfBuiltin('decide', (search: Search, index: number, item: unknown, verdict: unknown) =>
  Boolean(verdict) === search.until ? search.found(item) : search.lookAt(index + 1),
);

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
export function findFirst<Item, Otherwise = undefined>(
  predicate: Step<[item: Item], boolean>,
  items: Items<Item>,
  options?: FindOptions<Otherwise>,
): Delayed<Item | Otherwise> {
  return search(items, { predicate, until: true, found: (item) => item, otherwise: options?.otherwise }, findFirst) as Delayed<
    Item | Otherwise
  >;
}

/** Tells whether a predicate holds for any item, looking no further than the first; `false` for no items. */
export function any<Item>(predicate: Step<[item: Item], boolean>, items: Items<Item>): Delayed<boolean> {
  return search(items, { predicate, until: true, found: () => true, otherwise: false }, any) as Delayed<boolean>;
}

/** Tells whether a predicate holds for all items, looking no further than the first it does not hold for; `true` for no items. */
export function all<Item>(predicate: Step<[item: Item], boolean>, items: Items<Item>): Delayed<boolean> {
  return search(items, { predicate, until: false, found: () => false, otherwise: true }, all) as Delayed<boolean>;
}

/** The same as `all`, under the name that arrays have for it. */
export const every: typeof all = all;

function search(
  items: unknown,
  parts: Pick<Search, 'predicate' | 'until' | 'found' | 'otherwise'>,
  below: (...args: never[]) => unknown,
): unknown {
  return delay(over(items, (list) => new Search(parts as Omit<Search, 'quotes' | 'items'>, list).lookAt(0), below));
}
