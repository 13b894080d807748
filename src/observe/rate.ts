/**
 * How many times a second something happens lately: an exponential mean.
 *
 * Recent time weighs most. The mean is free of the bias towards its starting value (the weights of
 * counts and of times decay alike), so it is right from the first measurement on.
 */

/** Time after which a measurement weighs 1/e, at least (arbitrary: calm, yet follows a change within seconds). */
const LEAST_MEMORY_MS = 3_000;
/** For long runs, the share of the run that is remembered: slow calls need a long memory. */
const MEMORY_SHARE = 0.25;

/** Measures a rate from a count that grows. Reads no clock: instants are passed in. */
export class ExponentialRate {
  #weightedCount = 0;
  #weightedMs = 0;
  #count = 0;
  /** What was counted before the start. */
  #before = 0;
  #startedAtMs: number | undefined;
  #atMs = 0;

  /** Starts to measure, once: what was counted before, and time before, are left out. */
  start(atMs: number, count = 0): void {
    if (this.#startedAtMs !== undefined) return;
    this.#startedAtMs = atMs;
    this.#count = this.#before = count;
    this.#atMs = atMs;
  }

  /** Tells that the count is `count` at the instant `atMs`. */
  measure(count: number, atMs: number): void {
    if (this.#startedAtMs === undefined) return;
    const passedMs = atMs - this.#atMs;
    if (passedMs <= 0) return;
    const memoryMs = Math.max(LEAST_MEMORY_MS, (atMs - this.#startedAtMs) * MEMORY_SHARE);
    const weight = Math.exp(-passedMs / memoryMs);
    this.#weightedCount = this.#weightedCount * weight + (count - this.#count);
    this.#weightedMs = this.#weightedMs * weight + passedMs;
    this.#count = count;
    this.#atMs = atMs;
  }

  /** The mean rate; 0 before the first measurement. */
  get perSecond(): number {
    return this.#weightedMs > 0 ? (this.#weightedCount / this.#weightedMs) * 1000 : 0;
  }

  /** How long `count` more take at this rate; `undefined` as long as nobody can say. */
  timeLeftMs(count: number): number | undefined {
    const { perSecond } = this;
    if (this.#startedAtMs === undefined || this.#count - this.#before < 2 || !(perSecond > 0))
      return undefined;
    if (this.#atMs - this.#startedAtMs < 1000) return undefined;
    return (count / perSecond) * 1000;
  }
}
