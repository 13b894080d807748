/**
 * The beginning of a chain that is pulled from.
 */

import { isPullable, type Pullable, requirePullable } from './open-source.ts';
import { Source } from './source.ts';

/**
 * Makes a source of anything that can be iterated, or of a function that gives such a thing for each iteration.
 *
 * - **Laziness:** nothing is taken before it is asked for.
 * - **Again:** it can be iterated as often as what it is made of: a list always, a generator once, a function always.
 * - **Leaving early** closes what it is made of.
 *
 * @throws {TypeError} If it is neither.
 *
 * @example
 * ```ts
 * import { pullFrom, pullMap } from 'heddle/streams';
 * const square = pullMap((x: number) => x * x);
 * const squares = pullFrom([1, 2, 3]).to(square);
 * assert.deepEqual(await Array.fromAsync(squares), [1, 4, 9]);
 * ```
 */
export function pullFrom<T>(source: Pullable<T> | (() => Pullable<T>)): Source<T> {
  if (!isPullable(source) && typeof source === 'function') return new Source<T>(source, [], undefined);
  requirePullable(source);
  const pullable = source as Pullable<T>; // It is no function, or one that can be iterated itself.
  return new Source<T>(() => pullable, [], pullable);
}
