/**
 * For how long a pool keeps a worker, and whether it counts among the threads of the process.
 */

/**
 * When workers end, and how long they may take to begin. One that ends has first answered all that it was sent, and is
 * replaced when that is needed.
 */
export interface WorkerLimits {
  /**
   * After how long without anything to do a worker ends, in milliseconds.
   *
   * @defaultValue never
   */
  readonly idleTimeoutMs?: number;
  /**
   * After how many calls a worker ends; an integer, at least 1.
   *
   * @defaultValue never
   */
  readonly maxCallsPerWorker?: number;
  /**
   * A worker that takes more memory than this after a call ends, in bytes: of a thread, its own heap and what is
   * outside of it; of a process, all that it has (RSS).
   *
   * @defaultValue never
   */
  readonly maxMemoryBytes?: number;
  /**
   * How long a worker may take to start, and then to import each module, in milliseconds. If given, it
   * also holds for its `init`, and for building its state.
   *
   * @defaultValue 60,000; for `init` and building a state, none
   */
  readonly startTimeoutMs?: number;
  /**
   * Whether a worker that is busy takes one of the threads that the process shares, and waits for one while others have
   * them all. To be `false` for calls that wait for calls of another pool or run, which those could not start otherwise.
   *
   * @defaultValue `true`, unless there are to be more workers than threads
   */
  readonly sharesThreads?: boolean;
}

export const workerLimitNames: readonly string[] = [
  'idleTimeoutMs',
  'maxCallsPerWorker',
  'maxMemoryBytes',
  'startTimeoutMs',
  'sharesThreads',
];

/**
 * @param what - is done with the limits, for the message: `open a pool`
 * @throws {TypeError | RangeError} If one makes no sense, naming it.
 */
export function checkWorkerLimits(limits: WorkerLimits, what: string): void {
  const { maxCallsPerWorker, sharesThreads } = limits;
  if (sharesThreads !== undefined && typeof sharesThreads !== 'boolean') {
    throw new TypeError(
      `Cannot ${what} as 'sharesThreads' must be true or false: received ${String(sharesThreads)}`,
    );
  }
  if (maxCallsPerWorker !== undefined && (!Number.isInteger(maxCallsPerWorker) || maxCallsPerWorker < 1)) {
    throw new RangeError(
      `Cannot ${what} as 'maxCallsPerWorker' must be a positive integer: received ${String(maxCallsPerWorker)}`,
    );
  }
  for (const name of ['idleTimeoutMs', 'maxMemoryBytes', 'startTimeoutMs'] as const) {
    const limit = limits[name];
    if (limit !== undefined && !(typeof limit === 'number' && limit > 0)) {
      throw new RangeError(
        `Cannot ${what} as '${name}' must be a positive number: received ${String(limit)}`,
      );
    }
  }
}
