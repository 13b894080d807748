/**
 * One run of a graph: the loop that joins scheduler, executor and events.
 *
 * All state of a run is here and in its table; calls are never written to, so one graph can be run many
 * times, also at once. A run always settles: to the value of its target, or to an error.
 */

import type { Clock } from '../base/clock.ts';
import { isPromiseLike } from '../base/promise-like.ts';
import type { Chance } from '../base/random.ts';
import { placeOf } from '../base/site.ts';
import { copyValue } from '../codec/copy.ts';
import { findInside } from '../codec/find.ts';
import { holdsFunction } from '../codec/holds-function.ts';
import type { Executor, Session } from '../executor/executor.ts';
import { lift } from '../graph/gather.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import type { Call } from '../task/call.ts';
import { callText } from '../task/call-text.ts';
import { callOf, isDelayed } from '../task/delayed.ts';
import { Failure } from '../task/failure.ts';
import { retryDelayMs, retryPolicyOf } from '../task/hints.ts';
import { type AttemptFailure, failure, type Outcome, success } from '../task/outcome.ts';
import { CallFailedError, type CallFailure } from './call-failed-error.ts';
import { chainTo, stalledError } from './explain.ts';
import type { FailureMode } from './options.ts';
import type { Reporter } from './reporter.ts';
import { rowOptionsOf } from './row-options.ts';
import { none, RunTable } from './run-table.ts';

/**
 * For how long calls are started and settled before events, timers and signals get their turn.
 * Arbitrary: short enough for a display and for Ctrl-C, long enough not to count.
 */
const turnMs = 10;
/** After how many calls the clock is looked at. */
const callsPerLook = 16;

export interface GraphRunParts {
  readonly executor: Executor;
  readonly failureMode: FailureMode;
  readonly resources: Readonly<Record<string, number>>;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly signal: AbortSignal | undefined;
  /** Tells of what happens; `undefined` when nobody listens. */
  readonly reporter: Reporter | undefined;
}

/** How a run ends. */
type End =
  | { readonly is: 'success' }
  | { readonly is: 'failure' }
  | { readonly is: 'cancelled'; readonly reason: unknown }
  | { readonly is: 'refused'; readonly error: unknown };

export class GraphRun {
  readonly #parts: GraphRunParts;
  readonly #scheduler: Scheduler;
  readonly #table: RunTable;
  readonly #session: Session;
  readonly #isolated: boolean;
  readonly #ends: PromiseWithResolvers<unknown> = Promise.withResolvers();

  /** Attempts that were made of calls that may be retried, and their arguments. */
  readonly #retries = new Map<number, { attempts: number; readonly args: readonly unknown[] }>();
  /** Calls that wait for their next attempt. */
  readonly #timers = new Map<number, Disposable>();
  /** Calls of which an outcome will be told. */
  readonly #inFlight = new Set<number>();
  readonly #failures: CallFailure[] = [];
  #target = none;
  /** The call that is being handed to the executor just now. It joins `#inFlight` if its outcome is not known at once. */
  #starting = none;
  #isStopped = false;
  #isOver = false;
  #isPumping = false;
  #isYielding = false;

  constructor(parts: GraphRunParts) {
    this.#parts = parts;
    this.#scheduler = new Scheduler(parts.resources);
    this.#table = new RunTable({
      scheduler: this.#scheduler,
      optionsOf: (call) => rowOptionsOf(call, parts),
      entered: (call) => parts.reporter?.added(call),
    });
    this.#isolated = parts.executor.isolated;
    this.#session = parts.executor.connect({
      settled: (row, outcome) => this.#concludeInFlight(row, outcome),
      roomMade: () => this.#pump(),
      closed: (reason) => this.#end({ is: 'refused', error: reason }),
    });
  }

  /** Runs the graph below a call. Rejects with a `CallFailedError`, or with the signal's reason. */
  async run(target: Call): Promise<unknown> {
    const { signal, reporter } = this.#parts;
    const onAbort = (): void => this.#end({ is: 'cancelled', reason: signal?.reason });
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    try {
      if (!this.#isOver) {
        this.#target = this.#table.enter(target);
        this.#table.addUse(this.#target);
        reporter?.flushAdded();
        this.#pump();
      }
    } catch (error) {
      this.#end({ is: 'refused', error });
    }
    try {
      return await this.#ends.promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Starts calls while there are ready ones and room for them, then sees whether the run is over. */
  #pump(): void {
    if (this.#isPumping || this.#isOver || this.#isYielding) return;
    this.#isPumping = true;
    try {
      const untilMs = this.#parts.clock.nowMs() + turnMs;
      for (let started = 1; !this.#isStopped && !this.#isOver; started++) {
        const row = this.#scheduler.takeHost() ?? this.#takeForExecutor();
        if (row === undefined) break;
        this.#start(row);
        if (started % callsPerLook === 0 && this.#parts.clock.nowMs() > untilMs) {
          this.#yield();
          return;
        }
      }
      this.#endIfNothingGoesOn();
    } catch (error) {
      // Whatever is wrong here is ours; the run must settle all the same.
      this.#end({ is: 'refused', error });
    } finally {
      this.#isPumping = false;
    }
  }

  #takeForExecutor(): number | undefined {
    const room = this.#session.room();
    return room > 0 ? this.#scheduler.takeReady(room) : undefined;
  }

  /** Lets timers, signals and input have their turn, then goes on. */
  #yield(): void {
    this.#isYielding = true;
    this.#parts.clock.soon(() => {
      this.#isYielding = false;
      this.#pump();
    });
  }

  #endIfNothingGoesOn(): void {
    if (this.#isOver || this.#inFlight.size > 0) return;
    if (!this.#isStopped && this.#failHeldIfTooLarge()) return;
    if (!this.#isStopped && (this.#scheduler.ready > 0 || this.#timers.size > 0)) return;
    if (this.#failures.length > 0) this.#end({ is: 'failure' });
    else this.#end({ is: 'refused', error: stalledError(this.#target, this.#table, this.#scheduler) });
  }

  /** Fails a call that fitted when it entered, if the executor has become smaller since: it would wait for ever. */
  #failHeldIfTooLarge(): boolean {
    const { held } = this.#scheduler;
    const { slots, name } = this.#parts.executor;
    if (held === undefined || held.slots <= slots) return false;
    const text = `Cannot run a call that needs ${held.slots} threads as the executor (${name}) was made smaller: received ${slots}`;
    this.#failOrRetry(held.row, failure('too-large', new RangeError(text)));
    this.#yield();
    return true;
  }

  #start(row: number): void {
    const source = this.#table.sourceOf(row);
    if (source !== none) {
      this.#settle(row, this.#table.take(source, true));
      return;
    }
    const call = this.#table.callAt(row);
    if (call.task.builtin !== undefined) this.#startHost(row, call);
    else this.#startOnExecutor(row, call);
  }

  /** Runs one of heddle's own tasks, or a plain function given to a combinator. */
  #startHost(row: number, call: Call): void {
    const { builtin, fn } = call.task;
    // A task that only reads gets the value itself, and what it gives of it is copied instead.
    const reads = builtin?.reads === true;
    const isShared = reads && this.#table.inputsOf(row).some((input) => this.#table.isShared(input));
    const args = this.#table.takeArguments(row, !reads, false);
    this.#table.setGiven(row, args);
    this.#parts.reporter?.started(row, call, args, 1);
    if (this.#isOver) return;
    try {
      const result = builtin?.takesList === true ? fn(args as never) : fn(...(args as never[]));
      if (isPromiseLike(result)) this.#await(row, result);
      else this.#conclude(row, success(isShared ? copyValue(result) : result));
    } catch (error) {
      this.#conclude(row, failure('threw', error));
    }
  }

  #await(row: number, result: PromiseLike<unknown>): void {
    this.#inFlight.add(row);
    Promise.resolve(result).then(
      (value) => this.#concludeInFlight(row, success(value)),
      (error: unknown) => this.#concludeInFlight(row, failure('threw', error)),
    );
  }

  #startOnExecutor(row: number, call: Call): void {
    const retry = this.#retries.get(row);
    let args: readonly unknown[];
    try {
      args = retry?.args ?? this.#table.takeArguments(row, !this.#isolated, this.#isolated);
    } catch (error) {
      this.#failOrRetry(row, failure('not-cloneable', error));
      return;
    }
    if (retry !== undefined) retry.attempts++;
    else if (call.hints.retries !== undefined) this.#retries.set(row, { attempts: 1, args });
    // Kept arguments must not be changed by the attempt that gets them.
    const given = this.#isolated || !this.#retries.has(row) ? args : args.map((arg) => copyValue(arg));
    this.#table.setGiven(row, given);
    this.#parts.reporter?.started(row, call, given, retry?.attempts ?? 1);
    // A sink may have ended the run, by its signal.
    if (this.#isOver) return;
    this.#starting = row;
    const slots = call.hints.resources?.threads ?? 1;
    const outcome = this.#session.start(row, { core: call.task, args: given, hints: call.hints, slots });
    this.#starting = none;
    // The task may have ended the run, by its signal.
    if (this.#isOver) return;
    if (outcome === undefined) this.#inFlight.add(row);
    else this.#conclude(row, outcome);
  }

  /** Takes the outcome of an attempt that was in flight. */
  #concludeInFlight(row: number, outcome: Outcome): void {
    if (this.#isOver || !this.#inFlight.delete(row)) return;
    try {
      this.#conclude(row, outcome);
    } catch (error) {
      this.#end({ is: 'refused', error });
    }
    this.#pump();
  }

  /** Takes the outcome of an attempt. */
  #conclude(row: number, outcome: Outcome): void {
    if (this.#isOver) return;
    if (outcome.is === 'failure') {
      this.#failOrRetry(row, outcome);
      return;
    }
    const { value } = outcome;
    if (isDelayed(value)) this.#goOnInto(row, callOf(value));
    else if (holdsFunction(value) && findInside(value, isDelayed) !== undefined)
      this.#goOnIntoData(row, value);
    else this.#settle(row, value);
  }

  #settle(row: number, value: unknown): void {
    const call = this.#table.callAt(row);
    this.#table.setValue(row, value);
    this.#retries.delete(row);
    this.#scheduler.settle(row);
    this.#table.releaseQuotes(call);
    this.#parts.reporter?.settled(row, call, value);
    if (row === this.#target) this.#end({ is: 'success' });
  }

  /** A call returned data in which parts are delayed. */
  #goOnIntoData(row: number, data: unknown): void {
    let lifted: object;
    try {
      lifted = lift(data) as object;
    } catch (error) {
      this.#failOrRetry(row, failure('threw', error));
      return;
    }
    this.#goOnInto(row, callOf(lifted));
  }

  /** A call returned a graph: its value will be that of the graph. */
  #goOnInto(row: number, next: Call): void {
    const entered = this.#enterReturned(row, next);
    if (entered === undefined) return;
    const isSettled = this.#scheduler.isSettled(entered);
    this.#table.addUse(entered);
    if (!isSettled && row !== this.#target && this.#table.isTail(row)) {
      this.#replaceTail(row, entered);
      return;
    }
    this.#scheduler.waitAgain(row);
    this.#table.forward(row, entered);
    if (isSettled) this.#settle(row, this.#table.take(entered, true));
    else this.#scheduler.addEdge(entered, row);
  }

  /**
   * Only a call that returned this one waits for it: let it wait for the new graph instead, and forget
   * this call. So a tail recursion takes the same space however long it goes on.
   */
  #replaceTail(row: number, entered: number): void {
    const waiting = this.#scheduler.soleDependentOf(row) as number;
    this.#table.forward(waiting, entered);
    this.#scheduler.moveEdges(row, entered);
    const call = this.#table.callAt(row);
    this.#parts.reporter?.settled(row, call, undefined);
    this.#retries.delete(row);
    this.#table.forget(row);
    this.#table.releaseQuotes(call);
  }

  #enterReturned(row: number, next: Call): number | undefined {
    try {
      const entered = this.#table.enter(next);
      this.#parts.reporter?.flushAdded();
      if (entered !== row) return entered;
      const error = new TypeError(`Cannot run ${callText(next)} as it returns itself`);
      this.#failOrRetry(row, failure('cyclic', error));
    } catch (error) {
      this.#failOrRetry(row, failure('too-large', error));
    }
    return undefined;
  }

  #failOrRetry(row: number, { reason, error }: AttemptFailure): void {
    const call = this.#table.callAt(row);
    const isRepeatable = reason === 'threw' || reason === 'timed-out' || reason === 'worker-lost';
    const attempts = this.#retries.get(row)?.attempts ?? 1;
    if (isRepeatable && this.#retryLater(row, call, attempts, { reason, error })) return;
    if (call.task.givesFailures && isRepeatable) {
      const { name, site } = call.task;
      this.#settle(row, new Failure({ task: name, place: placeOf(site), reason, error }));
      return;
    }
    const chain = chainTo(row, this.#target, this.#table, this.#scheduler);
    this.#failures.push({ reason, error, attempts, chain });
    this.#parts.reporter?.failed(row, call, { reason, error });
    this.#table.setGiven(row, undefined);
    this.#scheduler.fail(row);
    this.#table.releaseQuotes(call);
    const { failureMode } = this.#parts;
    if (failureMode !== 'carry-on') this.#stop();
    if (failureMode === 'cancel-rest') this.#cancelInFlight();
  }

  /** @returns whether there will be another attempt */
  #retryLater(row: number, call: Call, attempts: number, failed: Omit<AttemptFailure, 'is'>): boolean {
    const policy = retryPolicyOf(call.hints);
    if (attempts > policy.retries || !this.#retries.has(row) || this.#isStopped) return false;
    const { clock, chance, reporter } = this.#parts;
    const delayMs = retryDelayMs(policy, attempts, chance.next());
    reporter?.retrying(row, call, attempts, delayMs, failed);
    this.#scheduler.pause(row);
    const resume = (): void => {
      this.#timers.delete(row);
      this.#scheduler.resume(row);
      this.#pump();
    };
    this.#timers.set(row, clock.after(delayMs, resume));
    return true;
  }

  #stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    this.#timers.clear();
  }

  #cancelInFlight(): void {
    if (this.#starting !== none) this.#inFlight.add(this.#starting);
    for (const row of this.#inFlight) {
      this.#session.cancel(row);
      this.#parts.reporter?.skipped(row, this.#table.callAt(row));
    }
    this.#inFlight.clear();
  }

  #end(end: End): void {
    if (this.#isOver) return;
    this.#stop();
    if (end.is !== 'success') this.#cancelInFlight();
    this.#isOver = true;
    this.#session[Symbol.dispose]();
    const { reporter } = this.#parts;
    if (end.is === 'success') {
      const value = this.#table.take(this.#target, true);
      reporter?.ended('success', undefined, 0);
      this.#ends.resolve(value);
      return;
    }
    const error =
      end.is === 'failure' ? this.#failedError() : end.is === 'cancelled' ? end.reason : end.error;
    const skipped = reporter === undefined ? 0 : this.#countUnsettled() - this.#failures.length;
    reporter?.ended(end.is === 'cancelled' ? 'cancelled' : 'failure', error, skipped);
    this.#ends.reject(error);
  }

  #failedError(): CallFailedError {
    const [first, ...others] = this.#failures as [CallFailure, ...CallFailure[]];
    return new CallFailedError(
      first,
      others.map((other) => new CallFailedError(other)),
    );
  }

  #countUnsettled(): number {
    let count = 0;
    for (const [call, row] of this.#table.entries()) {
      if (call.task.builtin === undefined && this.#scheduler.isUnsettled(row)) count++;
    }
    return count;
  }
}
