/**
 * What is thrown for data that cannot be read back.
 */

import { HeddleError } from '../base/errors.ts';

/** Data from a file or another process is not what it should be: cut off, of another version, or of no known kind. */
export class DecodeError extends HeddleError {
  override readonly name: string = 'DecodeError';
  /** The way to the part that could not be read, such as `value.items[3]`. */
  readonly path: string;
  constructor(path: string, message: string, options?: ErrorOptions) {
    super('HEDDLE_DECODE', message, options);
    this.path = path;
  }
}
