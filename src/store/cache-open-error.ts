/**
 * A cache that cannot be opened: it is no cache, or damaged, or of a later heddle, or its folder cannot be used.
 */

import { HeddleError } from '../base/errors.ts';

/** A cache could not be opened. What is there was left as it is. */
export class CacheOpenError extends HeddleError {
  override readonly name: string = 'CacheOpenError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_CACHE_OPEN', message, options);
  }
}
