/**
 * Arguments: what is taken of them when a call is made, and what a task is given of them in a run.
 *
 * When the call is made, plain data is copied (the caller may change its own afterwards) and each
 * delayed value in it is found, at any depth. When the call is run the data is copied again, since a
 * task may change what it gets and the graph may be run twice. Both copies visit in the same order,
 * which is how the values find their places.
 */

import { pathText } from '../base/path.ts';
import { classNameOf, isPlainObject } from '../base/plain.ts';
import { copyValue } from '../codec/copy.ts';
import { findInside } from '../codec/find.ts';
import { Call, Quoted, Structured } from './call.ts';
import { callOf, isDelayed } from './delayed.ts';
import { coreOf } from './task-brand.ts';
import type { TaskCore } from './task-core.ts';

/** Arguments as a call keeps them. */
export interface TakenArguments {
  readonly args: unknown[];
  readonly needs: Call[] | undefined;
  readonly quotes: Quoted<unknown>[] | undefined;
}

/**
 * Takes the arguments of a call.
 *
 * @throws {TypeError} If a delayed value stands where it cannot be found in a run, naming the way to it.
 */
export function takeArguments(core: TaskCore, given: readonly unknown[]): TakenArguments {
  const args: unknown[] = new Array(given.length);
  let needs: Call[] | undefined;
  let quotes: Quoted<unknown>[] | undefined;
  const replace = (value: object): unknown => {
    if (isDelayed(value)) {
      const call = callOf(value);
      (needs ??= []).push(call);
      return call;
    }
    if (value instanceof Quoted) (quotes ??= []).push(value as Quoted<unknown>);
    else if (typeof value === 'object') refuseHiddenDelayed(core, given, value);
    return value;
  };
  const { byReference } = core.hints;
  for (let i = 0; i < given.length; i++) {
    const value = given[i];
    if (typeof value === 'function') args[i] = replace(value);
    else if (typeof value !== 'object' || value === null) args[i] = value;
    else if (byReference !== undefined && isByReference(core, i)) {
      if (core.builtin === undefined) refuseHiddenDelayed(core, given, value);
      args[i] = value;
    } else {
      const copy = copyDeep(value, replace, core, i);
      // An instance of a class is passed on as it is: there is nothing to copy again.
      args[i] = copy === value ? value : new Structured(copy);
    }
  }
  return { args, needs, quotes };
}

function copyDeep(
  value: object,
  replace: (value: object) => unknown,
  core: TaskCore,
  index: number,
): unknown {
  try {
    return copyValue(value, replace);
  } catch (error) {
    if (!(error instanceof RangeError && error.message.includes('call stack'))) throw error;
    throw new RangeError(
      `Cannot copy ${argumentName(core, index)} of task '${core.name}' as its data is nested too deep for the stack\n` +
        "  pass it by reference (the hint 'byReference'), or as a flat list",
    );
  }
}

/** Whether an argument is passed on without a copy. */
export function isByReference({ hints, params }: TaskCore, index: number): boolean {
  const { byReference } = hints;
  if (typeof byReference !== 'object') return byReference === true;
  const name = params[Math.min(index, params.length - 1)];
  return name !== undefined && byReference.includes(name);
}

function argumentName({ params }: TaskCore, index: number): string {
  const name = params[index];
  return name === undefined ? `argument ${index}` : `argument '${name}'`;
}

/**
 * Looks for a delayed value in what is passed on as it is: by reference, or inside an instance of a
 * class. The task would get the handle in place of the value.
 */
function refuseHiddenDelayed(core: TaskCore, given: readonly unknown[], value: object): void {
  if (coreOf(value) !== undefined) return;
  const found = findInside(value, isDelayed, { most: 1000 });
  if (found === undefined) return;
  const index = given.indexOf(value);
  const way = findInside(given, (inner) => inner === found.value)?.steps ?? found.steps;
  const holder =
    isPlainObject(value) || Array.isArray(value)
      ? 'data passed by reference'
      : `an instance of class ${classNameOf(value)}`;
  throw new TypeError(
    `Cannot call task '${core.name}' as a delayed value is hidden at ${pathText('args', way)}, inside ${holder}, where a run does not look\n` +
      `  pass the delayed value as an argument, or in an array or plain object${index >= 0 && core.hints.byReference !== undefined ? ', copied by value' : ''}`,
  );
}

function refuseDelayedByReference(core: TaskCore, args: readonly unknown[]): void {
  args.forEach((arg, index) => {
    if (typeof arg === 'object' && arg !== null && !(arg instanceof Call) && isByReference(core, index)) {
      refuseHiddenDelayed(core, args, arg);
    }
  });
}

/**
 * Gives the value of a call in a run. Called once for each of `needs`, in their order.
 *
 * `isByReference` says that the value is to be passed on without a copy.
 */
export type ValueOf = (position: number, isByReference: boolean) => unknown;

/**
 * Makes the arguments that a task is given in a run.
 *
 * @throws {TypeError} If data passed by reference has got a delayed value in it.
 */
export function giveArguments(call: Call, valueOf: ValueOf): unknown[] {
  const { args, task } = call;
  // What is passed by reference may have been changed since the call was made.
  if (task.hints.byReference !== undefined && task.builtin === undefined)
    refuseDelayedByReference(task, args);
  const given: unknown[] = new Array(args.length);
  let position = 0;
  const hasReferences = task.hints.byReference !== undefined;
  const replace = (value: object): unknown => (value instanceof Call ? valueOf(position++, false) : value);
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg instanceof Call) given[i] = valueOf(position++, hasReferences && isByReference(task, i));
    else if (!(arg instanceof Structured)) given[i] = arg;
    else given[i] = copyValue(arg.template, replace);
  }
  return given;
}
