/**
 * How many items travel to a worker together, learned from how long batches take.
 */

/** How long a batch should be under way, with those before it, in milliseconds. Arbitrary: far more than sending it costs. */
const targetMs = 4;
/** The most items in a batch. Arbitrary: more are hardly faster, and take memory. */
const largest = 1024;
/** How much larger one batch is than the last. */
const growth = 4;

export class BatchSize {
  readonly #most: number;
  #size = 1;
  /** Milliseconds; `undefined` until the first batch has come back, which may have waited for its worker to start. */
  #msPerItem: number | undefined;
  #batches = 0;

  /** @param most - the window, if there is one */
  constructor(most: number | undefined) {
    this.#most = Math.min(largest, most ?? largest);
  }

  get value(): number {
    return this.#size;
  }

  /** A batch has come back. */
  took(items: number, ms: number): void {
    if (++this.#batches === 1) return;
    const latest = ms / items;
    this.#msPerItem = this.#msPerItem === undefined ? latest : (this.#msPerItem + latest) / 2;
    const wanted = Math.floor(targetMs / this.#msPerItem);
    this.#size = Math.max(1, Math.min(wanted, this.#size * growth, this.#most));
  }
}
