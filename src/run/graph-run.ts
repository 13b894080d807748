/**
 * One run of a graph: the loop that joins scheduler, executor and events.
 *
 * All state of a run is here and in its table; calls are never written to, so one graph can be run many
 * times, also at once. A run always settles: to the value of its target, or to an error.
 */

import { scopedThreads } from '../allocation/scopes.ts';
import type { Semaphore } from '../allocation/semaphore.ts';
import type { Clock } from '../base/clock.ts';
import { tellListener } from '../base/listener.ts';
import { isPromiseLike } from '../base/promise-like.ts';
import type { Chance } from '../base/random.ts';
import { placeOf } from '../base/site.ts';
import type { Entered } from '../cache/call-cache.ts';
import { copyValue } from '../codec/copy.ts';
import { findInside } from '../codec/find.ts';
import { holdsFunction } from '../codec/holds-function.ts';
import { openedArguments, Sealed } from '../codec/sealed.ts';
import type { Attempt, Executor, Session } from '../executor/executor.ts';
import { lift } from '../graph/gather.ts';
import { type RowOptions, Scheduler } from '../scheduler/scheduler.ts';
import { isByReference } from '../task/argument.ts';
import type { Call } from '../task/call.ts';
import type { CallEvent } from '../task/call-event.ts';
import { callText } from '../task/call-text.ts';
import { callOf, isDelayed } from '../task/delayed.ts';
import { Failure, failed } from '../task/failure.ts';
import { retryDelayMs, retryPolicyOf } from '../task/hints.ts';
import { type AttemptFailure, failure, type Outcome, success } from '../task/outcome.ts';
import { CallFailedError, type CallFailure } from './call-failed-error.ts';
import { chainTo, readForShow, stalledError } from './explain.ts';
import type { FailureMode, RunOptions } from './options.ts';
import type { Reporter } from './reporter.ts';
import { hostOptions, isOfHost, lookupOptionsOf, rowOptionsOf } from './row-options.ts';
import type { RunArtifacts } from './run-artifacts.ts';
import type { RunMemory } from './run-memory.ts';
import { none, RunTable } from './run-table.ts';

/**
 * For how long calls are started and settled before events, timers and signals get their turn.
 * Arbitrary: short enough for a display and for Ctrl-C, long enough not to count.
 */
const turnMs = 10;
/**
 * How many plain functions given to combinators may wait for something at once, where the executor runs
 * calls elsewhere. The default of `concurrency`.
 */
const mostWaitingSteps = 64;
/**
 * How many calls more than there are slots may have been looked for in vain. Arbitrary: enough that what is remembered is
 * not kept waiting by what is computed.
 */
const mostLookedAhead = 64;
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
  readonly onEvent?: RunOptions['onEvent'] | undefined;
  /** What is remembered of its calls, if anything is. */
  readonly memory?: RunMemory | undefined;
  /** What loads the artifacts that its calls name, if there is a source of any. */
  readonly artifacts?: RunArtifacts | undefined;
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
  readonly #ends: PromiseWithResolvers<unknown> = Promise.withResolvers();
  /** Those that its calls are counted among, if they are not those of the process. */
  readonly #threads: Semaphore | undefined = scopedThreads();

  /** Attempts that were made of calls that may be retried, and their arguments. */
  readonly #retries = new Map<number, { attempts: number; readonly args: readonly unknown[] }>();
  /** Values that calls were given which nobody here has read, until the calls have settled. */
  readonly #sealed = new Map<number, readonly Sealed[]>();
  /** Calls that need more than there is, and why they fail. */
  readonly #tooLarge = new Map<Call, unknown>();
  /** Calls that wait for their next attempt. */
  readonly #timers = new Map<number, Disposable>();
  /** Calls of which an outcome will be told. */
  readonly #inFlight = new Set<number>();
  readonly #failures: CallFailure[] = [];
  /** How many of them are calls of tasks, not heddle's own. */
  #failedTasks = 0;
  /** Plain functions of the user that run here and have given a promise. */
  #waitingSteps = 0;
  #target = none;
  /** The call that is being handed to the executor just now. It joins `#inFlight` if its outcome is not known at once. */
  #starting = none;
  #isStopped = false;
  #isOver = false;
  #isPumping = false;
  #isYielding = false;

  constructor(parts: GraphRunParts) {
    this.#parts = parts;
    // Whoever runs hears of the end; a run that is refused before it begins is not waited for.
    this.#ends.promise.catch(() => undefined);
    this.#scheduler = new Scheduler(parts.resources);
    this.#table = new RunTable({
      scheduler: this.#scheduler,
      optionsOf: (call) => this.#optionsOf(call),
      entered: (call, row) => this.#onEntered(call, row),
      resolved: parts.artifacts === undefined ? undefined : (call) => parts.artifacts?.resolved(call) ?? call,
    });
    this.#session = parts.executor.connect({
      takesSealed: true,
      settled: (row, outcome) => this.#concludeInFlight(row, outcome),
      told: (row, event) => this.#onTold(row, event),
      roomMade: () => this.#pump(),
      closed: (reason) => this.#end({ is: 'refused', error: reason }),
    });
  }

  /**
   * Says how to schedule a call. One that needs more than there is refuses the run if it is part of its
   * graph from the start; in a graph that a task returned, it fails when its turn comes.
   */
  #optionsOf(call: Call): RowOptions {
    try {
      const options = rowOptionsOf(call, this.#parts);
      return this.#parts.memory?.remembers(call) === true ? lookupOptionsOf(options) : options;
    } catch (error) {
      if (this.#target === none) throw error;
      this.#tooLarge.set(call, error);
      return hostOptions;
    }
  }

  #onEntered(call: Call, row: number): void {
    const { reporter } = this.#parts;
    if (reporter === undefined) return;
    const table = this.#table;
    if (!reporter.tellsGraph) reporter.added(call);
    else {
      const needs = table.inputsOf(row).map((input) => table.serialOf(input));
      reporter.added(call, { call: table.serialOf(row), needs });
    }
  }

  /** Runs the graph below a call. Rejects with a `CallFailedError`, or with the signal's reason. */
  async run(target: Call): Promise<unknown> {
    const { signal, reporter } = this.#parts;
    const onAbort = (): void => this.#end({ is: 'cancelled', reason: signal?.reason });
    reporter?.begin();
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
    if (this.#isPumping || this.#isOver || this.#isYielding || this.#target === none) return;
    this.#isPumping = true;
    try {
      const untilMs = this.#parts.clock.nowMs() + turnMs;
      for (let started = 1; !this.#isStopped && !this.#isOver; started++) {
        const row =
          this.#scheduler.takeHost() ?? this.#takeStep() ?? this.#takeLookup() ?? this.#takeForExecutor();
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

  /** Takes a plain function that a user gave to a combinator, if not too many of them wait for something. */
  #takeStep(): number | undefined {
    return this.#waitingSteps < mostWaitingSteps ? this.#scheduler.takeStep() : undefined;
  }

  /** Takes a call to be looked up, if not too many were looked for in vain: they hold their arguments. */
  #takeLookup(): number | undefined {
    const { memory, executor } = this.#parts;
    if (memory === undefined || memory.waiting > mostLookedAhead + executor.slots) return undefined;
    return this.#scheduler.takeLookup();
  }

  #takeForExecutor(): number | undefined {
    const room = this.#session.room(this.#threads);
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
    if (this.#tooLarge.has(call)) this.#failTooLarge(row, call);
    else if (isOfHost(call, this.#parts.executor)) this.#startHost(row, call);
    else if (this.#parts.memory?.isToLookUp(row, call) === true) this.#lookUp(row, call, this.#parts.memory);
    else if (!this.#isFound(row)) this.#startOnExecutor(row, call);
  }

  /** Looks for a call among what is remembered. */
  #lookUp(row: number, call: Call, memory: RunMemory): void {
    let args: readonly unknown[];
    try {
      args = this.#table.takeArguments(row);
    } catch (error) {
      this.#failOrRetry(row, failure('not-cloneable', error));
      return;
    }
    this.#table.setGiven(row, args);
    const found = memory.lookUp(row, call, args, this.#parts.artifacts?.noteOf(this.#table.resolvedAt(row)));
    if (isPromiseLike(found)) this.#awaitFound(row, found);
    else this.#takeFound(row, found);
  }

  /** Looks once more before a call is run, now that there is room: an equal one may be in flight, here or elsewhere. */
  #isFound(row: number): boolean {
    const entered = this.#parts.memory?.enter(row, () => this.#pump());
    if (entered === undefined) return false;
    if (isPromiseLike(entered)) this.#awaitFound(row, entered);
    else if (entered.is !== 'success' && entered.is !== 'failure') {
      this.#parts.memory?.accept(row, entered);
      return false;
    } else this.#takeFound(row, entered);
    return true;
  }

  /** Waits for what is remembered. Meanwhile the call holds nothing that others need. */
  #awaitFound(row: number, found: PromiseLike<Entered | undefined>): void {
    this.#scheduler.pause(row);
    this.#inFlight.add(row);
    const take = (entered: Entered | undefined): void => {
      if (this.#isOver || !this.#inFlight.delete(row)) {
        this.#parts.memory?.refuse(entered);
        return;
      }
      this.#takeFound(row, entered);
      this.#pump();
    };
    Promise.resolve(found)
      .then(take)
      .catch((error: unknown) => this.#end({ is: 'refused', error }));
  }

  /** A call was looked up, or entered. */
  #takeFound(row: number, entered: Entered | undefined): void {
    const call = this.#table.callAt(row);
    const { memory, reporter } = this.#parts;
    if (entered?.is !== 'success' && entered?.is !== 'failure') {
      memory?.accept(row, entered);
      this.#scheduler.move(row, rowOptionsOf(call, this.#parts));
      return;
    }
    memory?.found(row, entered, call);
    reporter?.found(this.#table.serialOf(row), call, this.#table.givenTo(row) ?? [], entered.how);
    if (entered.is === 'success') this.#settle(row, entered.value);
    else this.#failOrRetry(row, { is: 'failure', ...entered.failure });
  }

  /** Fails a call that needs more than there is, when its turn has come. */
  #failTooLarge(row: number, call: Call): void {
    this.#parts.reporter?.started(this.#table.serialOf(row), call, [], 1);
    this.#failOrRetry(row, failure('too-large', this.#tooLarge.get(call)));
  }

  /** Runs one of heddle's own tasks, or a plain function given to a combinator. */
  #startHost(row: number, call: Call): void {
    const { builtin, fn } = call.task;
    // A task that only reads gets the value itself, and what it gives of it is copied instead.
    const reads = builtin?.reads === true;
    const isShared = reads && this.#table.inputsOf(row).some((input) => this.#table.isShared(input));
    let args: unknown[];
    try {
      args = this.#table.takeArguments(row);
    } catch (error) {
      this.#failOrRetry(row, failure('not-cloneable', error));
      return;
    }
    this.#table.setGiven(row, args);
    this.#parts.reporter?.started(this.#table.serialOf(row), call, args, 1);
    if (this.#isOver) return;
    try {
      const { artifacts } = this.#parts;
      const result =
        artifacts?.loads(call) === true
          ? artifacts.load(call)
          : builtin?.takesList === true
            ? fn(args as never)
            : fn(...(args as never[]));
      if (isPromiseLike(result)) this.#await(row, result, call);
      else this.#conclude(row, success(isShared ? copyValue(result) : result));
    } catch (error) {
      this.#conclude(row, failure('threw', error));
    }
  }

  #await(row: number, result: PromiseLike<unknown>, { task }: Call): void {
    const isStep = task.builtin?.isStep === true;
    const conclude = (outcome: Outcome): void => {
      if (isStep) this.#waitingSteps--;
      this.#concludeInFlight(row, outcome);
    };
    if (isStep) this.#waitingSteps++;
    this.#inFlight.add(row);
    Promise.resolve(result).then(
      (value) => conclude(success(value)),
      (error: unknown) => conclude(failure('threw', error)),
    );
  }

  #startOnExecutor(row: number, call: Call): void {
    const retry = this.#retries.get(row);
    let given: readonly unknown[];
    let holdsSealed = this.#sealed.has(row);
    try {
      const args =
        retry?.args ?? this.#parts.memory?.takeArguments(row) ?? this.#takeArgumentsForExecutor(row);
      holdsSealed ||= this.#sealed.has(row);
      if (retry !== undefined) retry.attempts++;
      else if (call.hints.retries !== undefined) this.#retries.set(row, { attempts: 1, args });
      // Kept arguments must not be changed by the attempt that gets them.
      given = this.#retries.has(row)
        ? args.map((arg, i) => (isByReference(call.task, i) ? arg : copyValue(arg)))
        : args;
    } catch (error) {
      this.#failOrRetry(row, failure('not-cloneable', error));
      return;
    }
    this.#table.setGiven(row, given);
    const { reporter } = this.#parts;
    const isShown = holdsSealed && reporter !== undefined && typeof call.hints.display === 'function';
    const shown = isShown ? readForShow(given) : given;
    reporter?.started(this.#table.serialOf(row), call, shown, retry?.attempts ?? 1);
    // A sink may have ended the run, by its signal.
    if (this.#isOver) return;
    this.#starting = row;
    const slots = call.hints.resources?.threads ?? 1;
    const { task: core, hints } = call;
    const threads = this.#threads;
    const attempt: Attempt =
      threads === undefined
        ? { core, args: given, hints, slots }
        : { core, args: given, hints, slots, threads };
    const start = (): Outcome | undefined =>
      this.#session.start(row, holdsSealed ? { ...attempt, holdsSealed } : attempt);
    const outcome = this.#parts.memory === undefined ? start() : this.#parts.memory.around(start);
    this.#starting = none;
    // The task may have ended the run, by its signal.
    if (this.#isOver) return;
    if (outcome === undefined) this.#inFlight.add(row);
    else this.#conclude(row, outcome);
  }

  /** What was not read stays so: where the call runs it will be. */
  #takeArgumentsForExecutor(row: number): readonly unknown[] {
    if (!this.#table.needsSealed(row)) return this.#table.takeArguments(row);
    const sealed: Sealed[] = [];
    this.#sealed.set(row, sealed);
    const args = this.#table.takeArguments(row, sealed);
    return this.#session.takesSealed === true ? args : openedArguments(args);
  }

  /** A call will not be given again what nobody here has read. */
  #letGo(row: number): void {
    const sealed = this.#sealed.get(row);
    if (sealed === undefined) return;
    this.#sealed.delete(row);
    for (const value of sealed) value.release();
  }

  #onTold(row: number, event: CallEvent): void {
    if (this.#isOver || (row !== this.#starting && !this.#inFlight.has(row))) return;
    const call = this.#table.callAt(row);
    const serial = this.#table.serialOf(row);
    if (event.kind === 'progress') this.#parts.reporter?.progressed(serial, call, event);
    const { onEvent } = this.#parts;
    if (onEvent !== undefined) tellListener(() => onEvent(event, { task: call.task.name, call: serial }));
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
    if (this.#isRetriedFailure(row, value)) return;
    let next: Call | undefined;
    try {
      next = graphIn(value);
    } catch (error) {
      // A value may be made to throw when it is looked at; a delayed one may be hidden in an instance of a class.
      this.#failOrRetry(row, failure('threw', error));
      return;
    }
    if (next === undefined) this.#settle(row, value);
    else this.#goOnInto(row, next);
  }

  /** A task made with `maybe` gives what it threw as a value; it is tried again all the same. */
  #isRetriedFailure(row: number, value: unknown): boolean {
    const call = this.#table.callAt(row);
    if (!call.task.givesFailures || !failed(value) || value.reason !== 'threw') return false;
    const attempts = this.#retries.get(row)?.attempts ?? 1;
    return this.#retryLater(row, call, attempts, { reason: value.reason, error: value.error });
  }

  #settle(row: number, given: unknown): void {
    let value = given;
    let read = given;
    if (given instanceof Sealed) {
      try {
        // Whoever needs it later reads it then.
        if (row === this.#target) value = read = given.take();
        else if (this.#parts.memory?.keepsValueOf(row) === true) read = given.open();
      } catch (error) {
        given.release();
        this.#failOrRetry(row, failure('not-cloneable', error));
        return;
      }
    }
    const call = this.#table.callAt(row);
    this.#parts.memory?.settled(row, read);
    this.#table.setValue(row, value);
    this.#retries.delete(row);
    this.#letGo(row);
    this.#scheduler.settle(row);
    this.#table.releaseQuotes(row);
    this.#parts.reporter?.settled(this.#table.serialOf(row), call, value);
    if (row === this.#target) this.#end({ is: 'success' });
  }

  /** A call returned a graph: its value will be that of the graph. */
  #goOnInto(row: number, next: Call): void {
    const entered = this.#enterReturned(row, next);
    if (entered === undefined) return;
    const isSettled = this.#scheduler.isSettled(entered);
    this.#parts.memory?.forwarded(row);
    this.#table.addUse(entered);
    this.#letGo(row);
    // What it returned has its values by now; what it did not is not needed on its account.
    this.#table.releaseQuotes(row);
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
    this.#parts.reporter?.settled(this.#table.serialOf(row), this.#table.callAt(row), undefined);
    this.#retries.delete(row);
    this.#parts.memory?.replace(row, waiting);
    this.#table.forget(row);
  }

  #enterReturned(row: number, next: Call): number | undefined {
    const entered = this.#table.enter(next);
    this.#parts.reporter?.flushAdded();
    // A sink may have ended the run, by its signal.
    if (this.#isOver) return undefined;
    if (entered !== row) return entered;
    const error = new TypeError(`Cannot run ${callText(next)} as it returns itself`);
    this.#failOrRetry(row, failure('cyclic', error));
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
    this.#letGo(row);
    this.#failures.push({ reason, error, attempts, chain });
    this.#parts.memory?.failed(row, { reason, error });
    if (call.task.builtin === undefined) this.#failedTasks++;
    this.#parts.reporter?.failed(this.#table.serialOf(row), call, { reason, error });
    this.#table.setGiven(row, undefined);
    this.#scheduler.fail(row);
    this.#table.releaseQuotes(row);
    const { failureMode } = this.#parts;
    if (failureMode !== 'carry-on') this.#stop();
    if (failureMode === 'cancel-rest') this.#cancelInFlight();
  }

  /** @returns whether there will be another attempt */
  #retryLater(row: number, call: Call, attempts: number, why: Omit<AttemptFailure, 'is'>): boolean {
    const policy = retryPolicyOf(call.hints);
    if (attempts > policy.retries || !this.#retries.has(row) || this.#isStopped) return false;
    const { clock, chance, reporter } = this.#parts;
    const delayMs = retryDelayMs(policy, attempts, chance.next());
    reporter?.retrying(this.#table.serialOf(row), call, attempts, delayMs, why);
    // A sink may have ended the run, by its signal.
    if (this.#isOver) return true;
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
    const rows = [...this.#inFlight];
    this.#inFlight.clear();
    for (const row of rows) {
      this.#session.cancel(row);
      this.#parts.reporter?.skipped(this.#table.serialOf(row), this.#table.callAt(row));
    }
  }

  #end(end: End): void {
    if (this.#isOver) return;
    // First of all: what is told below may come back here, by a sink that aborts the run's signal.
    this.#isOver = true;
    this.#stop();
    if (end.is !== 'success') this.#cancelInFlight();
    this.#parts.memory?.close();
    this.#session[Symbol.dispose]();
    try {
      this.#settleRun(end);
    } catch (error) {
      this.#ends.reject(error);
    }
  }

  #settleRun(end: End): void {
    const { reporter } = this.#parts;
    if (end.is === 'success') {
      const value = this.#table.take(this.#target, true);
      reporter?.ended('success', undefined, 0);
      this.#ends.resolve(value);
      return;
    }
    const error =
      end.is === 'failure' ? this.#failedError() : end.is === 'cancelled' ? end.reason : end.error;
    const skipped = reporter === undefined ? 0 : this.#countSkipped();
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

  /** The calls that have no outcome, heddle's own left out. */
  #countSkipped(): number {
    let count = 0;
    for (const [call, row] of this.#table.entries()) {
      if (call.task.builtin === undefined && this.#scheduler.isUnsettled(row)) count++;
    }
    return count - this.#failedTasks;
  }
}

/** The graph that a task returned: a delayed value, or data in which parts are; `undefined` for plain values. */
function graphIn(value: unknown): Call | undefined {
  // What holds a graph is not sealed.
  if (value instanceof Sealed) return undefined;
  if (isDelayed(value)) return callOf(value);
  if (!holdsFunction(value) || findInside(value, isDelayed) === undefined) return undefined;
  return callOf(lift(value) as object);
}
