/**
 * One iteration of a source that several pull from: each item goes to one of them.
 */

import { Fifo } from './fifo.ts';
import { openSource, type Pullable } from './open-source.ts';

/**
 * Shares one iterator. It is asked for one item at a time, for whoever asks first; and an item that was asked for by one who
 * has left meanwhile goes to the next.
 */
export class SharedSource<T> implements AsyncIterable<T, undefined> {
  readonly #iterator: AsyncIterator<T, unknown>;
  /** The end of the line of those who ask. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #leftOver = new Fifo<T>();
  #isAsking = false;
  #isOver = false;

  constructor(source: Pullable<T>) {
    this.#iterator = openSource(source);
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    const state = { hasLeft: false };
    const done = { done: true as const, value: undefined };
    return {
      next: () => {
        const step = this.#last.then(() => (state.hasLeft ? done : this.#next(state)));
        this.#last = step.catch(() => undefined);
        return step;
      },
      return: async () => {
        state.hasLeft = true;
        return done;
      },
    };
  }

  /** Ends it for all. Waits for the source, unless an item was asked for, which may never come. */
  async leave(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const leaving = this.#iterator.return?.();
    if (this.#isAsking) leaving?.catch(() => undefined);
    else await leaving;
  }

  async #next(state: { readonly hasLeft: boolean }): Promise<IteratorResult<T, undefined>> {
    if (this.#leftOver.size > 0) return { done: false, value: this.#leftOver.take() };
    if (this.#isOver) return { done: true, value: undefined };
    try {
      this.#isAsking = true;
      const step = await this.#iterator.next();
      this.#isAsking = false;
      if (step.done === true) this.#isOver = true;
      else if (state.hasLeft) this.#leftOver.add(step.value);
      else return { done: false, value: step.value };
      return { done: true, value: undefined };
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
  }
}
