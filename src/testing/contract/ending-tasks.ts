/**
 * Tasks that end or block the worker that runs them, for the contract of transports.
 */

import { type TasksOf, tasks } from '../../task/task.ts';

const block = {
  exit: (code: number): never => process.exit(code),
  spin: (): never => {
    for (;;);
  },
  /** Throws where nobody catches it. */
  uncaught: (): Promise<never> =>
    new Promise(() => {
      setImmediate(() => {
        throw new RangeError('nobody catches this');
      });
    }),
};

/** All of them. */
export const endingTasks: TasksOf<typeof block> = tasks(import.meta, block);
