/**
 * What was given to a cache could not be kept: the disk is full, or cannot be written, or is held by another for too long.
 */

import { HeddleError } from '../base/errors.ts';

/** A cache could not keep what it was given. What it had before is there, and can be read. */
export class CacheWriteError extends HeddleError {
  override readonly name: string = 'CacheWriteError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_CACHE_WRITE', message, options);
  }
}
