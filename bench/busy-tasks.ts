/**
 * Tasks that keep a core busy for a tenth of a millisecond, as small real ones do.
 */

import { type TasksOf, tasks } from 'heddle';

const block = {
  work: (x: number): number => {
    const endMs = performance.now() + 0.1;
    while (performance.now() < endMs);
    return x;
  },
};

/** Travels to worker threads. */
export const { work }: TasksOf<typeof block> = tasks(import.meta, block);
