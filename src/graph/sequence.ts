/**
 * What the combinators over lists have in common: a function of the user as a task, and a list that is
 * known now or only in the run.
 */

import type { Task } from '../task/task.ts';
import { coreFor } from '../task/task.ts';
import { buildCall } from '../task/build-call.ts';
import { coreOfBuiltin } from '../task/builtin.ts';
import { isDelayed } from '../task/delayed.ts';
import type { Delayed, DelayedMark } from '../task/types.ts';

/**
 * A function for a combinator: a task, which runs wherever the executor runs tasks, or a plain function,
 * which runs in the host and may give a promise or a delayed value.
 */
export type Step<Args extends readonly unknown[], Result> =
  | Task<Args, Result>
  | ((...args: [...Args]) => Result | PromiseLike<Result> | DelayedMark<Result>);

/** A list whose items may be delayed, or a delayed list. */
export type Items<Item> = Iterable<Item | DelayedMark<Item>> | DelayedMark<readonly Item[]>;

type AnyFunction = (...args: never[]) => unknown;

/** Makes a call of a step: of the task, or of the function as a task of the host. */
export function callStep(step: unknown, args: readonly unknown[], below: AnyFunction): Delayed<unknown> {
  if (typeof step !== 'function' || isDelayed(step)) {
    throw new TypeError(`Cannot use a value as a step as it must be a function or a task: received ${typeof step}`);
  }
  return buildCall(coreFor(step as AnyFunction), args, below);
}

const overCore = coreOfBuiltin('over', (list: Iterable<unknown>, build: (items: readonly unknown[]) => unknown) =>
  build([...list]),
);

/**
 * Builds a graph over a list: at once if the list is known, in the run if it is delayed.
 *
 * @param build - makes the graph of the items, some of which may be delayed
 */
export function over(
  items: unknown,
  build: (items: readonly unknown[]) => unknown,
  below: AnyFunction,
): unknown {
  if (isDelayed(items)) return buildCall(overCore, [items, build], below);
  if (typeof items !== 'object' || items === null || !(Symbol.iterator in items)) {
    throw new TypeError(`Cannot build a graph over a value as it must be iterable or delayed: received ${typeof items}`);
  }
  return build([...(items as Iterable<unknown>)]);
}
