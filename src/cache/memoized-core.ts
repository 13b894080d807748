/**
 * How a memoized function is known to be one, and how what it computes is found: so that a cache can be asked about it as about
 * a task.
 */

import { coreOf } from '../task/task-brand.ts';
import type { TaskCore } from '../task/task-core.ts';

/** Shared by all copies of the library. */
const coreOfMemoized = Symbol.for('heddle.memoized');

/** Marks a function as one that remembers. */
export function brandMemoized(face: object, core: TaskCore): void {
  Object.defineProperty(face, coreOfMemoized, { value: core });
}

/** What a task or a memoized function computes; `undefined` for anything else. */
export function rememberedCoreOf(value: unknown): TaskCore | undefined {
  if (typeof value !== 'function') return undefined;
  const core: unknown = Object.getOwnPropertyDescriptor(value, coreOfMemoized)?.value;
  return core === undefined ? coreOf(value) : (core as TaskCore);
}
