/**
 * A cache for all that a function does.
 */

import { inspectShort } from '../base/inspect-short.ts';
import type { Cache } from './cache.ts';
import { isCache } from './is-cache.ts';
import { withSurroundings } from './surroundings.ts';

/**
 * Does something with a cache: all runs and memoized functions inside, also after the function has waited, remember there.
 *
 * @returns what the function gives
 *
 * @example
 * ```ts
 * import { memoize, openCache, withCache } from 'heddle';
 * await using cache = await openCache(':memory:');
 * let computed = 0;
 * const slow = memoize((x: number) => { computed++; return x ** 2; });
 * await withCache(cache, async () => {
 *   await slow(3);
 *   await slow(3);
 * });
 * assert.equal(computed, 1);
 * ```
 */
export function withCache<T>(cache: Cache, act: () => T): T {
  if (!isCache(cache)) {
    throw new TypeError(
      `Cannot use a cache as it must be one: received ${inspectShort(cache)}\n  await openCache('.heddle') opens one`,
    );
  }
  if (typeof act !== 'function') {
    throw new TypeError(
      `Cannot use a cache as what is to be done with it must be a function: received ${inspectShort(act)}\n` +
        '  withCache(cache, () => run(x))',
    );
  }
  return withSurroundings({ cache }, act);
}
