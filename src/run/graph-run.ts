/**
 * One run of a graph: the loop that joins scheduler, executor and events.
 *
 * All state of a run is here, by row of the scheduler; calls are never written to, so one graph can be
 * run many times, also at once. A run always settles: to the value of its target, or to an error.
 */

import type { Clock } from '../base/clock.ts';
import { InternalError } from '../base/errors.ts';
import { isPromiseLike } from '../base/promise-like.ts';
import type { Chance } from '../base/random.ts';
import { placeOf } from '../base/site.ts';
import { copyValue } from '../codec/copy.ts';
import { findInside } from '../codec/find.ts';
import { holdsFunction } from '../codec/holds-function.ts';
import type { Executor, Session } from '../executor/executor.ts';
import { lift } from '../graph/gather.ts';
import { type Needs } from '../scheduler/resource-pool.ts';
import { type RowOptions, Scheduler } from '../scheduler/scheduler.ts';
import { giveArguments } from '../task/argument.ts';
import type { Call } from '../task/call.ts';
import { callText, valuesText } from '../task/call-text.ts';
import { callOf, isDelayed } from '../task/delayed.ts';
import { Failure } from '../task/failure.ts';
import { retryDelayMs, retryPolicyOf } from '../task/hints.ts';
import { type AttemptFailure, failure, type Outcome, success } from '../task/outcome.ts';
import { CallFailedError, type CallFailure, type ChainLink } from './call-failed-error.ts';
import { Holds } from './holds.ts';
import type { FailureMode } from './options.ts';
import type { Reporter } from './reporter.ts';

const none = -1;

/** Row options without anything special, shared by nearly all rows. */
const plainHost: RowOptions = Object.freeze({ lane: 'host', priority: 0, slots: 0, needs: [] });
const plainExecutor: RowOptions = Object.freeze({ lane: 'executor', priority: 0, slots: 1, needs: [] });

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

export class GraphRun {
  readonly #parts: GraphRunParts;
  readonly #scheduler: Scheduler;
  readonly #session: Session;
  readonly #isolated: boolean;
  readonly #ends: PromiseWithResolvers<unknown> = Promise.withResolvers();
  readonly #holds = new Holds();

  /** The rows of the calls that are part of the run and not done with. */
  readonly #rows = new Map<Call, number>();
  // By row:
  readonly #calls: (Call | undefined)[] = [];
  readonly #values: unknown[] = [];
  /**
   * How many more will take the value: dependents that have not been given it, and the run for its
   * target. The value is dropped when nobody is left.
   */
  readonly #uses: number[] = [];
  /** The rows of what the call needs, until it is started. */
  readonly #inputs: (readonly number[])[] = [];
  /** What a call in flight was given, for the message if it fails. */
  readonly #given: (readonly unknown[] | undefined)[] = [];
  /** The row whose value this call's is, after it returned a graph. */
  readonly #source: number[] = [];

  /** Attempts that were made of calls that may be retried, and their arguments. */
  readonly #retries = new Map<number, { attempts: number; readonly args: readonly unknown[] }>();
  readonly #timers = new Map<number, Disposable>();
  readonly #inFlight = new Set<number>();
  readonly #failures: CallFailure[] = [];
  #target = none;
  #isStopped = false;
  #isOver = false;
  #isPumping = false;
  #isYielding = false;

  constructor(parts: GraphRunParts) {
    this.#parts = parts;
    const { executor, resources } = parts;
    this.#scheduler = new Scheduler(resources);
    this.#isolated = executor.isolated;
    this.#session = executor.connect({
      settled: (row, outcome) => this.#concludeLater(row, outcome),
      roomMade: () => this.#pump(),
      closed: (reason) => this.#end({ is: 'refused', error: reason }),
    });
  }

  /** Runs the graph below a call. Rejects with a `CallFailedError`, or with the signal's reason. */
  async run(target: Call): Promise<unknown> {
    const { signal, reporter } = this.#parts;
    const onAbort = (): void => this.#end({ is: 'cancelled', reason: signal?.reason });
    try {
      signal?.throwIfAborted();
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#target = this.#enter(target);
      (this.#uses[this.#target] as number)++;
      reporter?.flushAdded();
      this.#pump();
    } catch (error) {
      this.#end(
        signal?.aborted === true && error === signal.reason
          ? { is: 'cancelled', reason: error }
          : { is: 'refused', error },
      );
    }
    try {
      return await this.#ends.promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  // ---- entering calls

  /** Makes a call and all that it needs part of the run, unless they are. Iterative: graphs can be a million deep. */
  #enter(target: Call): number {
    const known = this.#rows.get(target);
    if (known !== undefined) return known;
    const path: { readonly call: Call; readonly inputs: number[] }[] = [{ call: target, inputs: [] }];
    let row = none;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const need = top.call.needs[top.inputs.length];
      if (need === undefined) {
        path.pop();
        row = this.#enterReady(top.call, top.inputs);
        path.at(-1)?.inputs.push(row);
        continue;
      }
      const needRow = this.#rows.get(need);
      if (needRow === undefined) path.push({ call: need, inputs: [] });
      else top.inputs.push(needRow);
    }
    return row;
  }

  /** Makes a call, whose needs are part of the run, part of it too. */
  #enterReady(call: Call, inputs: readonly number[]): number {
    const scheduler = this.#scheduler;
    const row = scheduler.add(this.#rowOptionsOf(call));
    this.#rows.set(call, row);
    this.#calls[row] = call;
    this.#values[row] = undefined;
    this.#uses[row] = 0;
    this.#inputs[row] = inputs;
    this.#source[row] = none;
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i] as number;
      (this.#uses[input] as number)++;
      if (!scheduler.isSettled(input)) scheduler.addEdge(input, row);
    }
    if (call.quotes !== undefined) this.#holds.hold(call.quotes);
    this.#parts.reporter?.added(call);
    scheduler.arm(row);
    return row;
  }

  #rowOptionsOf({ task, hints }: Call): RowOptions {
    const { resources, exclusive, priority = 0 } = hints;
    const isHost = task.builtin !== undefined;
    if (resources === undefined && exclusive === undefined && priority === 0)
      return isHost ? plainHost : plainExecutor;
    const { threads = 1, ...others } = resources ?? {};
    const needs: Needs = [
      ...Object.entries(others).flatMap(([name, amount]) =>
        amount === undefined || amount === 0 ? [] : [[name, amount] as const],
      ),
      ...(exclusive === undefined ? [] : [[`exclusive:${exclusive}`, 1] as const]),
    ];
    this.#refuseTooLarge(task.name, threads, needs);
    return { lane: isHost ? 'host' : 'executor', priority, slots: isHost ? 0 : threads, needs };
  }

  /** @throws {RangeError} If a call needs more than there will ever be: it would wait for ever. */
  #refuseTooLarge(task: string, threads: number, needs: Needs): void {
    const { slots, name: executor } = this.#parts.executor;
    if (threads > slots) {
      throw new RangeError(
        `Cannot run task '${task}' as it needs ${threads} threads: received an executor (${executor}) of ${slots}`,
      );
    }
    for (const [name, amount] of needs) {
      if (name.startsWith('exclusive:')) continue;
      const total = this.#scheduler.totalOf(name);
      if (total !== undefined && amount <= total) continue;
      throw new RangeError(
        `Cannot run task '${task}' as it needs ${amount} of the resource '${name}': received ${total ?? 'none'}\n` +
          `  say how much there is: run(x, { resources: { ${name}: ${amount} } })`,
      );
    }
  }

  // ---- the loop

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
    const { held } = this.#scheduler;
    const { slots, name } = this.#parts.executor;
    if (!this.#isStopped && held !== undefined && held.slots > slots) {
      // It fitted when it became part of the run, but the executor has become smaller since.
      const error = new RangeError(
        `Cannot run a call that needs ${held.slots} threads as the executor (${name}) was made smaller: received ${slots}`,
      );
      this.#failOrRetry(held.row, failure('too-large', error));
      this.#pump();
    }
    if (!this.#isStopped && (this.#scheduler.ready > 0 || this.#timers.size > 0)) return;
    if (this.#failures.length > 0) this.#end({ is: 'failure' });
    else this.#end({ is: 'refused', error: this.#stalledError() });
  }

  // ---- one call

  #start(row: number): void {
    const source = this.#source[row] as number;
    if (source !== none) {
      this.#settle(row, this.#take(source, true));
      return;
    }
    const call = this.#calls[row] as Call;
    if (call.task.builtin !== undefined) this.#startHost(row, call);
    else this.#startOnExecutor(row, call);
  }

  /** Runs one of heddle's own tasks, or a plain function given to a combinator. */
  #startHost(row: number, call: Call): void {
    const { builtin, fn } = call.task;
    const inputs = this.#inputs[row] as readonly number[];
    let isShared = false;
    const args = giveArguments(
      call,
      (position) => {
        const input = inputs[position] as number;
        if (builtin?.reads !== true) return this.#take(input, true);
        isShared ||= (this.#uses[input] as number) > 1 || this.#isHeld(input);
        return this.#take(input, false);
      },
      false,
    );
    this.#inputs[row] = [];
    this.#given[row] = args;
    this.#parts.reporter?.started(row, call, args, 1);
    try {
      const result = builtin?.takesList === true ? fn(args as never) : fn(...(args as never[]));
      if (isPromiseLike(result)) {
        this.#inFlight.add(row);
        result.then(
          (value) => this.#concludeLater(row, success(value)),
          (error: unknown) => this.#concludeLater(row, failure('threw', error)),
        );
      } else this.#conclude(row, success(isShared ? copyValue(result) : result));
    } catch (error) {
      this.#conclude(row, failure('threw', error));
    }
  }

  /** Takes the outcome of an attempt that was in flight. */
  #concludeLater(row: number, outcome: Outcome): void {
    if (this.#isOver || !this.#inFlight.delete(row)) return;
    try {
      this.#conclude(row, outcome);
    } catch (error) {
      // Whatever is wrong here is ours; the run must settle all the same.
      this.#end({ is: 'refused', error });
    }
    this.#pump();
  }

  #startOnExecutor(row: number, call: Call): void {
    const retry = this.#retries.get(row);
    let args: readonly unknown[];
    if (retry === undefined) {
      const inputs = this.#inputs[row] as readonly number[];
      args = giveArguments(
        call,
        (position) => this.#take(inputs[position] as number, !this.#isolated),
        this.#isolated,
      );
      this.#inputs[row] = [];
      if (call.hints.retries !== undefined) this.#retries.set(row, { attempts: 1, args });
    } else {
      args = retry.args;
      retry.attempts++;
    }
    // Kept arguments must not be changed by the attempt that gets them.
    const given = this.#isolated || !this.#retries.has(row) ? args : args.map((arg) => copyValue(arg));
    this.#parts.reporter?.started(row, call, args, retry?.attempts ?? 1);
    this.#given[row] = given;
    this.#inFlight.add(row);
    const slots = call.hints.resources?.threads ?? 1;
    const outcome = this.#session.start(row, { core: call.task, args: given, hints: call.hints, slots });
    if (outcome === undefined) return;
    this.#inFlight.delete(row);
    this.#conclude(row, outcome);
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

  #settle(row: number, value: unknown): void {
    this.#values[row] = value;
    this.#given[row] = undefined;
    this.#retries.delete(row);
    this.#scheduler.settle(row);
    const call = this.#calls[row] as Call;
    this.#releaseQuotes(call);
    this.#parts.reporter?.settled(row, call, value);
    if (row === this.#target) this.#end({ is: 'success' });
  }

  // ---- values

  /**
   * Takes the value of a settled call for one of those who need it. The last one gets the value itself,
   * which is then dropped; the others get copies, so that none can change what another gets.
   */
  #take(row: number, copies: boolean): unknown {
    const value = this.#values[row];
    (this.#uses[row] as number)--;
    if (this.#uses[row] === 0 && !this.#isHeld(row)) {
      this.#forget(row);
      return value;
    }
    return copies ? copyValue(value) : value;
  }

  #isHeld(row: number): boolean {
    return this.#holds.isHeld(this.#calls[row] as Call);
  }

  #forget(row: number): void {
    this.#rows.delete(this.#calls[row] as Call);
    this.#calls[row] = undefined;
    this.#values[row] = undefined;
    this.#given[row] = undefined;
    this.#inputs[row] = [];
    this.#scheduler.forget(row);
  }

  /** Lets go of what a call kept from being dropped because it has it quoted. */
  #releaseQuotes({ quotes }: Call): void {
    if (quotes === undefined) return;
    for (const call of this.#holds.release(quotes)) {
      const row = this.#rows.get(call);
      if (row !== undefined && this.#scheduler.isSettled(row) && this.#uses[row] === 0) this.#forget(row);
    }
  }

  // ---- dynamic graphs

  /** A call returned a graph: its value will be that of the graph. */
  #goOnInto(row: number, next: Call): void {
    const entered = this.#enterReturned(row, next);
    if (entered === undefined) return;
    const isSettled = this.#scheduler.isSettled(entered);
    (this.#uses[entered] as number)++;
    if (!isSettled && this.#isTail(row)) {
      // Only a call that returned this one waits for it: let it wait for the new graph instead, and
      // forget this call. So a tail recursion takes the same space however long it goes on.
      const waiting = this.#scheduler.soleDependentOf(row) as number;
      this.#source[waiting] = entered;
      this.#scheduler.moveEdges(row, entered);
      const call = this.#calls[row] as Call;
      this.#parts.reporter?.settled(row, call, undefined);
      this.#retries.delete(row);
      this.#forget(row);
      this.#releaseQuotes(call);
      return;
    }
    this.#scheduler.waitAgain(row);
    this.#given[row] = undefined;
    this.#source[row] = entered;
    if (isSettled) this.#settle(row, this.#take(entered, true));
    else this.#scheduler.addEdge(entered, row);
  }

  #enterReturned(row: number, next: Call): number | undefined {
    try {
      const entered = this.#enter(next);
      this.#parts.reporter?.flushAdded();
      if (entered !== row) return entered;
      this.#failOrRetry(
        row,
        failure('cyclic', new TypeError(`Cannot run ${callText(next)} as it returns itself`)),
      );
    } catch (error) {
      this.#failOrRetry(row, failure('too-large', error));
    }
    return undefined;
  }

  /** Whether all that waits for a call is one that returned it. */
  #isTail(row: number): boolean {
    if (this.#uses[row] !== 1 || this.#isHeld(row) || row === this.#target) return false;
    const waiting = this.#scheduler.soleDependentOf(row);
    return waiting !== undefined && this.#source[waiting] === row;
  }

  // ---- failures

  #failOrRetry(row: number, { reason, error }: AttemptFailure): void {
    const call = this.#calls[row] as Call;
    const attempts = this.#retries.get(row)?.attempts ?? 1;
    const policy = retryPolicyOf(call.hints);
    const isRepeatable = reason === 'threw' || reason === 'timed-out' || reason === 'worker-lost';
    if (isRepeatable && attempts <= policy.retries && this.#retries.has(row) && !this.#isStopped) {
      const delayMs = retryDelayMs(policy, attempts, this.#parts.chance.next());
      this.#parts.reporter?.retrying(row, call, attempts, delayMs, { reason, error });
      this.#scheduler.pause(row);
      this.#timers.set(
        row,
        this.#parts.clock.after(delayMs, () => {
          this.#timers.delete(row);
          this.#scheduler.resume(row);
          this.#pump();
        }),
      );
      return;
    }
    if (call.task.givesFailures && isRepeatable) {
      const { name, site } = call.task;
      this.#settle(row, new Failure({ task: name, place: placeOf(site), reason, error }));
      return;
    }
    this.#failures.push({ reason, error, attempts, chain: this.#chainTo(row) });
    this.#parts.reporter?.failed(row, call, { reason, error });
    this.#scheduler.fail(row);
    this.#releaseQuotes(call);
    const { failureMode } = this.#parts;
    if (failureMode !== 'carry-on') this.#stop();
    if (failureMode === 'cancel-rest') this.#cancelInFlight();
  }

  #stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    this.#timers.clear();
  }

  #cancelInFlight(): void {
    for (const row of this.#inFlight) {
      this.#session.cancel(row);
      const call = this.#calls[row];
      if (call !== undefined) this.#parts.reporter?.skipped(row, call);
    }
    this.#inFlight.clear();
  }

  /** The calls from the target down to a call: the shortest way, found from below along unsettled calls. */
  #chainTo(failed: number): ChainLink[] {
    const cameFrom = new Map<number, number>([[failed, none]]);
    const places = [failed];
    for (let next = 0; next < places.length && !cameFrom.has(this.#target); next++) {
      const row = places[next] as number;
      for (const dependent of this.#scheduler.dependentsOf(row)) {
        if (cameFrom.has(dependent)) continue;
        cameFrom.set(dependent, row);
        places.push(dependent);
      }
    }
    const chain: ChainLink[] = [];
    const start = cameFrom.has(this.#target) ? this.#target : failed;
    for (let row = start; row !== none; row = cameFrom.get(row) as number) chain.push(this.#linkOf(row));
    return chain;
  }

  #linkOf(row: number): ChainLink {
    const call = this.#calls[row] as Call;
    const given = this.#given[row];
    return {
      task: call.task.name,
      text: given === undefined ? callText(call) : valuesText(call.task.name, given),
      place: placeOf(call.site),
    };
  }

  /** Nothing runs and nothing can: a call waits for itself, by way of a graph that it returned. */
  #stalledError(): Error {
    const path: number[] = [];
    for (let row = this.#target; row !== none && !path.includes(row); ) {
      path.push(row);
      const awaited = [this.#source[row] as number, ...(this.#inputs[row] ?? [])];
      row = awaited.find((input) => input !== none && !this.#scheduler.isSettled(input)) ?? none;
    }
    const names = path.map((row) => this.#calls[row]?.task.name ?? '?');
    if (path.length === 0 || !path.some((row) => this.#source[row] !== none)) {
      return new InternalError(`nothing runs, yet calls are unsettled: ${names.join(' -> ')}`);
    }
    const error = new TypeError(
      `Cannot run the graph as a call waits for itself: ${[...names, names[0]].join(' -> ')}\n` +
        '  a task must not return a delayed value that needs its own call',
    );
    return new CallFailedError({
      reason: 'cyclic',
      error,
      attempts: 1,
      chain: path.map((row) => this.#linkOf(row)),
    });
  }

  // ---- the end

  #end(
    how:
      | { readonly is: 'success' }
      | { readonly is: 'failure' }
      | { readonly is: 'cancelled'; readonly reason: unknown }
      | { readonly is: 'refused'; readonly error: unknown },
  ): void {
    if (this.#isOver) return;
    this.#stop();
    if (how.is !== 'success') this.#cancelInFlight();
    this.#isOver = true;
    this.#session[Symbol.dispose]();
    const { reporter } = this.#parts;
    const unsettled = reporter === undefined ? 0 : this.#countUnsettled();
    if (how.is === 'success') {
      const value = this.#take(this.#target, true);
      reporter?.ended('success', undefined, unsettled);
      this.#ends.resolve(value);
      return;
    }
    const error =
      how.is === 'failure' ? this.#failedError() : how.is === 'cancelled' ? how.reason : how.error;
    reporter?.ended(how.is === 'cancelled' ? 'cancelled' : 'failure', error, unsettled);
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
    for (const [call, row] of this.#rows) {
      if (call.task.builtin === undefined && this.#scheduler.isUnsettled(row)) count++;
    }
    return count - this.#failures.length;
  }
}
