/**
 * What the cells compute. The tasks know nothing of caches: whoever calls them says what is remembered, and where.
 *
 * They are in a module of their own, as the workers of all pools import them.
 */

import { tasks } from 'heddle';

export const { add, cube, square, triple } = tasks(import.meta, {
  add: (x: number, y: number): number => x + y,
  cube: (x: number): number => x ** 3,
  square: (x: number): number => x ** 2,
  triple: (x: number): number => x * 3,
});
