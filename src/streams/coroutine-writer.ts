/**
 * The writer that hands items to a generator, at its `yield`.
 *
 * Promises that what is behind it hears of every end: of the items, of the generator, and of a failure of either.
 */

import { inspectShort } from '../base/inspect-short.ts';
import type { Ending, Writer } from './writer.ts';

/** Where a coroutine pushes to. It may wait, to learn whether more is wanted; it need not. */
export interface Outlet<in Out> {
  /** @returns `false` once no more is taken */
  push(item: Out): boolean | Promise<boolean>;
}

/** A generator function that receives items at its `yield`. */
export type Coroutine<In, Out> = (
  sink: Outlet<Out>,
) => Generator<void, void, In> | AsyncGenerator<void, void, In>;

export class CoroutineWriter implements Writer<unknown> {
  readonly #next: Writer<unknown>;
  readonly #outlet: OrderedOutlet;
  #generator: ReturnType<Coroutine<unknown, unknown>> | undefined;
  /** Up to the first `yield`. */
  #started: Promise<void> | undefined;
  #isBusy = false;
  #isOver = false;

  constructor(coroutine: Coroutine<unknown, unknown>, next: Writer<unknown>) {
    this.#next = next;
    this.#outlet = new OrderedOutlet(next);
    this.#started = this.#step(() => {
      this.#generator = coroutine(this.#outlet);
      if (typeof (this.#generator as Partial<Generator> | undefined)?.throw !== 'function') {
        throw new TypeError(
          `Cannot push through what is not a generator: received ${inspectShort(this.#generator)}`,
        );
      }
      return this.#generator.next(undefined);
    });
    this.#started.catch(() => undefined); // Told to whoever pushes first, or closes.
  }

  async push(item: unknown): Promise<boolean> {
    await this.#start();
    const generator = this.#generator;
    if (!this.#isOver && generator !== undefined) await this.#step(() => generator.next(item));
    return !this.#isOver;
  }

  async close(): Promise<void> {
    await this.#finish();
    await this.#next.close();
  }

  async release(): Promise<void> {
    await this.#finish();
    await this.#next.release?.();
  }

  /** The failure goes on whatever the generator makes of it; before it, unless it is busy, what it pushes then. */
  async fail(error: unknown): Promise<void> {
    const wasBusy = this.#isBusy;
    const wasOver = this.#isOver;
    this.#isOver = true;
    const thrown = wasOver ? undefined : this.#throw(error);
    // What it is busy with may be a push that waits for this failure.
    if (!wasBusy) await thrown;
    await this.#next.fail(error);
  }

  onEnd(listener: (ending: Ending) => void): () => void {
    return this.#next.onEnd?.(listener) ?? (() => undefined);
  }

  async #start(): Promise<void> {
    if (this.#started === undefined) return;
    await this.#started;
    this.#started = undefined;
  }

  /** Lets the generator run to its next `yield`, and what it pushed be taken. */
  async #step(
    advance: () => IteratorResult<void, void> | Promise<IteratorResult<void, void>>,
  ): Promise<void> {
    this.#isBusy = true;
    try {
      const { done } = await advance();
      const takesMore = await this.#outlet.settled();
      if (done !== true && takesMore) return;
      const wasOver = this.#isOver;
      this.#isOver = true;
      if (wasOver) return;
      if (done !== true) await this.#generator?.return();
      await this.#next.close();
    } catch (error) {
      this.#isOver = true;
      throw error;
    } finally {
      this.#isBusy = false;
    }
  }

  async #finish(): Promise<void> {
    await this.#start();
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#generator?.return();
    await this.#outlet.settled();
  }

  /** Never rejects: the error is told already. */
  async #throw(error: unknown): Promise<void> {
    try {
      await this.#generator?.throw(error);
      await this.#outlet.settled();
    } catch {
      // It has had its say.
    }
  }
}

/** Hands items on one at a time, also to those who do not wait. */
class OrderedOutlet implements Outlet<unknown> {
  readonly #next: Writer<unknown>;
  /** The last push that was not settled at once. */
  #last: Promise<boolean> | undefined;
  #takesMore = true;

  constructor(next: Writer<unknown>) {
    this.#next = next;
  }

  push(item: unknown): boolean | Promise<boolean> {
    const last = this.#last;
    if (last === undefined) {
      if (!this.#takesMore) return false;
      const pushed = this.#next.push(item);
      if (typeof pushed === 'boolean') {
        this.#takesMore = pushed;
        return pushed;
      }
      return this.#follow(pushed);
    }
    return this.#follow(last.then((takesMore) => takesMore && this.#next.push(item)));
  }

  /** Waits for all that was pushed; tells whether more is taken. */
  async settled(): Promise<boolean> {
    while (this.#last !== undefined) {
      const last = this.#last;
      this.#takesMore = await last;
      if (this.#last === last) this.#last = undefined;
    }
    return this.#takesMore;
  }

  #follow(pushed: Promise<boolean>): Promise<boolean> {
    this.#last = pushed;
    pushed.catch(() => undefined); // `settled` tells.
    return pushed;
  }
}
