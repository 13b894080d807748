/**
 * How events tell of failures: in words.
 */

/** What is told of a failure: short text, no error object. */
export interface FailureFact {
  /** Stable, such as `threw`, `timed-out`, `worker-lost`. */
  readonly reason: string;
  /** One line: the class and message of the error. */
  readonly summary: string;
}
