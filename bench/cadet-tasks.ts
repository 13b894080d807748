/**
 * A cadet and a task that do next to nothing, so that what is measured is the way to a worker and back.
 */

import { type TasksOf, tasks } from 'heddle';
import { type CadetOf, cadet } from 'heddle/artifacts';

const increment = (x: number): number => x + 1;

const block: { readonly increment: typeof increment; readonly cadet: CadetOf<typeof increment> } = {
  increment,
  cadet: cadet(increment),
};

/** Travel to worker threads. */
export const tiny: TasksOf<typeof block> = tasks(import.meta, block);
