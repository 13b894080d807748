/**
 * A clock turned by hand that notes what it was asked to wait for: a test sees when a limit begins to run.
 */

import { expect } from 'vitest';
import { FakeClock } from '../../src/testing.ts';

export class NotingClock extends FakeClock {
  /** The durations of all timers so far. */
  readonly durations: number[] = [];

  override after(durationMs: number, action: () => void): Disposable {
    this.durations.push(durationMs);
    return super.after(durationMs, action);
  }

  /** Waits until so many timers of a duration have been set. */
  async whenSet(durationMs: number, count: number = 1): Promise<void> {
    // oxlint-disable-next-line vitest/no-standalone-expect -- only tests call it.
    await expect
      .poll(() => this.durations.filter((ms) => ms === durationMs).length, { interval: 2, timeout: 8000 })
      .toBe(count);
  }
}
