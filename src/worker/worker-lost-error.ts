/**
 * A worker went away while it had something to do.
 */

import { HeddleError } from '../base/errors.ts';

/** The worker that ran a call exited, crashed, or ran out of memory. */
export class WorkerLostError extends HeddleError {
  override readonly name: string = 'WorkerLostError';
  /** The exit code of the worker, if it exited. */
  readonly exitCode: number | undefined;
  constructor(message: string, exitCode: number | undefined, options?: ErrorOptions) {
    super('HEDDLE_WORKER_LOST', message, options);
    this.exitCode = exitCode;
  }
}
