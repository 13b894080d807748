/**
 * Transformers that pull: they take items from what is before them when they are asked for some.
 *
 * A `Pull` only describes; a source that it is joined to does the work, anew each time it is iterated.
 */

import { inspectShort } from '../base/inspect-short.ts';
import type { Pullable } from './open-source.ts';
import type { PullStage } from './pull-stage.ts';

/** What can be joined to the end of what is pulled from: a transformer, or a function of one item. */
export type PullNext<In, Out> = Pull<In, Out> | ((item: In) => Out | PromiseLike<Out>);

/**
 * A transformer that pulls. Made by `pull`, `pullMap`, `branch`, `threadPool` and `fromTransform`.
 *
 * @example
 * ```ts
 * import { pull, pullFrom, pullMap } from 'heddle/streams';
 * const positive = pull(async function* (source: AsyncIterable<number>) {
 *   for await (const x of source) if (x > 0) yield x;
 * });
 * const roots = positive.to(pullMap((x) => Math.sqrt(x)));
 * assert.deepEqual(await Array.fromAsync(pullFrom([4, -1, 9]).to(roots)), [2, 3]);
 * ```
 */
export class Pull<in In, out Out> {
  /** @internal */
  readonly stages: readonly PullStage[];

  /** @internal */
  constructor(stages: readonly PullStage[]) {
    this.stages = stages;
  }

  /**
   * Joins another to the end. A function is joined as `pullMap` would; maps that follow one another become one loop.
   *
   * @throws {TypeError} If it is what can be pushed to: that is joined by `patch`.
   */
  to<Next>(next: PullNext<Out, Next>): Pull<In, Next> {
    return new Pull([...this.stages, ...pullStagesOf(next)]);
  }
}

/**
 * Makes a transformer of a function from what is pulled to what is given: most often an `async function*`.
 *
 * The source is iterated by the function, so what it does not ask for is not taken. When it is left, its `finally` blocks are
 * run, as in any generator.
 *
 * @example
 * ```ts
 * import { pull, pullFrom } from 'heddle/streams';
 * const pairs = pull(async function* (source: AsyncIterable<string>) {
 *   let last: string | undefined;
 *   for await (const item of source) {
 *     if (last !== undefined) yield last + item;
 *     last = item;
 *   }
 * });
 * assert.deepEqual(await Array.fromAsync(pullFrom('abc').to(pairs)), ['ab', 'bc']);
 * ```
 */
export function pull<In, Out>(through: (source: AsyncIterable<In>) => Pullable<Out>): Pull<In, Out> {
  if (typeof through !== 'function') {
    throw new TypeError(`Cannot make a pull of what is not a function: received ${inspectShort(through)}`);
  }
  return new Pull<In, Out>([{ through }]);
}

/** @throws {TypeError} If it cannot be joined to what is pulled from. */
export function pullStagesOf(next: unknown): readonly PullStage[] {
  if (next instanceof Pull) return next.stages;
  if (typeof next === 'function') return [{ map: next as (item: never) => unknown }];
  throw new TypeError(
    `Cannot join to a pull as it is neither a pull nor a function: received ${inspectShort(next)}\n` +
      '  what is pushed to is joined by patch(source, sink)',
  );
}
