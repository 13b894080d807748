/**
 * The tasks of the diamond: arithmetic, one operation each.
 */

import { tasks } from 'heddle';

export const { add, sub, mul } = tasks(import.meta, {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
});
