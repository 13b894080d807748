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
import type { Packed } from '../codec/pack.ts';
import type { CallEvent } from '../task/call-event.ts';
import { RunningCall, setCurrentCall } from '../task/current-call.ts';
import { thrownText } from '../task/failure.ts';
import { type AttemptFailure, failure } from '../task/outcome.ts';
import type { TaskModule } from '../task/task-core.ts';
import { Lines } from './lines.ts';
import { type PoolStatistics, Tally } from './tally.ts';
import type { Piece, Work, WorkOwner } from './work.ts';
import type { WorkPool } from './work-pool.ts';

export interface InlinePoolParts {
  readonly workers: number;
  readonly clock: Clock;
  /**
   * Gives the function that calls are run with.
   *
   * @param worker - which of the workers it would be, counted from 0; it runs one call at a time
   */
  functionOf(worker: number): (...args: never[]) => unknown;
  /** Gives up for good what the functions have. */
  release?(): Promise<void>;
}

/** A call whose function has given a promise. */
interface UnderWay {
  readonly worker: number;
  readonly owner: WorkOwner;
  readonly index: number;
  /** The call, if its function has asked for it. */
  readonly running: RunningCall | undefined;
}

/** For how long calls run before events, timers and signals get their turn, in milliseconds. Arbitrary. */
const turnMs = 10;

export class InlinePool implements WorkPool {
  readonly #parts: InlinePoolParts;
  readonly #waiting: Lines;
  /** By worker. A call that is given up goes on, as nobody can end it, but is not there any more. */
  readonly #underWay = new Map<number, UnderWay>();
  readonly #whenIdle: PromiseWithResolvers<void>[] = [];
  #size: number;
  #isKicked = false;
  #isClosed = false;
  /** Why nothing can be run any more: a state could not be built. */
  #broken: Error | undefined;
  readonly #tally = new Tally();

  constructor(parts: InlinePoolParts) {
    this.#parts = parts;
    this.#size = parts.workers;
    this.#waiting = new Lines(parts.workers);
  }

  get size(): number {
    return this.#size;
  }

  add(work: Work): void {
    if (this.#isClosed) throw new ClosedError('Cannot run a call as the pool was disposed of');
    if (this.#broken !== undefined) throw this.#broken;
    const addedAtMs = this.#parts.clock.nowMs();
    this.#waiting.push({ work, start: 0, end: work.inputs.length, isSuspect: false, addedAtMs });
    this.#kick();
  }

  trySend(_: Work): boolean {
    return false;
  }

  /** Instances of classes are passed on as they are, as they are in this thread. */
  snapshot(args: readonly unknown[]): Packed {
    return { data: copyValue(args), isPacked: false };
  }

  giveUp(owner: WorkOwner): void {
    this.#waiting.removeOf(owner);
    for (const [worker, call] of this.#underWay) {
      if (call.owner !== owner) continue;
      this.#underWay.delete(worker);
      call.running?.abort(new DOMException('Nobody waits for this call any more', 'AbortError'));
    }
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
    this.#waiting.resize(workers);
    this.#kick();
  }

  statistics(): PoolStatistics {
    return this.#tally.read({ workers: 0, running: this.#underWay.size, waiting: this.#waiting.length });
  }

  async dispose(): Promise<void> {
    this.#isClosed = true;
    const reason = new ClosedError('Cannot finish the call as its pool was disposed of');
    this.#failAll(this.#waiting.takeAll(), failure('cancelled', reason));
    for (const { owner, index, running } of this.#underWay.values()) {
      owner.failed(index, failure('cancelled', reason));
      running?.abort(reason);
    }
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
    for (let hasRun = true; hasRun && this.#parts.clock.nowMs() < untilMs; ) {
      hasRun = false;
      for (let worker = 0; worker < this.#size; worker++) {
        if (this.#underWay.has(worker)) continue;
        const line = this.#waiting.lineFor(worker);
        if (line === undefined) continue;
        this.#start(worker, line.cut(1).pieces[0] as Piece);
        hasRun = true;
        break;
      }
    }
    if (this.#underWay.size < this.#size) this.#kick();
  }

  #start(worker: number, { work, start, addedAtMs }: Piece): void {
    const { owner } = work;
    const { clock } = this.#parts;
    const startedMs = clock.nowMs();
    this.#tally.wait.add(startedMs - addedAtMs, 1);
    let running: RunningCall | undefined;
    const told = (event: CallEvent): void => owner.told?.(start, event);
    const before = setCurrentCall(() => (running ??= new RunningCall(work.task.name, { told })));
    try {
      const input = work.moves === undefined ? copyValue(work.inputs[start]) : work.inputs[start];
      const fn = this.#functionOf(worker);
      const result = work.isSingle ? fn(input) : fn(...(input as readonly unknown[]));
      if (isPromiseLike(result)) {
        this.#await(work, { worker, owner, index: start, running }, result, startedMs);
        return;
      }
      running?.end();
      this.#tally.run.add(clock.nowMs() - startedMs, 1);
      this.#tally.succeeded++;
      owner.succeeded(start, result);
    } catch (error) {
      running?.end();
      this.#tally.run.add(clock.nowMs() - startedMs, 1);
      this.#tally.failed++;
      owner.failed(start, failure('threw', error));
    } finally {
      setCurrentCall(before);
    }
    this.#tellIdle();
  }

  /** @throws what building a state throws; then the pool can run nothing any more */
  #functionOf(worker: number): (...args: unknown[]) => unknown {
    try {
      return this.#parts.functionOf(worker) as (...args: unknown[]) => unknown;
    } catch (error) {
      this.#broken = error instanceof Error ? error : new Error(thrownText(error), { cause: error });
      this.#failAll(this.#waiting.takeAll(), failure('threw', error));
      throw error;
    }
  }

  #failAll(pieces: readonly Piece[], why: AttemptFailure): void {
    for (const { work, start, end } of pieces) {
      for (let index = start; index < end; index++) {
        this.#tally.failed++;
        work.owner.failed(index, why);
      }
    }
  }

  #await({ timeoutMs, task }: Work, call: UnderWay, result: PromiseLike<unknown>, startedMs: number): void {
    const { clock } = this.#parts;
    const { worker, owner, index, running } = call;
    this.#underWay.set(worker, call);
    const settle = (tell: () => void): void => {
      timer?.[Symbol.dispose]();
      running?.end();
      if (this.#underWay.get(worker) !== call) return;
      this.#underWay.delete(worker);
      this.#tally.run.add(clock.nowMs() - startedMs, 1);
      tell();
      this.#tellIdle();
      this.#kick();
    };
    const fail = (why: AttemptFailure): void =>
      settle(() => {
        this.#tally.failed++;
        owner.failed(index, why);
      });
    const giveUp = (): void => {
      const text = `Cannot wait for task '${task.name}' any longer as it took more than ${timeoutMs} ms`;
      const error = new TimedOutError(text);
      running?.abort(error);
      fail(failure('timed-out', error));
    };
    const timer = timeoutMs === undefined ? undefined : clock.after(timeoutMs, giveUp);
    Promise.resolve(result).then(
      (value) =>
        settle(() => {
          this.#tally.succeeded++;
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
