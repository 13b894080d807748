/**
 * The executor of this thread: calls run here, and asynchronous ones overlap.
 */

import { type Clock, systemClock } from '../base/clock.ts';
import { ClosedError, TimedOutError } from '../base/errors.ts';
import { isPromiseLike } from '../base/promise-like.ts';
import { RunningCall, setCurrentCall } from '../task/current-call.ts';
import { failure, type Outcome, success } from '../task/outcome.ts';
import type { Attempt, Executor, ExecutorStatistics, Session, SessionListener } from './executor.ts';
import { Submitter } from './submitter.ts';

export interface InlineOptions {
  /**
   * How many asynchronous calls may be under way at once; an integer, at least 1.
   *
   * @defaultValue 64
   */
  readonly concurrency?: number;
  /** @defaultValue the clock of this machine */
  readonly clock?: Clock;
}

/**
 * Opens an executor that runs calls in this thread. Calls of plain functions run one after another;
 * those of asynchronous functions overlap, up to `concurrency`.
 *
 * It owns nothing: disposing of it only makes it unusable.
 *
 * @throws {RangeError} If `concurrency` is not a positive integer.
 *
 * @example
 * ```ts
 * import { openInline, run, task } from 'heddle';
 * const add = task((a: number, b: number) => a + b);
 * const here = openInline({ concurrency: 8 });
 * assert.equal(await run(add(1, add(2, 3)), { executor: here }), 6);
 * await here.dispose();
 * ```
 */
export function openInline({ concurrency = 64, clock = systemClock }: InlineOptions = {}): Executor {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(
      `Cannot open an inline executor as 'concurrency' must be a positive integer: received ${String(concurrency)}`,
    );
  }
  return new InlineExecutor(concurrency, clock);
}

class InlineExecutor implements Executor {
  readonly name = 'inline';
  readonly isolated = false;
  readonly slots: number;
  readonly #clock: Clock;
  readonly #sessions = new Set<InlineSession>();
  readonly #submitter: Submitter;
  #isClosed = false;
  /** Slots taken by calls that are under way. */
  taken = 0;
  succeeded = 0;
  failed = 0;

  constructor(slots: number, clock: Clock) {
    this.slots = slots;
    this.#clock = clock;
    this.#submitter = new Submitter(this);
  }

  connect(listener: SessionListener): Session {
    if (this.#isClosed) throw new ClosedError('Cannot use the inline executor as it was disposed of');
    const session = new InlineSession(this, this.#clock, listener, () => {
      for (const other of this.#sessions) if (other !== session) other.listener.roomMade();
    });
    session.whenDisposed = () => this.#sessions.delete(session);
    this.#sessions.add(session);
    return session;
  }

  submit: Executor['submit'] = (task, ...args) => this.#submitter.submit(task, args) as never;
  map: Executor['map'] = (task, inputs) => this.#submitter.map(task, inputs) as never;

  stats(): ExecutorStatistics {
    return { workers: 0, running: this.taken, succeeded: this.succeeded, failed: this.failed, replaced: 0 };
  }

  async dispose(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#submitter.close();
    const reason = new ClosedError('Cannot go on as the inline executor was disposed of');
    for (const session of this.#sessions) session.close(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

interface UnderWay {
  readonly slots: number;
  timer: Disposable | undefined;
  /** The call, if its function has asked for it. */
  readonly running: RunningCall | undefined;
}

class InlineSession implements Session {
  readonly listener: SessionListener;
  readonly #executor: InlineExecutor;
  readonly #clock: Clock;
  readonly #tellOthers: () => void;
  /** What is under way. An entry is taken out when it settles, is cancelled or timed out: whoever comes second finds none. */
  readonly #underWay = new Map<number, UnderWay>();
  whenDisposed: () => void = () => undefined;
  #isDisposed = false;

  constructor(executor: InlineExecutor, clock: Clock, listener: SessionListener, tellOthers: () => void) {
    this.#executor = executor;
    this.#clock = clock;
    this.listener = listener;
    this.#tellOthers = tellOthers;
  }

  room(): number {
    return this.#executor.slots - this.#executor.taken;
  }

  start(ticket: number, { core, args, hints, slots }: Attempt): Outcome | undefined {
    let result: PromiseLike<unknown>;
    let running: RunningCall | undefined;
    const before = setCurrentCall(
      () =>
        (running ??= new RunningCall(core.name, { told: (event) => this.listener.told?.(ticket, event) })),
    );
    try {
      const given: unknown = core.fn(...(args as never[]));
      // Looking at it may throw too, if it is made to.
      if (!isPromiseLike(given)) {
        running?.end();
        this.#executor.succeeded++;
        return success(given);
      }
      result = given;
    } catch (error) {
      running?.end();
      this.#executor.failed++;
      return failure('threw', error);
    } finally {
      setCurrentCall(before);
    }
    // The function has ended the session, by the signal of its own run: nobody waits for it.
    if (this.#isDisposed) {
      Promise.resolve(result).catch(() => undefined);
      return undefined;
    }
    const underWay: UnderWay = { slots, timer: undefined, running };
    this.#underWay.set(ticket, underWay);
    this.#executor.taken += slots;
    const { timeoutMs } = hints;
    if (timeoutMs !== undefined) {
      underWay.timer = this.#clock.after(timeoutMs, () => {
        const error = new TimedOutError(
          `Cannot wait for task '${core.name}' any longer as it took more than ${timeoutMs} ms`,
        );
        this.#settle(ticket, underWay, failure('timed-out', error));
        running?.abort(error);
      });
    }
    // By way of a promise of the runtime: another one's `then` may call back at once, twice, or throw.
    Promise.resolve(result).then(
      (value) => this.#settle(ticket, underWay, success(value)),
      (error: unknown) => this.#settle(ticket, underWay, failure('threw', error)),
    );
    return undefined;
  }

  #settle(ticket: number, underWay: UnderWay, outcome: Outcome): void {
    if (this.#underWay.get(ticket) !== underWay) return;
    this.#letGo(ticket, underWay);
    if (outcome.is === 'success') this.#executor.succeeded++;
    else this.#executor.failed++;
    this.listener.settled(ticket, outcome);
    this.#tellOthers();
  }

  #letGo(ticket: number, { slots, timer, running }: UnderWay): void {
    running?.end();
    this.#underWay.delete(ticket);
    this.#executor.taken -= slots;
    timer?.[Symbol.dispose]();
  }

  cancel(ticket: number): void {
    const underWay = this.#underWay.get(ticket);
    if (underWay === undefined) return;
    this.#letGo(ticket, underWay);
    underWay.running?.abort(new DOMException('Nobody waits for this call any more', 'AbortError'));
    this.#tellOthers();
  }

  /** Ends with the executor: what is under way is not told of any more. */
  close(reason: Error): void {
    for (const [ticket, underWay] of this.#underWay) this.#letGo(ticket, underWay);
    this.#isDisposed = true;
    this.listener.closed(reason);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const ticket of this.#underWay.keys()) this.cancel(ticket);
    this.whenDisposed();
    this.#tellOthers();
  }
}
