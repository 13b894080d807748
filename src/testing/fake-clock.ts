/**
 * A clock that is turned by hand, so that a test of an hour's wait takes no time.
 */

import { type Clock, type SleepOptions, systemClock } from '../base/clock.ts';

interface Timer {
  dueMs: number;
  readonly periodMs: number | undefined;
  readonly action: () => void;
}

/**
 * Stands still until it is told that time passes.
 *
 * - **Order:** timers go off by the time at which they are due; among equals, the older first.
 * - **Not time:** `soon` is about turns, not about time, and waits for nobody.
 *
 * @example
 * ```ts
 * import { FakeClock } from 'heddle/testing';
 * const clock = new FakeClock();
 * const rang: number[] = [];
 * clock.after(60_000, () => rang.push(clock.nowMs()));
 * clock.pass(59_999);
 * assert.deepEqual(rang, []);
 * clock.pass(1);
 * assert.deepEqual(rang, [60_000]);
 * ```
 */
export class FakeClock implements Clock {
  #passedMs = 0;
  readonly #startMs: number;
  readonly #timers = new Set<Timer>();
  readonly #watchers = new Set<{ readonly count: number; readonly tell: () => void }>();

  /** @param startMs - what `epochMs` gives at first; the first second of 2020 unless given */
  constructor(startMs: number = 1_577_836_800_000) {
    this.#startMs = startMs;
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

  nowMs(): number {
    return this.#passedMs;
  }

  epochMs(): number {
    return this.#startMs + this.#passedMs;
  }

  sleep(durationMs: number, { signal }: SleepOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        timer[Symbol.dispose]();
        reject(signal?.reason);
      };
      const timer = this.after(durationMs, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  after(durationMs: number, action: () => void): Disposable {
    return this.#set({ dueMs: this.#passedMs + Math.max(0, durationMs), periodMs: undefined, action });
  }

  every(periodMs: number, action: () => void): Disposable {
    // A period of 0 would never let time go on.
    const period = Math.max(1, periodMs);
    return this.#set({ dueMs: this.#passedMs + period, periodMs: period, action });
  }

  soon(action: () => void): void {
    systemClock.soon(action);
  }

  /**
   * Lets time pass. Timers that become due go off now, each at its own time, also those set meanwhile.
   *
   * @param durationMs - at least 0
   */
  pass(durationMs: number): void {
    const endMs = this.#passedMs + durationMs;
    for (let next = this.#nextDue(endMs); next !== undefined; next = this.#nextDue(endMs)) {
      this.#passedMs = Math.max(this.#passedMs, next.dueMs);
      if (next.periodMs === undefined) this.#timers.delete(next);
      else next.dueMs += next.periodMs;
      next.action();
    }
    this.#passedMs = endMs;
  }

  /** Waits until at least `count` timers are set. */
  whenTimers(count: number = 1): Promise<void> {
    if (this.#timers.size >= count) return Promise.resolve();
    return new Promise((resolve) => this.#watchers.add({ count, tell: resolve }));
  }

  #set(timer: Timer): Disposable {
    this.#timers.add(timer);
    for (const watcher of this.#watchers) {
      if (this.#timers.size < watcher.count) continue;
      this.#watchers.delete(watcher);
      watcher.tell();
    }
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  #nextDue(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }
}
