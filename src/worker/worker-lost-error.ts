/**
 * A worker went away while it had something to do.
 */

import { HeddleError } from '../base/errors.ts';

/** The worker that ran a call exited, crashed, or ran out of memory. */
export class WorkerLostError extends HeddleError {
  override readonly name: string = 'WorkerLostError';
  /** The exit code of the worker, if it exited. */
  readonly exitCode: number | undefined;
  /** Where the workers were that the call has lost, in order, as far as they were on other machines. */
  readonly lostAt: readonly string[];
  constructor(message: string, exitCode: number | undefined, options: WorkerLostOptions = {}) {
    super('HEDDLE_WORKER_LOST', message, options);
    this.exitCode = exitCode;
    this.lostAt = options.lostAt ?? [];
  }
}

/** What else is known of a lost worker. @internal */
export interface WorkerLostOptions extends ErrorOptions {
  readonly lostAt?: readonly string[];
}

/**
 * The place of a worker is gone, and the worker with it: a job of a cluster, a node, or the way to it. The message goes on
 * where a sentence about the worker began: `was on a node that …`.
 */
export class PlaceLostError extends HeddleError {
  override readonly name: string = 'PlaceLostError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_PLACE_LOST', message, options);
  }
}
