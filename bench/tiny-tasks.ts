/**
 * Tasks that do next to nothing, so that what is measured is the way to a worker and back.
 */

import { type TasksOf, tasks } from 'heddle';

const block = { increment: (x: number): number => x + 1 };

/** Travel to worker threads. */
export const { increment }: TasksOf<typeof block> = tasks(import.meta, block);
