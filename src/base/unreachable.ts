/**
 * The end of an exhaustive `switch`. The type checker refuses it while a case is missing.
 */

import { InternalError } from './errors.ts';

/**
 * Says that a value cannot exist.
 *
 * @throws {InternalError} Always: the types were lied to.
 */
export function unreachable(value: never): never {
  throw new InternalError(`a value of no known kind turned up: ${String(value)}`);
}
