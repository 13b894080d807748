/**
 * How the function that users call is known to be a task, and how its core is found.
 */

import type { TaskCore } from './task-core.ts';

/** Shared by all copies of the library. */
const coreOfTask = Symbol.for('heddle.task');

/** Marks a function as the face of a task. @internal */
export function brandTask(face: object, core: TaskCore): void {
  Object.defineProperty(face, coreOfTask, { value: core });
}

/** The core of a task, or `undefined` for anything else. @internal */
export function coreOf(value: unknown): TaskCore | undefined {
  if (typeof value !== 'function') return undefined;
  const core: unknown = (value as { [coreOfTask]?: unknown })[coreOfTask];
  // Proxies answer every name: look whether the answer is a core.
  return typeof core === 'object' && core !== null && Object.hasOwn(core, 'hints')
    ? (core as TaskCore)
    : undefined;
}

/** Whether a value is a task. @internal */
export function isTaskFunction(value: unknown): value is (...args: never[]) => unknown {
  return coreOf(value) !== undefined;
}
