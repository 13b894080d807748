/**
 * A histogram of durations that is cheap to add to: many calls that were timed together are one step.
 *
 * Classes grow by the eighth root of two, so what is read of them is right within 5 %. Node's own
 * histogram takes whole nanoseconds one by one, which for tiny calls costs more than running them.
 */

/** How durations are spread, in milliseconds; zeros if there are none. The quantiles are right within 5 %. */
export interface Durations {
  /** How many durations. */
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** Half of them are no longer than this. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** Classes for each doubling. */
const resolution = 8;
/** The lower end of the first class but one, as a power of two: about ten nanoseconds. */
const lowest = -17;
/** Up to about a month. */
const classCount = (31 - lowest) * resolution + 1;

export class Histogram {
  readonly #counts = new Float64Array(classCount);
  #count = 0;
  #sumMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = 0;

  /** Adds durations that are equal, or of which only the mean is known. */
  add(ms: number, count: number): void {
    if (count === 0) return;
    const index = ms > 0 ? Math.floor((Math.log2(ms) - lowest) * resolution) + 1 : 0;
    const at = Math.min(Math.max(index, 0), classCount - 1);
    this.#counts[at] = (this.#counts[at] as number) + count;
    this.#count += count;
    this.#sumMs += ms * count;
    if (ms < this.#minMs) this.#minMs = ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  read(): Durations {
    if (this.#count === 0) return { count: 0, mean: 0, min: 0, max: 0, p50: 0, p90: 0, p99: 0 };
    return {
      count: this.#count,
      mean: this.#sumMs / this.#count,
      min: this.#minMs,
      max: this.#maxMs,
      p50: this.#quantile(0.5),
      p90: this.#quantile(0.9),
      p99: this.#quantile(0.99),
    };
  }

  /** The middle of the class that holds the quantile, no further out than what was added. */
  #quantile(share: number): number {
    let left = share * this.#count;
    let at = 0;
    while (at < classCount - 1 && left > (this.#counts[at] as number)) left -= this.#counts[at++] as number;
    const middle = at === 0 ? 0 : 2 ** ((at - 0.5) / resolution + lowest);
    return Math.min(Math.max(middle, this.#minMs), this.#maxMs);
  }
}
