/**
 * A slow and obvious way to compute a graph: one call after another, by recursion, with no scheduler and
 * no executor. What a run gives must be what this gives.
 */

import { isDeepStrictEqual } from 'node:util';
import { copyValue } from '../codec/copy.ts';
import { lift } from '../graph/gather.ts';
import { giveArguments } from '../task/argument.ts';
import type { Call } from '../task/call.ts';
import { callOf, isDelayed } from '../task/delayed.ts';
import type { Value } from '../task/types.ts';

/**
 * Computes a graph as `run` does, without its machinery. Hints have no effect.
 *
 * @throws what the first failing call throws, as it is
 *
 * @example
 * ```ts
 * import { run, task } from 'heddle';
 * import { computeAlone } from 'heddle/testing';
 * const add = task((a: number, b: number) => a + b);
 * const sum = add(add(1, 2), 3);
 * assert.equal(await computeAlone(sum), await run(sum));
 * ```
 */
export async function computeAlone<T>(target: T): Promise<Value<T>> {
  const lifted: unknown = lift(target);
  return (isDelayed(lifted) ? await valueOf(callOf(lifted), new Map()) : lifted) as Value<T>;
}

/** Tells whether a value is what a graph gives when it is computed alone. */
export async function isCorrect(target: unknown, value: unknown): Promise<boolean> {
  return isDeepStrictEqual(await computeAlone(target), value);
}

/** Memory of one computation: each call is computed once. */
type Known = Map<Call, unknown>;

async function valueOf(call: Call, known: Known): Promise<unknown> {
  if (!known.has(call)) {
    const values: unknown[] = [];
    for (const need of call.needs) values.push(await valueOf(need, known));
    known.set(call, await resultOf(call, values, known));
  }
  // A copy, so that no task can change what another one gets.
  return copyValue(known.get(call));
}

async function resultOf(call: Call, values: readonly unknown[], known: Known): Promise<unknown> {
  const args = giveArguments(call, (position) => values[position]);
  const { fn, builtin } = call.task;
  const result: unknown = await (builtin?.takesList === true ? fn(args as never) : fn(...(args as never[])));
  const lifted: unknown = lift(result);
  return isDelayed(lifted) ? await valueOf(callOf(lifted), known) : result;
}
