/**
 * The error for values that have no digest.
 */

import { HeddleError } from '../../base/errors.ts';

/** A value cannot be digested: something in it cannot be told apart from others by what can be seen of it. */
export class NotDigestibleError extends HeddleError {
  override readonly name: string = 'NotDigestibleError';
  /** The way to what is to blame from the value that was given, such as `args[0].model.fn`. */
  readonly path: string;
  constructor(path: string, message: string, options?: ErrorOptions) {
    super('HEDDLE_NOT_DIGESTIBLE', message, options);
    this.path = path;
  }
}
