/**
 * A chain that can be pulled from: where items come from, and the transformers they pass.
 *
 * Promises that nothing is taken before it is asked for, that each iteration begins anew where the beginning can, and that
 * leaving reaches the beginning at once, also from behind a transformer that waits.
 */

import { Leavable, leaveSource } from './leave.ts';
import { openSource, type Pullable } from './open-source.ts';
import { type PullNext, pullStagesOf } from './pull.ts';
import { applyStages, type PullStage } from './pull-stage.ts';
import type { Ending } from './writer.ts';

/** What can be pulled from. Made by `pullFrom`. */
export class Source<out Out> extends Leavable implements AsyncIterable<Out, undefined> {
  readonly #from: () => Pullable<unknown>;
  readonly #stages: readonly PullStage[];
  /** What all iterations share, if they do: told when nobody will pull any more. */
  readonly #shared: unknown;

  /** @internal */
  constructor(from: () => Pullable<unknown>, stages: readonly PullStage[], shared: unknown) {
    super();
    this.#from = from;
    this.#stages = stages;
    this.#shared = shared;
  }

  /**
   * Joins a transformer to the end, or a function as `pullMap` does.
   *
   * @throws {TypeError} If it is what can be pushed to: that is joined by `patch`.
   */
  to<Next>(next: PullNext<Out, Next>): Source<Next> {
    return new Source<Next>(this.#from, [...this.#stages, ...pullStagesOf(next)], this.#shared);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Out, undefined> {
    const beginning = new Beginning(this.#from);
    return new ChainIterator(
      beginning,
      openSource(applyStages(beginning, this.#stages)),
    ) as ChainIterator<Out>; // By `to`.
  }

  /** Tells the beginning that nobody pulls any more, as `Queue.leave` does; says nothing to what is no queue. */
  override leave(ending?: Ending): void {
    if (this.#shared !== undefined) leaveSource(this.#shared, ending);
  }
}

/** The beginning of a chain that is being pulled from. It can be left from both ends, and is told so once. */
class Beginning implements AsyncIterable<unknown> {
  readonly #from: () => Pullable<unknown>;
  readonly #opened = new Set<OnceLeft>();

  constructor(from: () => Pullable<unknown>) {
    this.#from = from;
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    const opened = new OnceLeft(openSource(this.#from()));
    this.#opened.add(opened);
    return opened;
  }

  leave(): void {
    for (const opened of this.#opened) opened.return().catch(() => undefined); // The chain's own end tells.
  }
}

class OnceLeft implements AsyncIterator<unknown> {
  readonly #iterator: AsyncIterator<unknown>;
  #left: Promise<IteratorResult<unknown>> | undefined;

  constructor(iterator: AsyncIterator<unknown>) {
    this.#iterator = iterator;
  }

  next(): Promise<IteratorResult<unknown>> {
    return this.#iterator.next();
  }

  return(): Promise<IteratorResult<unknown>> {
    this.#left ??= leaveIterator(this.#iterator);
    return this.#left;
  }
}

async function leaveIterator(iterator: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
  await iterator.return?.();
  return { done: true, value: undefined };
}

class ChainIterator<Out> implements AsyncIterableIterator<Out, undefined> {
  readonly #beginning: Beginning;
  readonly #last: AsyncIterator<unknown>;

  constructor(beginning: Beginning, last: AsyncIterator<unknown>) {
    this.#beginning = beginning;
    this.#last = last;
  }

  next(): Promise<IteratorResult<Out, undefined>> {
    return this.#last.next() as Promise<IteratorResult<Out, undefined>>; // By `Source.to`.
  }

  /**
   * Generators that wait for an item hear of this only when it comes. So the beginning is told as well: what they wait for
   * ends, and no item goes to a chain that was left.
   */
  async return(): Promise<IteratorResult<Out, undefined>> {
    const leaving = this.#last.return?.();
    this.#beginning.leave();
    await leaving;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
