/**
 * The task of the search for factors: one division.
 */

import { tasks } from 'heddle';

export const { divides } = tasks(import.meta, {
  divides: (n: number, x: number) => n % x === 0,
});
