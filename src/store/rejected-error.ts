/**
 * A cache that is not to keep what it is given, by its own rules. Nothing is wrong: what was computed is right, and is only
 * not kept.
 */

import { HeddleError } from '../base/errors.ts';

/** What was given is not to be kept there: it may only be read, or is too large, or does not fit. */
export class RejectedError extends HeddleError {
  override readonly name: string = 'RejectedError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_CACHE_REJECTED', message, options);
  }
}
