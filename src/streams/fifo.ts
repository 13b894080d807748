/**
 * A first-in-first-out list of values, which costs the same however long it is.
 *
 * A ring in an array that doubles when it is full. A place whose value was taken is emptied, so nothing is kept alive.
 */

/** The first size of the ring; a power of two, as all that follow. */
const firstSize = 8;

export class Fifo<T> {
  #ring: (T | undefined)[] = [];
  #first = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(value: T): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#first + this.#size) & (this.#ring.length - 1)] = value;
    this.#size++;
  }

  /** Takes the oldest value. Only to be asked when there is one. */
  take(): T {
    const value = this.#ring[this.#first] as T; // It was added: `size` counts it.
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#ring.length - 1);
    this.#size--;
    return value;
  }

  clear(): void {
    this.#ring = [];
    this.#first = 0;
    this.#size = 0;
  }

  #grow(): void {
    const old = this.#ring;
    const grown = new Array<T | undefined>(Math.max(firstSize, old.length * 2)).fill(undefined);
    for (let i = 0; i < this.#size; i++) grown[i] = old[(this.#first + i) & (old.length - 1)];
    this.#ring = grown;
    this.#first = 0;
  }
}
