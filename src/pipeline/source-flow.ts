/**
 * The inputs of a pipeline as a flow.
 */

import type { MaybePromise } from '../base/maybe-promise.ts';
import { openSource } from '../streams/open-source.ts';
import type { Flow } from './flow.ts';
import type { Meter } from './meter.ts';

export type Inputs<Item> = Iterable<Item> | AsyncIterable<Item>;

/** Takes as many inputs as are asked for if they are there; of inputs that come later, one. */
export class SourceFlow implements Flow {
  readonly #inputs: Inputs<unknown>;
  readonly #meter: Meter | undefined;
  #iterator: Iterator<unknown> | undefined;
  #asyncIterator: AsyncIterator<unknown> | undefined;
  #isOver = false;
  /** Whether an input is asked for just now: by synchronous ones, further up on the stack. */
  #isAsking = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(inputs: Inputs<unknown>, meter: Meter | undefined) {
    this.#inputs = inputs;
    this.#meter = meter;
  }

  take(most: number): MaybePromise<readonly unknown[] | undefined> {
    if (this.#failure !== undefined) throw this.#endWith(this.#failure.error);
    if (this.#isOver) return undefined;
    if (this.#iterator === undefined && this.#asyncIterator === undefined) {
      const inputs = this.#inputs;
      if (typeof inputs !== 'string' && Symbol.asyncIterator in inputs)
        this.#asyncIterator = openSource(inputs);
      else this.#iterator = inputs[Symbol.iterator]();
    }
    const meter = this.#meter;
    if (meter === undefined) return this.#takeAny(most);
    return measured(meter, meter.nowMs(), this.#takeAny(most));
  }

  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    // A generator that is running cannot be told: it is when it has given what it was asked for.
    if (this.#iterator !== undefined) {
      if (!this.#isAsking) this.#iterator.return?.();
      return;
    }
    const left = this.#asyncIterator?.return?.();
    if (!this.#isAsking) await left;
    // It may never answer, and then it never ends either: nobody waits for that.
    else left?.catch(() => undefined);
  }

  #takeAny(most: number): MaybePromise<readonly unknown[] | undefined> {
    return this.#iterator === undefined ? this.#takeLater() : this.#takeNow(this.#iterator, most);
  }

  #takeNow(iterator: Iterator<unknown>, most: number): readonly unknown[] | undefined {
    const items: unknown[] = [];
    this.#isAsking = true;
    try {
      while (items.length < most && !this.#isOver) {
        const step = iterator.next();
        if (step.done === true) {
          this.#isOver = true;
          return items.length === 0 ? undefined : items;
        }
        items.push(step.value);
      }
      // It was closed meanwhile, by what the inputs do themselves.
      if (this.#isOver) iterator.return?.();
    } catch (error) {
      if (items.length === 0) throw this.#endWith(error);
      this.#failure = { error };
      return items;
    } finally {
      this.#isAsking = false;
    }
    return items.length === 0 ? undefined : items;
  }

  async #takeLater(): Promise<readonly unknown[] | undefined> {
    this.#isAsking = true;
    try {
      const step = await (this.#asyncIterator as AsyncIterator<unknown>).next();
      this.#isAsking = false;
      if (step.done !== true) return [step.value];
      this.#isOver = true;
      return undefined;
    } catch (error) {
      throw this.#endWith(error);
    }
  }

  /** An iterator that has thrown is not closed. */
  #endWith(error: unknown): unknown {
    this.#isOver = true;
    this.#failure = undefined;
    return error;
  }
}

function measured(
  meter: Meter,
  fromMs: number,
  taken: MaybePromise<readonly unknown[] | undefined>,
): MaybePromise<readonly unknown[] | undefined> {
  const took = (items: readonly unknown[] | undefined): readonly unknown[] | undefined => {
    meter.tookInputs(items?.length ?? 0, meter.nowMs() - fromMs);
    return items;
  };
  return taken instanceof Promise ? taken.then(took) : took(taken as readonly unknown[] | undefined);
}
