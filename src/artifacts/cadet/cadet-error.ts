/**
 * What is wrong with how a cadet is used.
 */

import { HeddleError } from '../../base/errors.ts';

/** A cadet was asked for something before it can give it, or told something when it has started. Fix the caller. */
export class CadetStateError extends HeddleError {
  override readonly name: string = 'CadetStateError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_CADET_STATE', message, options);
  }
}
