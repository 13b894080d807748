/**
 * Combinators that go through a list with a state: `fold`, `reduce`, and `treeReduce`, which needs no
 * order and so runs in parallel.
 */

import { siteAbove } from '../base/site.ts';
import { coreOfBuiltin } from '../task/builtin.ts';
import { ops } from '../task/ops.ts';
import type { TaskCore } from '../task/task-core.ts';
import type { Delayed, Input } from '../task/types.ts';
import { gatherAll } from './gather.ts';
import { callerOf, type Items, overLists, type Step } from './sequence.ts';

type List = readonly unknown[];

const foldCore: TaskCore = coreOfBuiltin('fold', (step: unknown, state: unknown, items: List) => {
  const callStep = callerOf(step, siteAbove(fold));
  const outputs: unknown[] = [];
  let running = state;
  for (const item of items) {
    const pair = callStep(running, item) as Delayed<List>;
    running = ops.at(pair, 0);
    outputs.push(ops.at(pair, 1));
  }
  return gatherAll(outputs);
});

/**
 * Goes through a list with a running state, and gives what each step gave (a map that accumulates, as
 * Noodles' `fold`). One step at a time; order: that of the items.
 *
 * @param step - from the state and an item to the next state and an output
 *
 * @example
 * ```ts
 * import { fold, run } from 'heddle';
 * const sum = (total: number, x: number): [number, number] => [total + x, total + x];
 * assert.deepEqual(await run(fold(sum, 0, [1, 2, 3])), [1, 3, 6]);
 * ```
 */
export function fold<State, Item, Output>(
  step: Step<[state: State, item: Item], readonly [State, Output]>,
  state: Input<State>,
  items: Items<Item>,
): Delayed<Output[]> {
  return overLists(foldCore, [step, state, items], [2], siteAbove(fold)) as Delayed<Output[]>;
}

const reduceCore: TaskCore = coreOfBuiltin('reduce', (step: unknown, items: List, ...initial: unknown[]) => {
  const callStep = callerOf(step, siteAbove(reduce));
  return firstOf([...initial, ...items], 'reduce', (first, rest) =>
    rest.reduce((total, item) => callStep(total, item), first),
  );
});

/**
 * Reduces a list to one value, one item at a time, from the first to the last.
 *
 * Without an initial value the first item is it; then the run fails for an empty list.
 *
 * @example
 * ```ts
 * import { reduce, run } from 'heddle';
 * assert.equal(await run(reduce((a: string, b: string) => a + b, ['a', 'b', 'c'])), 'abc');
 * ```
 */
export function reduce<Item>(step: Step<[total: Item, item: Item], Item>, items: Items<Item>): Delayed<Item>;
export function reduce<Total, Item>(
  step: Step<[total: Total, item: Item], Total>,
  items: Items<Item>,
  initial: Input<Total>,
): Delayed<Total>;
export function reduce(
  step: Step<[unknown, unknown], unknown>,
  items: Items<unknown>,
  ...initial: unknown[]
): unknown {
  return overLists(reduceCore, [step, items, ...initial], [1], siteAbove(reduce));
}

const treeReduceCore: TaskCore = coreOfBuiltin(
  'treeReduce',
  (step: unknown, items: List, ...empty: unknown[]) => {
    if (items.length === 0 && empty.length > 0) return empty[0];
    const callStep = callerOf(step, siteAbove(treeReduce));
    return firstOf(items, 'reduce', (first, rest) => {
      let level: unknown[] = [first, ...rest];
      while (level.length > 1) {
        const joined: unknown[] = [];
        for (let i = 0; i < level.length; i += 2) {
          joined.push(i + 1 < level.length ? callStep(level[i], level[i + 1]) : level[i]);
        }
        level = joined;
      }
      return level[0];
    });
  },
);

/**
 * Reduces a list to one value with a step that is associative: neighbours are joined in parallel, in
 * about log2(n) rounds. The order of the items is kept, so the step need not be commutative.
 *
 * The run fails for an empty list, unless `empty` says what it gives.
 *
 * @example
 * ```ts
 * import { run, task, treeReduce } from 'heddle';
 * const add = task((a: number, b: number) => a + b);
 * assert.equal(await run(treeReduce(add, [1, 2, 3, 4, 5])), 15);
 * ```
 */
export function treeReduce<Item>(
  step: Step<[a: Item, b: Item], Item>,
  items: Items<Item>,
  ...empty: [empty?: Input<Item>]
): Delayed<Item> {
  return overLists(treeReduceCore, [step, items, ...empty], [1], siteAbove(treeReduce)) as Delayed<Item>;
}

/** Splits off the first of a list, which stands for the sum of none. */
function firstOf(
  list: readonly unknown[],
  verb: string,
  then: (first: unknown, rest: readonly unknown[]) => unknown,
): unknown {
  if (list.length === 0) {
    throw new TypeError(
      `Cannot ${verb} as the list is empty: received []\n  say what an empty list gives with the last argument`,
    );
  }
  return then(list[0], list.slice(1));
}
