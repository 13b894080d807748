/**
 * What a cadet keeps of its arguments: a copy of plain data, made when the call is made, as tasks do. Whoever calls may change
 * its own afterwards, and a function that runs in this process changes nobody's but its own.
 *
 * Names of artifacts and their markers stay what they are: they are looked up when the call is started.
 */

import { copyValue } from '../../codec/copy.ts';

/**
 * Copies arguments. What several of them share, their copies share.
 *
 * @throws {RangeError} If they are nested too deep.
 */
export function copiedArguments(args: readonly unknown[], cadet: string): readonly unknown[] {
  try {
    return copyValue(args) as readonly unknown[];
  } catch (error) {
    if (!(error instanceof RangeError && error.message.includes('call stack'))) throw error;
    throw new RangeError(
      `Cannot copy the arguments of cadet '${cadet}' as their data is nested too deep for the stack: received ${args.length} of them\n` +
        '  pass it as a flat list, or in an instance of a class',
      { cause: error },
    );
  }
}
