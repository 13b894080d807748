/**
 * One call of a cadet: from its arguments to its result.
 *
 * - **Starting** waits for nothing. From then on it stands in line for its threads, loads the artifacts that its arguments
 *   name, and runs when it has both.
 * - **Order:** cadets get their threads in the order in which they were started, whatever they take.
 * - **Threads** are given back however it ends: with what it gives, throws, or when it is given up on, also where a function
 *   in this process goes on regardless.
 */

import { refuseTooMany, runHolding, shareOf } from '../../allocation/hold-threads.ts';
import { currentScope, processThreads, type Scope } from '../../allocation/scopes.ts';
import type { Place, Semaphore } from '../../allocation/semaphore.ts';
import { systemClock } from '../../base/clock.ts';
import { TimedOutError } from '../../base/errors.ts';
import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import { isPromiseLike } from '../../base/promise-like.ts';
import type { Outcome } from '../../task/outcome.ts';
import type { TaskCore } from '../../task/task-core.ts';
import { refuseWhileImporting } from '../../worker/importing.ts';
import { sourceOf } from '../source.ts';
import { substituted } from '../substitute.ts';
import { CadetLogError, CadetStateError } from './cadet-error.ts';
import { type CadetLogOptions, type CadetThreadOptions, checkThreadOptions } from './cadet-options.ts';
import { type StartedCall, startHere, startInWorker } from './cadet-place.ts';
import { copiedArguments } from './copied-arguments.ts';

/** How far a cadet has come. */
export type CadetState = 'unstarted' | 'waiting' | 'running' | 'succeeded' | 'failed';

/** Options of `join`. */
export interface JoinOptions {
  /** How long to wait at most, in milliseconds. The cadet goes on. @defaultValue as long as it takes */
  readonly timeoutMs?: number | undefined;
}

/**
 * A call of a cadet that has not started, or has. Made by calling a cadet.
 *
 * It can be awaited: that starts it, if it has not, and gives its result.
 */
export class CadetThread<Result> implements PromiseLike<Result> {
  readonly #core: TaskCore;
  readonly #args: readonly unknown[];
  #options: CadetThreadOptions;
  #state: CadetState = 'unstarted';
  #result: Result | undefined;
  #error: unknown;
  /** Of a `Result`; so that a cadet of a narrow result is one of a wide one. */
  readonly #settled: PromiseWithResolvers<unknown> = Promise.withResolvers();
  /** The threads that it waits for, or has. */
  #from: Semaphore | undefined;
  #place: Place | undefined;
  #taken = 0;
  #scope: Scope | undefined;
  #ready: readonly unknown[] | undefined;
  #call: StartedCall | undefined;
  #stopListening: () => void = () => undefined;

  /** @internal */
  constructor(core: TaskCore, args: readonly unknown[], options: CadetThreadOptions) {
    this.#core = core;
    this.#args = copiedArguments(args, core.name);
    this.#options = options;
    // Who does not wait finds it in `error`.
    this.#settled.promise.catch(() => undefined);
  }

  /** The name of the cadet. */
  get name(): string {
    return this.#core.name;
  }

  /** How far it is: waiting means for its threads or its artifacts. */
  get state(): CadetState {
    return this.#state;
  }

  /** How many threads it takes. */
  get threads(): number {
    return this.#options.threads ?? this.#core.hints.resources?.threads ?? 1;
  }

  /**
   * Sets options, over those that it has.
   *
   * @returns this
   * @throws {CadetStateError} If it has started.
   * @throws {TypeError | RangeError} If an option makes no sense, or there is none of that name.
   */
  options(options: CadetThreadOptions): this {
    if (this.#state !== 'unstarted')
      throw new CadetStateError(`Cannot set options of cadet '${this.name}' as it has started`);
    checkThreadOptions(options, this.name);
    this.#options = { ...this.#options, ...options };
    return this;
  }

  /**
   * Starts it: it runs as soon as there are threads and artifacts for it. Waits for nothing.
   *
   * @returns this
   * @throws {CadetStateError} If it has started.
   * @throws {RangeError} If it takes more threads than there are.
   * @throws {ProgramInWorkerError} In a worker that is importing the module of a task.
   * @throws what `logTo` refuses whatever the result is: an artifact of a name that there is, a handler that there is not
   */
  start(): this {
    if (this.#state !== 'unstarted')
      throw new CadetStateError(`Cannot start cadet '${this.name}' as it has started already`);
    refuseWhileImporting(`start cadet '${this.name}'`);
    const { threads } = this;
    refuseTooMany(threads, `start cadet '${this.name}'`);
    const logged = this.#logged();
    this.#options.logTo?.checkArtifact?.(logged.name, logged.options);
    this.#state = 'waiting';
    const { signal } = this.#options;
    if (signal?.aborted === true) {
      this.#fail(signal.reason);
      return this;
    }
    if (signal !== undefined) {
      const onAbort = (): void => this.#fail(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#stopListening = () => signal.removeEventListener('abort', onAbort);
    }
    this.#standInLine(threads);
    this.#load();
    return this;
  }

  /**
   * Waits until it has ended.
   *
   * @throws what it fails with; `TimedOutError` if it has not ended in time; `CadetStateError` if it was not started
   */
  async join(options: JoinOptions = {}): Promise<Result> {
    refuseUnknownOptions(options, ['timeoutMs'], `join cadet '${this.name}'`);
    const { timeoutMs } = options;
    if (timeoutMs !== undefined && !(timeoutMs >= 0)) {
      throw new RangeError(
        `Cannot join cadet '${this.name}' as 'timeoutMs' must be a number of milliseconds: received ${String(timeoutMs)}`,
      );
    }
    if (this.#state === 'unstarted')
      throw new CadetStateError(
        `Cannot join cadet '${this.name}' as it was not started\n  start() starts it`,
      );
    const promise = this.#settled.promise as Promise<Result>;
    if (timeoutMs === undefined) return await promise;
    const late = Promise.withResolvers<never>();
    using _timer = systemClock.after(timeoutMs, () => {
      const text = `Cannot wait for cadet '${this.name}' any longer as it took more than ${timeoutMs} ms`;
      late.reject(new TimedOutError(text));
    });
    return await Promise.race([promise, late.promise]);
  }

  /**
   * What it has given.
   *
   * @throws {CadetStateError} If it has not ended.
   * @throws what it failed with
   */
  get result(): Result {
    if (this.#state === 'succeeded') return this.#result as Result;
    if (this.#state === 'failed') throw this.#error;
    throw new CadetStateError(
      `Cannot give the result of cadet '${this.name}' as it has not ended: it is ${this.#state}\n  await join() waits for it`,
    );
  }

  /** What it has failed with; `undefined` if it has not. */
  get error(): unknown {
    return this.#error;
  }

  /** Starts it if it has not started, and waits until it has ended. */
  // oxlint-disable-next-line unicorn/no-thenable -- it is one: that is its purpose.
  then<Fulfilled = Result, Rejected = never>(
    onFulfilled?: ((value: Result) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    try {
      if (this.#state === 'unstarted') this.start();
    } catch (error) {
      return Promise.reject(error).then(onFulfilled, onRejected);
    }
    return (this.#settled.promise as Promise<Result>).then(onFulfilled, onRejected);
  }

  #standInLine(threads: number): void {
    this.#scope = currentScope();
    const from = this.#scope?.threads ?? processThreads();
    this.#from = from;
    if (from.tryTake(threads)) {
      this.#taken = threads;
      return;
    }
    this.#place = {
      amount: threads,
      granted: () => {
        this.#place = undefined;
        this.#taken = threads;
        this.#runIfReady();
      },
      refused: (total) => {
        this.#place = undefined;
        const text = `Cannot start cadet '${this.name}' as it needs ${threads} threads, which is more than there are now: received ${total}`;
        this.#fail(new RangeError(text));
      },
    };
    from.join(this.#place);
  }

  #load(): void {
    const { source } = this.#options;
    let args: readonly unknown[] | Promise<readonly unknown[]>;
    try {
      args = substituted(this.#args, {
        source: source === undefined ? undefined : sourceOf(source, `start cadet '${this.name}'`),
        of: `cadet '${this.name}'`,
        params: this.#core.params,
      });
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (!isPromiseLike(args)) {
      this.#ready = args;
      this.#runIfReady();
      return;
    }
    args.then(
      (loaded) => {
        this.#ready = loaded;
        this.#runIfReady();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #runIfReady(): void {
    const args = this.#ready;
    if (this.#state !== 'waiting' || args === undefined || this.#taken === 0) return;
    this.#state = 'running';
    this.#ready = undefined;
    const settled = (outcome: Outcome): void => this.#conclude(outcome);
    try {
      if (this.#core.module === undefined) this.#runHere(args, settled);
      else this.#call = startInWorker(this.#core, args, this.#taken, settled);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The threads are given back when the function has settled, and all that it has started; or when it is given up on. */
  #runHere(args: readonly unknown[], settled: (outcome: Outcome) => void): void {
    const share = shareOf(this.#from as Semaphore, this.#taken);
    this.#taken = 0;
    this.#call = startHere(this.#core, args, settled, {
      inside: (act) => runHolding(share, act),
      giveUp: () => share[Symbol.dispose](),
    });
  }

  #conclude(outcome: Outcome): void {
    this.#giveBack();
    if (outcome.is === 'failure') {
      this.#fail(outcome.error);
      return;
    }
    const { logTo } = this.#options;
    if (logTo === undefined) this.#succeed(outcome.value);
    else void this.#log(logTo, outcome.value);
  }

  async #log(logTo: NonNullable<CadetThreadOptions['logTo']>, value: unknown): Promise<void> {
    const { name, options } = this.#logged();
    try {
      await logTo.logArtifact(name, value, options);
    } catch (cause) {
      const text =
        `Cannot log the result of cadet '${this.name}' as artifact '${name}' as logging it failed: received ${inspectShort(cause)}\n` +
        "  it is not lost: 'value' of this error is the result";
      this.#fail(new CadetLogError(text, value, { cause }));
      return;
    }
    this.#succeed(value);
  }

  #logged(): { readonly name: string; readonly options: CadetLogOptions } {
    const { logAs = this.name, logHandler = 'json', logOverwrite = false } = this.#options;
    return { name: logAs, options: { handler: logHandler, ...(logOverwrite ? { overwrite: true } : {}) } };
  }

  #succeed(value: unknown): void {
    if (this.#state !== 'running') return;
    this.#stopListening();
    this.#state = 'succeeded';
    this.#result = value as Result;
    this.#settled.resolve(value);
  }

  #fail(error: unknown): void {
    if (this.#state === 'succeeded' || this.#state === 'failed') return;
    this.#stopListening();
    this.#state = 'failed';
    this.#error = error;
    this.#ready = undefined;
    this.#call?.cancel(error);
    if (this.#place !== undefined) this.#from?.leave(this.#place);
    this.#place = undefined;
    this.#giveBack();
    this.#settled.reject(error);
  }

  #giveBack(): void {
    const threads = this.#taken;
    this.#taken = 0;
    if (threads > 0) this.#from?.giveBack(threads);
  }
}
