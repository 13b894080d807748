/**
 * How far the calls of one task are, within one run: how many wait, run, and ended in which way.
 *
 * The same shape counts all the tasks of a run together.
 */

import type { CallSettled } from '../events/event.ts';
import { ExponentialRate } from './rate.ts';

/** Counts of calls, each call in exactly one of them. */
export interface CallCounts {
  /** Not started: waiting for a dependency, for a worker, or for the next attempt. */
  readonly waiting: number;
  readonly running: number;
  readonly computed: number;
  readonly retrieved: number;
  readonly attached: number;
  /** Includes calls that gave a `Failure` as their value. */
  readonly failed: number;
  readonly skipped: number;
}

/** How far a task is. */
export interface TaskSnapshot extends CallCounts {
  readonly task: string;
  readonly total: number;
  readonly settled: number;
  /** How long the calls took that were computed, together: where workers have told, what they ran. */
  readonly ranMs: number;
  /** How long the longest of them took. */
  readonly longestMs: number;
  /** Calls settled a second, lately. */
  readonly perSecond: number;
  /** Until all known calls have settled, at the present rate; `undefined` when nobody can say. */
  readonly timeLeftMs: number | undefined;
}

/** Counts the calls of one task from its events. Each method is O(1). */
export class TaskProgress implements TaskSnapshot {
  readonly task: string;
  waiting = 0;
  running = 0;
  computed = 0;
  retrieved = 0;
  attached = 0;
  failed = 0;
  skipped = 0;
  ranMs = 0;
  longestMs = 0;
  #rate = new ExponentialRate();
  #isFirstComputed = true;

  constructor(task: string) {
    this.task = task;
  }

  get settled(): number {
    return this.computed + this.retrieved + this.attached + this.failed + this.skipped;
  }

  get total(): number {
    return this.waiting + this.running + this.settled;
  }

  get perSecond(): number {
    return this.#rate.perSecond;
  }

  get timeLeftMs(): number | undefined {
    const left = this.waiting + this.running;
    return left === 0 || this.#isUnlikeThose ? undefined : this.#rate.timeLeftMs(left);
  }

  /** Whether calls run while all that have settled were found, which does not tell how long those will take. */
  get #isUnlikeThose(): boolean {
    return this.#isFirstComputed && this.retrieved > 0 && this.running > 0;
  }

  add(count: number): void {
    this.waiting += count;
  }

  start(atMs: number): void {
    // A call that was never announced still counts, so that no count goes below zero.
    if (this.waiting > 0) this.waiting -= 1;
    this.running += 1;
    this.#rate.start(atMs);
  }

  /** A running call goes back to waiting, for its next attempt. */
  retry(): void {
    this.running -= 1;
    this.waiting += 1;
  }

  settle(event: CallSettled, wasRunning: boolean): void {
    if (wasRunning) this.running -= 1;
    else if (this.waiting > 0) this.waiting -= 1;
    this.#rate.start(event.atMs);
    if (event.is === 'skipped') this.skipped += 1;
    else if (event.is !== 'success') this.failed += 1;
    else this[event.how] += 1;
    if (event.is !== 'skipped' && event.how === 'computed') {
      const tookMs = event.ran?.tookMs ?? event.durationMs;
      this.ranMs += tookMs;
      if (tookMs > this.longestMs) this.longestMs = tookMs;
    }
    if (!this.#isFirstComputed || event.is === 'skipped' || event.how !== 'computed') return;
    this.#isFirstComputed = false;
    // What a cache has is mostly found at once, before anything is computed: the rate of that is not the one to come.
    if (this.retrieved === 0) return;
    this.#rate = new ExponentialRate();
    this.#rate.start(event.atMs, this.settled);
  }

  /** Brings the rate up to date. To be called at most a few times a second. */
  measure(atMs: number): void {
    this.#rate.measure(this.settled, atMs);
  }

  /** Gives a copy that no longer changes. */
  copy(): TaskSnapshot {
    const { task, waiting, running, computed, retrieved, attached, failed, skipped } = this;
    const { total, settled, perSecond, timeLeftMs, ranMs, longestMs } = this;
    const counts = { waiting, running, computed, retrieved, attached, failed, skipped };
    return { task, ...counts, total, settled, ranMs, longestMs, perSecond, timeLeftMs };
  }
}
