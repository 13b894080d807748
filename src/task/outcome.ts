/**
 * How one attempt at a call ended, as data.
 */

/** Why a call gave no value. Stable: programs may compare it. */
export type FailureReason =
  /** The function threw, or its promise was rejected. */
  | 'threw'
  /** It took longer than its `timeoutMs`. */
  | 'timed-out'
  /** Its worker exited, crashed or ran out of memory while it ran. */
  | 'worker-lost'
  /** It cannot be run where it was sent: the task stays in its process, or cannot be loaded there. */
  | 'not-loadable'
  /** An argument or the result cannot be copied to or from a worker. */
  | 'not-cloneable'
  /** It needs more than there is. */
  | 'too-large'
  /** It waits for itself. */
  | 'cyclic'
  /** The run was stopped before it ended. */
  | 'cancelled';

/** An ending without a value. */
export interface AttemptFailure {
  readonly is: 'failure';
  readonly reason: FailureReason;
  /** What was thrown: an error as a rule, but any value can be thrown. */
  readonly error: unknown;
}

/** An ending with a value. */
export interface AttemptSuccess {
  readonly is: 'success';
  readonly value: unknown;
}

export type Outcome = AttemptSuccess | AttemptFailure;

export function success(value: unknown): AttemptSuccess {
  return { is: 'success', value };
}

export function failure(reason: FailureReason, error: unknown): AttemptFailure {
  return { is: 'failure', reason, error };
}
