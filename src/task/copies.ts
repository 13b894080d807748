/**
 * Delayed values of plain ones, and delayed values that differ in a member: functions in the place of
 * assignment, which a delayed value refuses.
 */

import { classNameOf, isPlainObject } from '../base/plain.ts';
import { siteAbove } from '../base/site.ts';
import { copyValue } from '../codec/copy.ts';
import { buildCall, toHandle } from './build-call.ts';
import { coreOfBuiltin } from './builtin.ts';
import { Call } from './call.ts';
import { callOf, isDelayed } from './delayed.ts';
import { checkHints, type Hints } from './hints.ts';
import { readyHints } from './task.ts';
import type { TaskCore } from './task-core.ts';
import type { Delayed, DelayedMark, Input, Value } from './types.ts';

const delayCore: TaskCore = coreOfBuiltin('delay', (value: unknown) => value);

/**
 * Makes a delayed value of a plain one, so that its methods are called in a run.
 *
 * Plain data is copied, an instance of a class is taken as it is. A delayed value is given back.
 *
 * @example
 * ```ts
 * import { delay, run } from 'heddle';
 * const shout = delay('if music be').toUpperCase();
 * assert.equal(await run(shout), 'IF MUSIC BE');
 * ```
 */
export function delay<T>(value: T): Delayed<Value<T>> {
  return (isDelayed(value) ? value : buildCall(delayCore, [value], siteAbove(delay))) as Delayed<Value<T>>;
}

type Members = Record<PropertyKey, unknown>;

function copyOfRecord(value: unknown, verb: string, key: PropertyKey): Members {
  if (typeof value === 'object' && value !== null && (Array.isArray(value) || isPlainObject(value))) {
    return copyValue(value) as Members;
  }
  const received =
    typeof value === 'object' && value !== null
      ? `an instance of class ${classNameOf(value)}`
      : String(value);
  throw new TypeError(
    `Cannot ${verb} member '${String(key)}' as only arrays and plain objects can be copied with a change: received ${received}\n` +
      '  write a task that makes the changed value',
  );
}

const setCore: TaskCore = coreOfBuiltin('set', (owner: unknown, key: PropertyKey, value: unknown) => {
  const copy = copyOfRecord(owner, 'set', key);
  Object.defineProperty(copy, key, { value, enumerable: true, writable: true, configurable: true });
  return copy;
});

/**
 * Gives a delayed copy of an object in which one member is another. The original stays as it is.
 *
 * @example
 * ```ts
 * import { delay, run, set } from 'heddle';
 * const point = delay({ x: 1, y: 2 });
 * assert.deepEqual(await run(set(point, 'x', 5)), { x: 5, y: 2 });
 * ```
 */
export function set<T extends object, Key extends keyof T & (string | number)>(
  owner: DelayedMark<T> | T,
  key: Key,
  value: Input<T[Key]>,
): Delayed<T> {
  return buildCall(setCore, [owner, key, value], siteAbove(set)) as Delayed<T>;
}

const omitCore: TaskCore = coreOfBuiltin('omit', (owner: unknown, key: PropertyKey) => {
  const copy = copyOfRecord(owner, 'omit', key);
  if (Array.isArray(copy)) copy.splice(Number(key), 1);
  else delete copy[key];
  return copy;
});

/**
 * Gives a delayed copy of an object without one member, or of an array without one element.
 *
 * @example
 * ```ts
 * import { delay, omit, run } from 'heddle';
 * assert.deepEqual(await run(omit(delay({ x: 1, y: 2 }), 'x')), { y: 2 });
 * ```
 */
export function omit<T extends object, Key extends keyof T & (string | number)>(
  owner: DelayedMark<T> | T,
  key: Key,
): Delayed<T extends readonly unknown[] ? T : Omit<T, Key>> {
  return buildCall(omitCore, [owner, key], siteAbove(omit)) as Delayed<
    T extends readonly unknown[] ? T : Omit<T, Key>
  >;
}

/**
 * Gives a delayed value whose call has other hints. The given one stays as it is: in a run that needs
 * both, both are run.
 *
 * @throws {RangeError} If a hint makes no sense, naming it.
 *
 * @example
 * ```ts
 * import { hint, run, task } from 'heddle';
 * const slow = task((x: number) => x + 1, { name: 'slow' });
 * assert.equal(await run(hint(slow(1), { priority: 10, timeoutMs: 5000 })), 2);
 * ```
 */
export function hint<T extends DelayedMark<unknown>>(delayed: T, hints: Hints): T {
  if (!isDelayed(delayed)) {
    throw new TypeError(`Cannot give hints to a value as it is not delayed: received ${typeof delayed}`);
  }
  const { task, args, needs, quotes, hints: old, site } = callOf(delayed);
  if (typeof hints !== 'object' || (hints as unknown) === null)
    checkHints(hints, `a call of task '${task.name}'`);
  refuseForBuiltin(task, hints);
  const ready = readyHints(
    { ...old, ...hints },
    hints.params ?? task.params,
    `a call of task '${task.name}'`,
  );
  return toHandle(new Call(task, args, needs, quotes, ready, site)) as unknown as T;
}

/** Hints that a call of heddle's own, such as of `map` or of a member, would ignore. */
function refuseForBuiltin({ name, builtin }: TaskCore, hints: Hints): void {
  if (builtin === undefined) return;
  for (const hint of ['timeoutMs', 'retries', 'resources', 'exclusive'] as const) {
    if (hints[hint] === undefined) continue;
    throw new TypeError(
      `Cannot give a call of '${name}' the hint '${hint}' as it is heddle's own and runs in the host\n` +
        '  give it to the task whose calls it is made of',
    );
  }
}
