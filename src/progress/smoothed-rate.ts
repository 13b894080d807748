/**
 * How many items a second are done lately, smoothed as tqdm does it.
 *
 * Two exponential means with equal weights, one of the counts between two frames and one of the times: their quotient
 * has no bias towards zero at the start, and a frame that came late does not count for more than it should.
 * `observe/rate.ts` weighs by time instead, which suits runs; here the weight is an option that people know.
 */

/** Reads no clock: durations are passed in. */
export class SmoothedRate {
  readonly #weight: number;
  #count = 0;
  #durationMs = 0;

  /** @param smoothing - weight of the newest measurement: 1 takes it alone, 0 measures nothing */
  constructor(smoothing: number) {
    this.#weight = smoothing;
  }

  /** Tells that `count` items were done in the last `durationMs`. */
  measure(count: number, durationMs: number): void {
    this.#count += this.#weight * (count - this.#count);
    this.#durationMs += this.#weight * (durationMs - this.#durationMs);
  }

  /** `undefined` as long as nothing has been measured. */
  get perSecond(): number | undefined {
    return this.#durationMs > 0 ? (this.#count / this.#durationMs) * 1000 : undefined;
  }
}
