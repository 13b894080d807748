/**
 * Tasks that expect the unexpected: made with `maybe`, they give a `Failure` in the place of what they throw.
 */

import { maybe, tasks } from 'heddle';

export const { reciprocal, squareRoot, add } = tasks(import.meta, {
  reciprocal: maybe((x: number) => {
    if (x === 0) throw new RangeError('division by zero');
    return 1 / x;
  }),

  squareRoot: maybe((x: number) => {
    if (x < 0) throw new RangeError('math domain error');
    return Math.sqrt(x);
  }),

  add: maybe((a: number, b: number) => a + b),
});
