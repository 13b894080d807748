/**
 * What a call tells while it runs.
 */

/** How far a call is. */
export interface CallProgress {
  readonly kind: 'progress';
  /** How much is done, in any unit. */
  readonly done: number;
  /** How much there is to do, in the same unit; `undefined` if it is not known. */
  readonly total: number | undefined;
  /** What it is doing, in words. */
  readonly text: string | undefined;
}

/** A value that a call has given out before it ended. */
export interface CallEmission {
  readonly kind: 'emission';
  readonly value: unknown;
}

/** What is told by `currentCall().report` and `.emit`; `kind` says which. */
export type CallEvent = CallProgress | CallEmission;
