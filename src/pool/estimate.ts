/**
 * How long calls take, learned from those that were run, and how many therefore travel together.
 *
 * A batch is worth the trip of a message, and short enough that no call waits long behind others: see
 * "What the prototype does" in the performance notes, where the figures were measured.
 */

/** What a batch should take at most, in microseconds. */
const batchUs = 400;
/** What serializing the inputs of a batch should take at most, in microseconds. */
const cloneUs = 300;
/** Work that is worth less is not spread over workers: waking one costs about as much, in microseconds. */
export const worthSpreadingUs = 60;
/** The most calls in a batch. */
const mostCalls = 512;
/** How much the newest figure counts. */
const weight = 0.3;

/** What is known of one task. */
export class Estimate {
  /** Mean time of a call in microseconds; 0 while unknown. */
  #runUs = 0;
  #cloneUs = 0;

  get runUs(): number {
    return this.#runUs;
  }

  /** How many calls a batch may hold. One, while nothing is known. */
  get batchSize(): number {
    if (this.#runUs === 0) return 1;
    const byTime = Math.max(1, Math.floor(batchUs / this.#runUs));
    const byClone = this.#cloneUs > 0 ? Math.max(1, Math.floor(cloneUs / this.#cloneUs)) : mostCalls;
    return Math.min(mostCalls, byTime, byClone);
  }

  ran(meanUs: number): void {
    // A call below the clock's resolution still takes some time.
    const us = Math.max(meanUs, 0.05);
    this.#runUs = this.#runUs === 0 ? us : this.#runUs + (us - this.#runUs) * weight;
  }

  cloned(meanUs: number): void {
    this.#cloneUs = this.#cloneUs === 0 ? meanUs : this.#cloneUs + (meanUs - this.#cloneUs) * weight;
  }
}
