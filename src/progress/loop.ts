/**
 * Loops with a bar: an iterable that opens a bar for every loop over it, and passes everything on.
 *
 * The input's own results are handed through, so that an item costs no object more. A bar ends with its loop however
 * that ends: at the end of the input, by an error of it, or when the loop leaves.
 */

import type { Bar } from './bar.ts';
import { openBar } from './open-bar.ts';
import type { BarOptions } from './options.ts';
import type { Postfix } from './postfix.ts';
import type { ProgressStatistics } from './snapshot.ts';
import { writeAbove } from './write-above.ts';

/** What can be asked of a loop's bar, and told to it, while the loop goes on. With several loops, it is that of the last. */
export interface LoopProgress {
  /** How many items there are, if known. */
  readonly size: number | undefined;
  /** Stands before the bar. May be set at any time; shown with the next frame. */
  desc: string;
  /** Stands at the end. May be set at any time, or changed in place; shown with the next frame. */
  postfix: Postfix | undefined;
  /** Writes a text above the bars, and a line break if it does not end in one. */
  write(text: string): void;
  stats(): ProgressStatistics;
}

/** A synchronous input with a bar. */
export interface ProgressIterable<Item> extends Iterable<Item>, LoopProgress {}

/** An asynchronous input with a bar. */
export interface ProgressAsyncIterable<Item> extends AsyncIterable<Item>, LoopProgress {}

/** The bars of the loops over one input. */
class LoopBars implements LoopProgress {
  readonly #options: BarOptions;
  #desc: string;
  #postfix: Postfix | undefined;
  #last: Bar | undefined;

  constructor(options: BarOptions) {
    this.#options = options;
    this.#desc = options.desc;
    this.#postfix = options.postfix;
  }

  get size(): number | undefined {
    return this.#options.total;
  }

  get desc(): string {
    return this.#desc;
  }

  set desc(desc: string) {
    this.#desc = desc;
    if (this.#last !== undefined) this.#last.desc = desc;
  }

  get postfix(): Postfix | undefined {
    return this.#postfix;
  }

  set postfix(postfix: Postfix | undefined) {
    this.#postfix = postfix;
    if (this.#last !== undefined) this.#last.postfix = postfix;
  }

  write(text: string): void {
    writeAbove(this.#options.stream, text);
  }

  stats(): ProgressStatistics {
    const { initial: done, total } = this.#options;
    return this.#last?.stats() ?? { done, total, rate: undefined, elapsedMs: 0, leftMs: undefined };
  }

  /** Opens the bar of another loop. Not for users: their interfaces do not have it. */
  open(): Bar {
    this.#last = openBar({ ...this.#options, desc: this.#desc, postfix: this.#postfix });
    return this.#last;
  }
}

export class SyncLoop<Item> extends LoopBars implements ProgressIterable<Item> {
  readonly #input: Iterable<Item>;

  constructor(input: Iterable<Item>, options: BarOptions) {
    super(options);
    this.#input = input;
  }

  [Symbol.iterator](): Iterator<Item> {
    const source = this.#input[Symbol.iterator]();
    return new CountedIterator(source, this.open());
  }
}

export class AsyncLoop<Item> extends LoopBars implements ProgressAsyncIterable<Item> {
  readonly #input: AsyncIterable<Item>;

  constructor(input: AsyncIterable<Item>, options: BarOptions) {
    super(options);
    this.#input = input;
  }

  [Symbol.asyncIterator](): AsyncIterator<Item> {
    const source = this.#input[Symbol.asyncIterator]();
    return new CountedAsyncIterator(source, this.open());
  }
}

class CountedIterator<Item> implements IterableIterator<Item> {
  readonly #source: Iterator<Item>;
  readonly #bar: Bar;
  /** Whether an item was given that has not been counted: it is done when the next one is asked for. */
  #isOut = false;

  constructor(source: Iterator<Item>, bar: Bar) {
    this.#source = source;
    this.#bar = bar;
  }

  next(): IteratorResult<Item> {
    if (this.#isOut) this.#bar.add(1);
    try {
      const result = this.#source.next();
      this.#isOut = result.done !== true;
      if (!this.#isOut) this.#bar[Symbol.dispose]();
      return result;
    } catch (error) {
      this.#isOut = false;
      this.#bar[Symbol.dispose]();
      throw error;
    }
  }

  /** The loop leaves early: the item it is at is not done. */
  return(value?: unknown): IteratorResult<Item> {
    this.#isOut = false;
    this.#bar[Symbol.dispose]();
    return this.#source.return?.(value) ?? { done: true, value };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

class CountedAsyncIterator<Item> implements AsyncIterableIterator<Item> {
  readonly #source: AsyncIterator<Item>;
  readonly #bar: Bar;
  /** Items that were given and not counted; more than one if several are asked for at once. */
  #out = 0;

  constructor(source: AsyncIterator<Item>, bar: Bar) {
    this.#source = source;
    this.#bar = bar;
  }

  next(): Promise<IteratorResult<Item>> {
    if (this.#out > 0) {
      this.#bar.add(this.#out);
      this.#out = 0;
    }
    try {
      // An iterator written by hand may give what is no promise.
      return Promise.resolve(this.#source.next()).then(this.#onResult, this.#onError);
    } catch (error) {
      return Promise.reject(this.#ended(error));
    }
  }

  /** The loop leaves early: the item it is at is not done. */
  async return(value?: unknown): Promise<IteratorResult<Item>> {
    this.#out = 0;
    this.#bar[Symbol.dispose]();
    return (await this.#source.return?.(value)) ?? { done: true, value };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #onResult = (result: IteratorResult<Item>): IteratorResult<Item> => {
    if (result.done === true) this.#ended();
    else this.#out += 1;
    return result;
  };

  readonly #onError = (error: unknown): never => {
    throw this.#ended(error);
  };

  /** Ends the bar, with all items that were given. */
  #ended(error?: unknown): unknown {
    if (this.#out > 0) this.#bar.add(this.#out);
    this.#out = 0;
    this.#bar[Symbol.dispose]();
    return error;
  }
}
