/**
 * A pool that tries failed calls again, as their task's policy says.
 *
 * Whoever hands over a call hears of its last outcome only. Retries wait for their time without a worker.
 */

import type { Clock } from '../base/clock.ts';
import { ClosedError } from '../base/errors.ts';
import type { Chance } from '../base/random.ts';
import type { Packed } from '../codec/pack.ts';
import { type RetryPolicy, retryDelayMs } from '../task/hints.ts';
import { type AttemptFailure, failure } from '../task/outcome.ts';
import type { TaskModule } from '../task/task-core.ts';
import type { PoolStatistics } from './tally.ts';
import { type Work, type WorkOwner, workFor } from './work.ts';
import type { WorkPool } from './work-pool.ts';

export interface RetryingPoolParts {
  readonly pool: WorkPool;
  readonly policy: Required<RetryPolicy>;
  readonly clock: Clock;
  readonly chance: Chance;
}

/** A call that waits for its next attempt. */
interface Pause {
  readonly work: Work;
  readonly index: number;
  readonly timer: Disposable;
}

export class RetryingPool implements WorkPool {
  readonly #parts: RetryingPoolParts;
  readonly #pauses = new Set<Pause>();
  /** From whoever handed over calls to those who are told of the attempts at them. */
  readonly #attempts = new Map<WorkOwner, Set<WorkOwner>>();
  /** For those who wait until nothing is under way; made when there is one. */
  #settled: PromiseWithResolvers<void> | undefined;

  constructor(parts: RetryingPoolParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#parts.pool.size;
  }

  add(work: Work): void {
    this.#attempt(work, work, 1, work.inputs.length, (index) => index);
  }

  /** A call that may be repeated is kept. */
  trySend(_: Work): boolean {
    return false;
  }

  snapshot(args: readonly unknown[]): Packed {
    return this.#parts.pool.snapshot(args);
  }

  /** @param inner - the calls as the pool below gets them; `indexOf` says which of `work` they are */
  #attempt(
    work: Work,
    inner: Work,
    attempt: number,
    count: number,
    indexOf: (index: number) => number,
  ): void {
    let left = count;
    const finish = (): void => {
      if (--left === 0) this.#forget(work.owner, owner);
    };
    const owner: WorkOwner = {
      succeeded: (index, value) => {
        finish();
        work.owner.succeeded(indexOf(index), value);
      },
      failed: (index, why) => {
        finish();
        this.#failOrPause(work, indexOf(index), attempt, why);
      },
      told: (index, event) => work.owner.told?.(indexOf(index), event),
    };
    let owners = this.#attempts.get(work.owner);
    if (owners === undefined) this.#attempts.set(work.owner, (owners = new Set()));
    owners.add(owner);
    try {
      this.#parts.pool.add(workFor(inner, owner));
    } catch (error) {
      this.#forget(work.owner, owner);
      throw error;
    }
  }

  #failOrPause(work: Work, index: number, attempt: number, why: AttemptFailure): void {
    const { policy, clock, chance } = this.#parts;
    const isRepeatable = why.reason === 'threw' || why.reason === 'timed-out' || why.reason === 'worker-lost';
    // What was moved to a worker is gone.
    if (!isRepeatable || attempt > policy.retries || work.moves !== undefined) {
      work.owner.failed(index, why);
      return;
    }
    const again = (): void => {
      this.#pauses.delete(pause);
      const inner = { ...workFor(work, work.owner), inputs: [work.inputs[index]] };
      try {
        this.#attempt(work, inner, attempt + 1, 1, () => index);
      } catch (error) {
        // The pool can run nothing any more.
        work.owner.failed(index, failure('cancelled', error));
      }
    };
    const pause: Pause = {
      work,
      index,
      timer: clock.after(retryDelayMs(policy, attempt, chance.next()), again),
    };
    this.#pauses.add(pause);
  }

  #forget(owner: WorkOwner, attempt: WorkOwner): void {
    const owners = this.#attempts.get(owner);
    owners?.delete(attempt);
    if (owners?.size === 0) this.#attempts.delete(owner);
    this.#tellIdle();
  }

  giveUp(owner: WorkOwner): void {
    for (const pause of this.#pauses) {
      if (pause.work.owner !== owner) continue;
      pause.timer[Symbol.dispose]();
      this.#pauses.delete(pause);
    }
    for (const attempt of this.#attempts.get(owner) ?? []) this.#parts.pool.giveUp(attempt);
    this.#attempts.delete(owner);
    this.#tellIdle();
  }

  batchSizeOf(task: TaskModule): number {
    return this.#parts.pool.batchSizeOf(task);
  }

  async whenIdle(): Promise<void> {
    while (this.#attempts.size > 0 || this.#pauses.size > 0) {
      this.#settled ??= Promise.withResolvers();
      await this.#settled.promise;
    }
    await this.#parts.pool.whenIdle();
  }

  /** To be called when an attempt or a pause has ended: whoever waits looks again. */
  #tellIdle(): void {
    if (this.#attempts.size > 0 || this.#pauses.size > 0) return;
    this.#settled?.resolve();
    this.#settled = undefined;
  }

  resize(workers: number): void {
    this.#parts.pool.resize(workers);
  }

  statistics(): PoolStatistics {
    return this.#parts.pool.statistics();
  }

  async dispose(): Promise<void> {
    const reason = new ClosedError('Cannot try the call again as its pool was disposed of');
    for (const { work, index, timer } of this.#pauses) {
      timer[Symbol.dispose]();
      work.owner.failed(index, failure('cancelled', reason));
    }
    this.#pauses.clear();
    this.#tellIdle();
    await this.#parts.pool.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
