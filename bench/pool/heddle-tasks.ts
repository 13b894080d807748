/**
 * The bodies as tasks of heddle.
 */

import { type TasksOf, tasks } from 'heddle';
import { bodies } from './bodies.ts';

/** Travel to workers. */
export const pooled: TasksOf<typeof bodies> = tasks(import.meta, bodies);
