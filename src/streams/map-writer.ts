/**
 * The writer that applies functions to each item, and hands the result on.
 */

import { isPromiseLike } from '../base/promise-like.ts';
import type { Ending, Writer } from './writer.ts';

export class MapWriter implements Writer<unknown> {
  readonly #maps: readonly ((item: never) => unknown)[];
  readonly #next: Writer<unknown>;

  constructor(maps: readonly ((item: never) => unknown)[], next: Writer<unknown>) {
    this.#maps = maps;
    this.#next = next;
  }

  push(item: unknown): boolean | Promise<boolean> {
    let value = item;
    for (let at = 0; at < this.#maps.length; at++) {
      value = this.#maps[at]?.(value as never); // What they take and give fits: see `Push.to`.
      if (isPromiseLike(value)) return this.#pushLater(value, at + 1);
    }
    return this.#next.push(value);
  }

  async #pushLater(first: PromiseLike<unknown>, from: number): Promise<boolean> {
    let value = await first;
    for (const map of this.#maps.slice(from)) value = await map(value as never); // As above.
    return this.#next.push(value);
  }

  close(): void | Promise<void> {
    return this.#next.close();
  }

  fail(error: unknown): void | Promise<void> {
    return this.#next.fail(error);
  }

  release(): void | Promise<void> {
    return this.#next.release?.();
  }

  onEnd(listener: (ending: Ending) => void): () => void {
    return this.#next.onEnd?.(listener) ?? (() => undefined);
  }
}
