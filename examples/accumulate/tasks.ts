/**
 * The tasks of the accumulate graph: arithmetic, and the sum of a list.
 */

import { tasks } from 'heddle';

export const { add, sub, mul, accumulate } = tasks(import.meta, {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  accumulate: (xs: readonly number[]) => xs.reduce((sum, x) => sum + x, 0),
});
