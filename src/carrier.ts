/**
 * What workers import to run a task with the cache that travels with it: see `src/cache/carried.ts`. Users never import it.
 *
 * Also the entry of threads and processes of other pools: what it exports runs one call that is told as data.
 */

import { carriedIn, carriedName, functionOfCarried } from './cache/carried.ts';
import { tasks } from './task/task.ts';

const carried = carriedIn(import.meta.url);
if (carried !== undefined) tasks(import.meta, { [carriedName]: functionOfCarried(carried) });

export { runForeignCall } from './cache/foreign-call.ts';
