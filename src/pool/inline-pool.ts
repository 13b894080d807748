/**
 * A pool without workers: calls run in this thread. For tests, debuggers and coverage, and for work that
 * only waits.
 *
 * Calls of plain functions run one after another; those of asynchronous functions overlap, as many as the
 * pool would have workers. As on workers, each call gets copies.
 */

import type { Clock } from '../base/clock.ts';
import { ClosedError, TimedOutError } from '../base/errors.ts';
import { isPromiseLike } from '../base/promise-like.ts';
import { copyValue } from '../codec/copy.ts';
import { type AttemptFailure, failure } from '../task/outcome.ts';
import type { TaskModule } from '../task/task-core.ts';
import type { PoolStatistics } from './pool.ts';
import { Waiting } from './waiting.ts';
import type { Piece, Work, WorkOwner } from './work.ts';
import type { WorkPool } from './work-pool.ts';

export interface InlinePoolParts {
  readonly workers: number;
  readonly clock: Clock;
  /** Lends the function that a call is run with, for this call. There are as many at a time as workers. */
  acquire(): Acquired;
  /** Gives up what was acquired for good. */
  release?(): Promise<void>;
}

/** A function on loan. */
export interface Acquired {
  readonly fn: (...args: never[]) => unknown;
  release(): void;
}

/** For how long calls run before events, timers and signals get their turn, in milliseconds. Arbitrary. */
const turnMs = 10;

export class InlinePool implements WorkPool {
  readonly #parts: InlinePoolParts;
  readonly #waiting = new Waiting();
  /** Owners of calls that are under way; who is not there any more is not told. */
  readonly #underWay = new Set<{ readonly owner: WorkOwner; readonly index: number }>();
  readonly #whenIdle: PromiseWithResolvers<void>[] = [];
  #size: number;
  #isKicked = false;
  #isClosed = false;
  #succeeded = 0;
  #failed = 0;

  constructor(parts: InlinePoolParts) {
    this.#parts = parts;
    this.#size = parts.workers;
  }

  get size(): number {
    return this.#size;
  }

  add(work: Work): void {
    if (this.#isClosed) throw new ClosedError('Cannot run a call as the pool was disposed of');
    this.#waiting.push({ work, start: 0, end: work.inputs.length, isSuspect: false });
    this.#kick();
  }

  giveUp(owner: WorkOwner): void {
    this.#waiting.removeAll((piece) => piece.work.owner === owner);
    for (const call of this.#underWay) if (call.owner === owner) this.#underWay.delete(call);
    this.#tellIdle();
    this.#kick();
  }

  batchSizeOf(_: TaskModule): number {
    return 1;
  }

  whenIdle(): Promise<void> {
    const idle = Promise.withResolvers<void>();
    this.#whenIdle.push(idle);
    this.#tellIdle();
    return idle.promise;
  }

  resize(workers: number): void {
    this.#size = workers;
    this.#kick();
  }

  statistics(): PoolStatistics {
    return {
      workers: 0,
      running: this.#underWay.size,
      succeeded: this.#succeeded,
      failed: this.#failed,
      replaced: 0,
    };
  }

  async dispose(): Promise<void> {
    this.#isClosed = true;
    const reason = new ClosedError('Cannot finish the call as its pool was disposed of');
    for (const { work, start, end } of this.#waiting.takeAll()) {
      for (let index = start; index < end; index++) work.owner.failed(index, failure('cancelled', reason));
    }
    for (const { owner, index } of this.#underWay) owner.failed(index, failure('cancelled', reason));
    this.#underWay.clear();
    this.#tellIdle();
    await this.#parts.release?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #kick(): void {
    if (this.#isKicked || this.#isClosed || this.#waiting.length === 0) return;
    this.#isKicked = true;
    this.#parts.clock.soon(() => {
      this.#isKicked = false;
      this.#run();
    });
  }

  #run(): void {
    const untilMs = this.#parts.clock.nowMs() + turnMs;
    while (
      this.#waiting.length > 0 &&
      this.#underWay.size < this.#size &&
      this.#parts.clock.nowMs() < untilMs
    ) {
      const { pieces } = this.#waiting.cut(1);
      this.#start(pieces[0] as Piece);
    }
    if (this.#underWay.size < this.#size) this.#kick();
  }

  #start({ work, start }: Piece): void {
    const { owner } = work;
    let acquired: Acquired | undefined;
    try {
      const input = copyValue(work.inputs[start]);
      acquired = this.#parts.acquire();
      const fn = acquired.fn as (...args: unknown[]) => unknown;
      const result = work.isSingle ? fn(input) : fn(...(input as readonly unknown[]));
      if (isPromiseLike(result)) this.#await(work, start, result, acquired);
      else {
        acquired.release();
        this.#succeeded++;
        owner.succeeded(start, result);
      }
    } catch (error) {
      acquired?.release();
      this.#failed++;
      owner.failed(start, failure('threw', error));
    }
    this.#tellIdle();
  }

  #await(
    { owner, timeoutMs, task }: Work,
    index: number,
    result: PromiseLike<unknown>,
    acquired: Acquired,
  ): void {
    const call = { owner, index };
    this.#underWay.add(call);
    const settle = (tell: () => void): void => {
      timer?.[Symbol.dispose]();
      acquired.release();
      if (!this.#underWay.delete(call)) return;
      tell();
      this.#tellIdle();
      this.#kick();
    };
    const fail = (why: AttemptFailure): void =>
      settle(() => {
        this.#failed++;
        owner.failed(index, why);
      });
    const timer =
      timeoutMs === undefined
        ? undefined
        : this.#parts.clock.after(timeoutMs, () => {
            const text = `Cannot wait for task '${task.name}' any longer as it took more than ${timeoutMs} ms`;
            fail(failure('timed-out', new TimedOutError(text)));
          });
    Promise.resolve(result).then(
      (value) =>
        settle(() => {
          this.#succeeded++;
          owner.succeeded(index, value);
        }),
      (error: unknown) => fail(failure('threw', error)),
    );
  }

  #tellIdle(): void {
    if (this.#waiting.length > 0 || this.#underWay.size > 0) return;
    for (const idle of this.#whenIdle.splice(0)) idle.resolve();
  }
}
