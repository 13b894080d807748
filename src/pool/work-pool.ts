/**
 * What maps and single calls need of a pool, whatever its workers are.
 */

import type { Packed } from '../codec/pack.ts';
import type { TaskModule } from '../task/task-core.ts';
import type { PoolStatistics } from './tally.ts';
import type { Work, WorkOwner } from './work.ts';

export interface WorkPool extends AsyncDisposable {
  /** The most workers at once. */
  readonly size: number;
  /** From how many bytes on memory goes by reference, if any does. */
  readonly leastReferenceBytes?: number | undefined;
  /**
   * Takes calls. They leave at the end of this turn of the event loop, or when there is room.
   *
   * @throws {ClosedError} If the pool was disposed of.
   */
  add(work: Work): void;
  /**
   * Sends a work of a single call at once, if a worker can take it before all others. Sending is a copy, so its
   * inputs need none.
   *
   * @returns whether it was sent; `false` always, where calls are not sent or are kept to be repeated
   * @throws {ClosedError} If the pool was disposed of.
   */
  trySend(work: Work): boolean;
  /**
   * Copies arguments that are not sent at once: what happens to them afterwards, the copy does not see.
   *
   * @throws {NotCloneableError} If they cannot be sent.
   */
  snapshot(args: readonly unknown[]): Packed;
  /** Takes back all calls of an owner that no worker has started; those that run go on, and nothing is told of any. */
  giveUp(owner: WorkOwner): void;
  /** How many calls of a task travel together now; 1 while they take long, or nothing is known. */
  batchSizeOf(task: TaskModule): number;
  /** Settles when no call waits or runs. */
  whenIdle(): Promise<void>;
  resize(workers: number): void;
  statistics(): PoolStatistics;
  dispose(): Promise<void>;
}
