/**
 * A cache that is not to keep what it is given, by its own rules. Nothing is wrong: what was computed is right, and is only
 * not kept.
 */

import { HeddleError } from '../base/errors.ts';

/** What was given is not to be kept there: it may only be read, or is too large, or does not fit. */
export class RejectedError extends HeddleError {
  override readonly name: string = 'RejectedError';
  /** Stable: `read-only` and `does-not-fit` are what was asked for; `too-large` may surprise. */
  readonly reason: 'read-only' | 'does-not-fit' | 'too-large';
  constructor(reason: RejectedError['reason'], message: string, options?: ErrorOptions) {
    super('HEDDLE_CACHE_REJECTED', message, options);
    this.reason = reason;
  }
}
