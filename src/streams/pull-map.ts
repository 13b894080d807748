/**
 * A function of one item, as a transformer that pulls.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { mapWindow } from './map-window.ts';
import { Pull } from './pull.ts';

/** Options of {@link pullMap}. */
export interface PullMapOptions {
  /**
   * How many items are worked at, or wait for their turn to be given out, at the same time.
   *
   * @defaultValue 1: an item is taken when the one before it has been given out
   */
  readonly concurrency?: number;
}

/**
 * Applies a function to each item that is pulled, and waits if it gives a promise.
 *
 * - **Order:** that of the items, also with `concurrency`.
 * - **Bound:** at most `concurrency` items are taken beyond those that were given out.
 * - **Failure:** what comes before the item that failed is given out; then the loop throws.
 * - **Cost:** maps that follow one another become one loop.
 *
 * @throws {RangeError} If the concurrency is not an integer of at least 1.
 * @throws {TypeError} If it is not a function, or there is no such option.
 *
 * @example
 * ```ts
 * import { pullFrom, pullMap } from 'heddle/streams';
 * const length = pullMap(async (name: string) => name.length, { concurrency: 4 });
 * const lengths = pullFrom(['warp', 'weft', 'heddle']).to(length).to((n) => n * 10);
 * assert.deepEqual(await Array.fromAsync(lengths), [40, 40, 60]);
 * ```
 */
export function pullMap<In, Out>(
  map: (item: In) => Out | PromiseLike<Out>,
  options: PullMapOptions = {},
): Pull<In, Out> {
  if (typeof map !== 'function') {
    throw new TypeError(`Cannot make a pullMap of what is not a function: received ${inspectShort(map)}`);
  }
  refuseUnknownOptions(options, ['concurrency'], 'make a pullMap');
  const { concurrency = 1 } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new RangeError(
      `Cannot make a pullMap as 'concurrency' must be an integer of at least 1: received ${inspectShort(concurrency)}`,
    );
  }
  if (concurrency === 1) return new Pull<In, Out>([{ map }]);
  return new Pull<In, Out>([{ through: (source: AsyncIterable<In>) => mapWindow(source, map, concurrency) }]);
}
