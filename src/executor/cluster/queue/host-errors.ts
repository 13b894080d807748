/**
 * Errors that the worker's own heddle has made, such as that of a time limit: they come back as instances of their classes.
 *
 * What tasks throw comes back as it does from any worker. But an executor over threads makes these errors here, so programs
 * may recognize them by their class.
 */

import { type HeddleError, isHeddleError, TimedOutError } from '../../../base/errors.ts';
import { NotCloneableError } from '../../../codec/pack.ts';
import type { FailureReason } from '../../../task/outcome.ts';
import { WorkerLostError } from '../../../worker/worker-lost-error.ts';
import { CodeMismatchError } from '../code-version.ts';

/** How each is made again, by its code. */
const makers: Readonly<Record<string, (error: HeddleError & Parts, options: ErrorOptions) => HeddleError>> = {
  HEDDLE_TIMED_OUT: ({ message }, options) => new TimedOutError(message, options),
  HEDDLE_NOT_CLONEABLE: ({ message, path }, options) => new NotCloneableError(String(path), message, options),
  HEDDLE_CODE_MISMATCH: ({ message }, options) => new CodeMismatchError(message, options),
  HEDDLE_WORKER_LOST: ({ message, exitCode, lostAt }, options) =>
    new WorkerLostError(message, typeof exitCode === 'number' ? exitCode : undefined, {
      ...options,
      lostAt: Array.isArray(lostAt) ? lostAt.map(String) : [],
    }),
};

interface Parts {
  readonly path?: unknown;
  readonly exitCode?: unknown;
  readonly lostAt?: unknown;
}

/** Gives an error its class again, if it is heddle's own and no task threw it. */
export function asHostError(error: unknown, reason: FailureReason): unknown {
  if (reason === 'threw' || !isHeddleError(error)) return error;
  const make = Object.hasOwn(makers, error.code) ? makers[error.code] : undefined;
  if (make === undefined) return error;
  const made = make(error, 'cause' in error ? { cause: error.cause } : {});
  if (error.stack !== undefined)
    Object.defineProperty(made, 'stack', { value: error.stack, configurable: true, writable: true });
  return made;
}
