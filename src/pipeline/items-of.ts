/**
 * What `unbatch` is where it runs. In a file of its own, since workers load it.
 */

import { inspectShort } from '../base/inspect-short.ts';

/** @throws {TypeError} If it cannot be iterated. */
export function* itemsOf(list: Iterable<unknown>): Generator<unknown, void, undefined> {
  if (typeof (list as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] !== 'function') {
    throw new TypeError(`Cannot unbatch what cannot be iterated: received ${inspectShort(list)}`);
  }
  yield* list;
}
