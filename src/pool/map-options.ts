/**
 * What a map over a pool may be told.
 */

/** Options of `map`. */
export interface MapOptions {
  /**
   * Whether results come in the order of the inputs, by a sliding window; or as they settle.
   *
   * @defaultValue `true`
   */
  readonly ordered?: boolean;
  /**
   * The most inputs taken beyond those whose results were given out; an integer, at least 1.
   *
   * @defaultValue some for each worker, and more while calls are so short that they travel in batches
   */
  readonly window?: number;
  /**
   * How many calls travel to a worker together at most; an integer, at least 1, or `'auto'`: as many as are worth it
   * by what was learned of the task.
   *
   * @defaultValue `'auto'`
   */
  readonly batch?: number | 'auto';
  /**
   * Whether each input is the list of arguments, rather than the only one.
   *
   * @defaultValue `false`
   */
  readonly spread?: boolean;
  /**
   * What a failed call does:
   *
   * - `throw`: the results before it still come, then the map throws what the call threw, and stops.
   * - `yield`: a `Failure` stands in the place of the value.
   * - `collect`: all other results come, then the map throws an `AggregateError`, in the order of the inputs.
   *
   * @defaultValue `'throw'`
   */
  readonly errors?: 'throw' | 'yield' | 'collect';
  /**
   * The longest a call may take, in milliseconds, from when its worker has imported the task. A worker that is stuck is
   * terminated and replaced. Calls with a limit travel one by one.
   *
   * @defaultValue that of the task, if it has one
   */
  readonly timeoutMs?: number;
  /**
   * Stops the map, which then throws the signal's reason. What has not started is taken back; what runs is told, by
   * `currentCall().signal`, and not ended.
   */
  readonly signal?: AbortSignal | undefined;
}

export const mapOptionNames: readonly string[] = [
  'ordered',
  'window',
  'batch',
  'spread',
  'errors',
  'timeoutMs',
  'signal',
];

/** @throws {TypeError | RangeError} If an option makes no sense, naming it. */
export function checkMapOptions({ window, batch, errors, timeoutMs }: MapOptions): void {
  if (window !== undefined && (!Number.isInteger(window) || window < 1)) {
    throw new RangeError(`Cannot map as 'window' must be a positive integer: received ${String(window)}`);
  }
  if (batch !== undefined && batch !== 'auto' && (!Number.isInteger(batch) || batch < 1)) {
    throw new RangeError(
      `Cannot map as 'batch' must be 'auto' or a positive integer: received ${String(batch)}`,
    );
  }
  if (errors !== undefined && !['throw', 'yield', 'collect'].includes(errors)) {
    throw new RangeError(
      `Cannot map as 'errors' must be 'throw', 'yield' or 'collect': received '${String(errors)}'`,
    );
  }
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0)) {
    throw new RangeError(
      `Cannot map as 'timeoutMs' must be a positive number of milliseconds: received ${String(timeoutMs)}`,
    );
  }
}
