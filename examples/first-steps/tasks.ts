/**
 * The two tasks of the first steps.
 */

import { tasks } from 'heddle';

export const { add, mul } = tasks(import.meta, {
  add: (x: number, y: number) => x + y,
  mul: (x: number, y: number) => x * y,
});
