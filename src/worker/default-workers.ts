/**
 * How many workers there are, unless told otherwise.
 */

/** As many as this process may use cores. */
export function defaultWorkers(): number {
  return process.getBuiltinModule('node:os').availableParallelism();
}
