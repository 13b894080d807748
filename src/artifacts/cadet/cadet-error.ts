/**
 * What is wrong with how a cadet is used, or with what was to be done with its result.
 */

import { HeddleError } from '../../base/errors.ts';

/** A cadet was asked for something before it can give it, or told something when it has started. Fix the caller. */
export class CadetStateError extends HeddleError {
  override readonly name: string = 'CadetStateError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_CADET_STATE', message, options);
  }
}

/**
 * A cadet has computed its result, but it could not be logged where `logTo` says. Nothing is lost: `value` is the result, and
 * `cause` is what was thrown.
 */
export class CadetLogError extends HeddleError {
  override readonly name: string = 'CadetLogError';
  /** What the cadet has given. */
  readonly value: unknown;
  constructor(message: string, value: unknown, options?: ErrorOptions) {
    super('HEDDLE_CADET_LOG', message, options);
    this.value = value;
  }
}
