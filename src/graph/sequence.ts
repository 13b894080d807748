/**
 * What the combinators over lists have in common: a function of the user as a task, and a list that is
 * known now or only in the run.
 */

import type { Site } from '../base/site.ts';
import { buildCall } from '../task/build-call.ts';
import { delay } from '../task/copies.ts';
import { isDelayed } from '../task/delayed.ts';
import { coreFor, faceOf, type Task } from '../task/task.ts';
import { coreOf } from '../task/task-brand.ts';
import type { TaskCore } from '../task/task-core.ts';
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

/** A step as a task: itself, or the function as a task of the host. */
export function stepTask(step: unknown): AnyFunction {
  if (typeof step !== 'function' || isDelayed(step)) {
    throw new TypeError(
      `Cannot use a value as a step as it must be a function or a task: received ${typeof step}`,
    );
  }
  return coreOf(step) === undefined ? faceOf(coreFor(step as AnyFunction)) : (step as AnyFunction);
}

/** Makes calls of a step: of the task, or of the function as a task of the host. */
export function callerOf(step: unknown, site: Site | undefined): (...args: unknown[]) => Delayed<unknown> {
  const core = coreFor(stepTask(step));
  return (...args) => buildCall(core, args, site);
}

/**
 * Builds the graph of a combinator: at once if its lists are known, otherwise in the run.
 *
 * @param core - the combinator as a task: its function builds the graph, given all arguments
 * @param lists - the positions of the arguments that are lists
 */
export function overLists(
  core: TaskCore,
  args: readonly unknown[],
  lists: readonly number[],
  site: Site | undefined,
): Delayed<unknown> {
  if (lists.some((position) => isDelayed(args[position]))) return buildCall(core, args, site);
  const known = args.map((arg, position) => (lists.includes(position) ? listOf(arg) : arg));
  return delay(core.fn(...(known as never[])));
}

function listOf(items: unknown): unknown[] {
  if (typeof items !== 'object' || items === null || !(Symbol.iterator in items)) {
    throw new TypeError(
      `Cannot build a graph over a value as it must be iterable or delayed: received ${typeof items}`,
    );
  }
  return [...(items as Iterable<unknown>)];
}
