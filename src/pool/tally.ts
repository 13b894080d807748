/**
 * What a pool has done so far.
 */

import { type Durations, Histogram } from './histogram.ts';

/** What a pool has done since it was opened, and does now. */
export interface PoolStatistics {
  /** Workers that are alive; 0 for a pool without. */
  readonly workers: number;
  /** Workers that run calls now. */
  readonly running: number;
  /** Calls that no worker has yet. */
  readonly waiting: number;
  /** Attempts that gave a value. */
  readonly succeeded: number;
  /** Attempts that gave none. */
  readonly failed: number;
  /** Workers that were lost, or ended in the midst of a call. */
  readonly replaced: number;
  /** Workers that were ended since they had run as many calls, or taken as much memory, as they may. */
  readonly recycled: number;
  /**
   * How long calls took in their workers. Of those that were answered together, each counts as their mean.
   */
  readonly runMs: Durations;
  /** How long calls waited until they were sent to a worker, for the first time. */
  readonly waitMs: Durations;
}

/** Counts. */
export class Tally {
  succeeded = 0;
  failed = 0;
  replaced = 0;
  recycled = 0;
  readonly run: Histogram = new Histogram();
  readonly wait: Histogram = new Histogram();

  read(now: Pick<PoolStatistics, 'workers' | 'running' | 'waiting'>): PoolStatistics {
    const { succeeded, failed, replaced, recycled } = this;
    return {
      ...now,
      succeeded,
      failed,
      replaced,
      recycled,
      runMs: this.run.read(),
      waitMs: this.wait.read(),
    };
  }
}
