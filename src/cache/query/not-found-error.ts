/**
 * The error for what is asked of a cache by its digest, or as the only one, and is not there.
 */

import { HeddleError } from '../../base/errors.ts';

/** A cache has no such call or value, or has it no more. */
export class NotFoundError extends HeddleError {
  override readonly name: string = 'NotFoundError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_NOT_FOUND', message, options);
  }
}
