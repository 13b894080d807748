/**
 * Lets no more than so many asynchronous actions go on at once; the others wait in line.
 *
 * For actions that each hold something scarce, such as an open file.
 */

/** Turns for actions: so many at once, in the order in which they came. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param most - how many go on at once, at least 1 */
  constructor(most: number) {
    this.#free = most;
  }

  /** Acts when it is its turn. @returns what the action gives, or rejects as it does */
  async take<T>(action: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await action();
    } finally {
      // Whoever waits gets the turn itself, so that nobody who comes now is before it.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
