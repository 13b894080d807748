/**
 * A branch in a graph: only the chosen side is run.
 */

import { siteAbove } from '../base/site.ts';
import { buildCall } from '../task/build-call.ts';
import { coreOfBuiltin } from '../task/builtin.ts';
import type { TaskCore } from '../task/task-core.ts';
import type { Delayed, DelayedMark, Value } from '../task/types.ts';
import { quote, unquote } from './quote.ts';

const conditionalCore: TaskCore = coreOfBuiltin(
  'conditional',
  (condition: boolean, whenTrue: unknown, whenFalse: unknown) => unquote(condition ? whenTrue : whenFalse),
);

/**
 * Gives one of two values, delayed or not, as a condition turns out. The other one is never run.
 *
 * @example
 * ```ts
 * import { conditional, ops, run, task } from 'heddle';
 * const half = task((x: number) => x / 2);
 * const triple = task((x: number) => 3 * x + 1);
 * const next = (x: number) => conditional(ops.eq(ops.mod(x, 2), 0), half(x), triple(x));
 * assert.equal(await run(next(7)), 22);
 * ```
 */
export function conditional<WhenTrue, WhenFalse = undefined>(
  condition: boolean | DelayedMark<boolean>,
  whenTrue: WhenTrue,
  whenFalse?: WhenFalse,
): Delayed<Value<WhenTrue> | Value<WhenFalse>> {
  return buildCall(
    conditionalCore,
    [condition, quote(whenTrue), quote(whenFalse)],
    siteAbove(conditional),
  ) as Delayed<Value<WhenTrue> | Value<WhenFalse>>;
}
