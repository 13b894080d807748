/**
 * Inputs of every sort, which tell how many items were taken from them and how often they were closed early.
 */

import { Readable } from 'node:stream';

/** Sorts of inputs. Of the first two nothing is counted. */
export const inputSorts = [
  'list',
  'set',
  'iterator',
  'bare iterator',
  'generator',
  'async generator',
  'stream',
] as const;

export type InputSort = (typeof inputSorts)[number];

/** Whether what is taken from inputs of a sort is counted exactly; a stream reads ahead. */
export function isCounted(sort: InputSort): boolean {
  return sort !== 'list' && sort !== 'set' && sort !== 'stream';
}

export interface InputOptions {
  /** The position at which it throws, rather than giving an item. */
  readonly throwAt?: number | undefined;
  /** Called when an item is asked for, before it is given. */
  readonly whenAsked?: () => void;
}

/** What an input throws that is told to. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** An input, and what was done with it. */
export class CountedInput<Item> {
  readonly items: Iterable<Item> | AsyncIterable<Item>;
  taken = 0;
  closed = 0;
  readonly #source: Iterator<Item>;
  readonly #options: InputOptions;

  constructor(sort: InputSort, source: Iterable<Item>, options: InputOptions = {}) {
    this.#source = source[Symbol.iterator]();
    this.#options = options;
    this.items = this.#make(sort, source);
  }

  #make(sort: InputSort, source: Iterable<Item>): Iterable<Item> | AsyncIterable<Item> {
    const next = (): IteratorResult<Item, undefined> => this.#next();
    const close = (): IteratorResult<Item, undefined> => {
      this.closed++;
      return { done: true, value: undefined };
    };
    switch (sort) {
      case 'list':
        return [...source];
      case 'set':
        return new Set(source);
      case 'iterator':
        return { [Symbol.iterator]: () => ({ next, return: close }) };
      case 'bare iterator':
        return { [Symbol.iterator]: () => ({ next }) };
      case 'generator':
        return generate(next, close);
      case 'async generator':
        return generateLater(next, close);
      case 'stream':
        return Readable.from(generate(next, close), { highWaterMark: 1 });
    }
  }

  #next(): IteratorResult<Item, undefined> {
    this.#options.whenAsked?.();
    if (this.taken === this.#options.throwAt) throw new InputError(`no item ${this.taken}`);
    const result = this.#source.next();
    if (result.done === true) return { done: true, value: undefined };
    this.taken++;
    return result;
  }
}

type Next<Item> = () => IteratorResult<Item, undefined>;

function* generate<Item>(next: Next<Item>, close: () => unknown): Generator<Item> {
  let isLeft = false;
  try {
    for (let result = next(); result.done !== true; result = next()) {
      isLeft = true;
      yield result.value;
      isLeft = false;
    }
  } finally {
    // Still true: it was left at the `yield`.
    if (isLeft) close();
  }
}

async function* generateLater<Item>(next: Next<Item>, close: () => unknown): AsyncGenerator<Item> {
  let isLeft = false;
  try {
    for (let result = next(); result.done !== true; result = next()) {
      await Promise.resolve();
      isLeft = true;
      yield result.value;
      isLeft = false;
    }
  } finally {
    if (isLeft) close();
  }
}
