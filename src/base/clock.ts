/**
 * Time, as something that is passed in.
 *
 * Everything that measures or waits takes a `Clock`, so that a test can turn time by hand.
 * Only this file touches the timers and the clocks of the runtime.
 */

/** Measures time and waits for it. */
export interface Clock {
  /** Milliseconds since an arbitrary fixed point; never goes backwards. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch. It may jump when the system's clock is set. */
  epochMs(): number;
  /**
   * Waits.
   *
   * @throws The signal's reason, as soon as it aborts.
   */
  sleep(durationMs: number, options?: SleepOptions): Promise<void>;
  /** Calls `action` once after `durationMs`, unless disposed before. */
  after(durationMs: number, action: () => void, options?: TimerOptions): Disposable;
  /** Calls `action` again and again, until disposed. */
  every(periodMs: number, action: () => void, options?: TimerOptions): Disposable;
  /** Calls `action` after the events that are due now (input, timers) have had their turn. */
  soon(action: () => void): void;
}

export interface SleepOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface TimerOptions {
  /**
   * Whether the timer keeps the process alive.
   *
   * @defaultValue `true`
   */
  readonly ref?: boolean;
}

/** The longest time a timer of the runtime can wait: 2^31 - 1 ms, about 25 days. A longer one fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clock of this machine. */
export const systemClock: Clock = Object.freeze({
  nowMs(): number {
    return performance.now();
  },
  epochMs(): number {
    return performance.timeOrigin + performance.now();
  },
  sleep(durationMs: number, { signal }: SleepOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        timer[Symbol.dispose]();
        reject(signal?.reason);
      };
      const timer = systemClock.after(durationMs, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  },
  after(durationMs: number, action: () => void, { ref = true }: TimerOptions = {}): Disposable {
    const startedMs = performance.now();
    let timer = start(durationMs);
    function start(leftMs: number): NodeJS.Timeout {
      const started = setTimeout(
        () => {
          const restMs = durationMs - (performance.now() - startedMs);
          if (restMs > LONGEST_TIMER_MS / 2) timer = start(restMs);
          else action();
        },
        Math.min(leftMs, LONGEST_TIMER_MS),
      );
      if (!ref) started.unref();
      return started;
    }
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
  every(periodMs: number, action: () => void, { ref = true }: TimerOptions = {}): Disposable {
    const timer = setInterval(action, periodMs);
    if (!ref) timer.unref();
    return { [Symbol.dispose]: () => clearInterval(timer) };
  },
  soon(action: () => void): void {
    setImmediate(action);
  },
});
