/**
 * What passes between segments: items in batches, when they are asked for.
 */

import type { MaybePromise } from '../base/maybe-promise.ts';

/**
 * Gives items to one taker, who asks for more when the last answer has come.
 *
 * - **Laziness:** nothing happens before the first `take`.
 * - **Failure:** items before it are given first.
 */
export interface Flow {
  /**
   * Gives the next items: one at least, at most as many as asked for; `undefined` if there are no more.
   *
   * @throws what the items come from throws, or a stage
   */
  take(most: number): MaybePromise<readonly unknown[] | undefined>;
  /** Ends it early, and all that comes before. A `take` under way may never settle. */
  close(): Promise<void>;
}

/** How far one stage is. */
export interface StageCount {
  /** Items whose outcome was given on. */
  taken: number;
  /** What they came to. */
  given: number;
}
