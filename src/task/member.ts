/**
 * heddle's own tasks behind the members of a delayed value.
 */

import { coreOfBuiltin } from './builtin.ts';
import type { TaskCore } from './task-core.ts';

type Members = Record<PropertyKey, unknown>;
type Method = (...args: unknown[]) => unknown;

/** Reads a member. */
export const readCore: TaskCore = coreOfBuiltin('get', (owner: Members, key: string) => owner[key], {
  reads: true,
});

/** Calls a method. */
export const invokeCore: TaskCore = coreOfBuiltin(
  'invoke',
  (owner: Members, key: string, ...args: unknown[]) => {
    const method = owner[key];
    if (typeof method !== 'function') {
      throw new TypeError(`Cannot call member '${key}' as it is not a function: received ${typeof method}`);
    }
    return (method as Method).apply(owner, args);
  },
);

/** Calls a value that is a function. */
export const applyCore: TaskCore = coreOfBuiltin('apply', (fn: Method, ...args: unknown[]) => fn(...args));
