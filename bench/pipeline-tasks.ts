/**
 * Stages for the section `pipeline` that do nothing.
 */

import { tasks } from 'heddle';

export const { first, second, third, running } = tasks(import.meta, {
  first: (x: number) => x,
  second: (x: number) => x,
  third: (x: number) => x,
  /** In its place in a pipeline it has a state, in effect: it takes all items in order. */
  running: (x: number) => x,
});
