/**
 * Where and when an attempt at a call ran, as far as whoever started it can know: told by the worker.
 */

/** Where and when an attempt ran. */
export interface Ran {
  /** The worker, as in messages: `thread 1`. */
  readonly worker: string;
  /** How long ago it began, in milliseconds, when that was told. */
  readonly beganAgoMs: number;
  readonly tookMs: number;
}
