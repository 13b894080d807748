/**
 * The beginning of a chain that pushes by itself.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { type Pullable, requirePullable } from './open-source.ts';
import { type PatchOptions, patch } from './patch.ts';
import { openStages, Push, type PushStage, requireNext } from './push.ts';
import type { Sink, Writer } from './writer.ts';

/** What pushes by itself, once it is joined to a sink. Made by `pushFrom`. */
export class Pushing<out Out> {
  readonly #items: Pullable<unknown>;
  readonly #stages: readonly PushStage[];

  /** @internal */
  constructor(items: Pullable<unknown>, stages: readonly PushStage[]) {
    this.#items = items;
    this.#stages = stages;
  }

  /**
   * Joins what comes next: a transformer, a function as `pushMap` would, or the sink at the end. Joined to a sink it runs, as
   * `patch` does, and gives the promise of its end.
   *
   * @throws {TypeError} If it is what can be pulled from: that is joined by `patch`.
   */
  to(sink: Sink<Out>, options?: PatchOptions): Promise<void>;
  to<Next>(next: Push<Out, Next> | ((item: Out) => Next | PromiseLike<Next>)): Pushing<Next>;
  to(
    next: Sink<Out> | Push<Out, unknown> | ((item: Out) => unknown),
    options?: PatchOptions,
  ): Promise<void> | Pushing<unknown> {
    const stages = this.#stages;
    if (next instanceof Push) return new Pushing(this.#items, [...stages, ...next.stages]);
    if (typeof next === 'function') {
      return new Pushing(this.#items, [...stages, { map: next as (item: never) => unknown }]);
    }
    requireNext(next);
    const open = (): Writer<unknown> => openStages(stages, next.open() as Writer<unknown>); // They fit: see the types above.
    return patch(this.#items, { open }, options);
  }
}

/**
 * Makes a beginning that pushes of anything that can be iterated.
 *
 * @throws {TypeError} If it cannot.
 *
 * @example
 * ```ts
 * import { pushFrom, Queue } from 'heddle/streams';
 * const queue = new Queue<number>();
 * const pushed = pushFrom([1, 2, 3]).to((x) => x + 1).to(queue);
 * assert.deepEqual(await Array.fromAsync(queue), [2, 3, 4]);
 * await pushed;
 * ```
 */
export function pushFrom<T>(items: Pullable<T>): Pushing<T> {
  if (typeof items === 'function') {
    throw new TypeError(`Cannot push from what cannot be iterated: received ${inspectShort(items)}`);
  }
  requirePullable(items);
  return new Pushing<T>(items, []);
}
