/**
 * How many workers there are, unless told otherwise.
 */

import { currentThreads } from '../allocation/scopes.ts';

/**
 * As many as there are threads here: `HEDDLE_MAX_THREADS`, else as many as this process may use cores.
 *
 * @throws {RangeError} If `HEDDLE_MAX_THREADS` is not a positive integer.
 */
export function defaultWorkers(): number {
  return currentThreads().total;
}
