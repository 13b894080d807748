/**
 * Pools for users: one task, or workers with a state of their own, applied to as many inputs as there are.
 */

import { type Clock, systemClock } from '../base/clock.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { randomSerial, systemChance } from '../base/random.ts';
import { copyValue } from '../codec/copy.ts';
import type { WorkerStateSpec } from '../pool/crew.ts';
import { type Acquired, InlinePool, type InlinePoolParts } from '../pool/inline-pool.ts';
import { checkMapOptions, type MapOptions, mapOptionNames } from '../pool/map-options.ts';
import { type MapParts, type MapResults, MapRun } from '../pool/map-results.ts';
import { Pool, type PoolParts, type PoolStatistics } from '../pool/pool.ts';
import { RetryingPool } from '../pool/retrying-pool.ts';
import type { WorkPool } from '../pool/work-pool.ts';
import { openProgress } from '../progress/open-bar.ts';
import type { ProgressOptions } from '../progress/options.ts';
import { isStatefulWorker, type StatefulWorker } from '../task/delayed-init.ts';
import { retryPolicyOf } from '../task/hints.ts';
import type { Task } from '../task/task.ts';
import { coreOf } from '../task/task-brand.ts';
import type { TaskCore, TaskModule } from '../task/task-core.ts';
import { Border } from '../worker/border.ts';
import { EntryModule } from '../worker/entry-module.ts';
import { refuseWhileImporting } from '../worker/importing.ts';
import { type ThreadOptions, threadTransports } from '../worker/thread-transport.ts';

/** Options of `openPool`. */
export interface PoolOptions extends ThreadOptions {
  /**
   * The most workers at once; an integer, at least 1. They are started as they are needed.
   *
   * @defaultValue as many as this process may use cores
   */
  readonly workers?: number;
  /**
   * Where calls run: in worker threads, or in this thread.
   *
   * @defaultValue `'threads'`
   */
  readonly kind?: 'threads' | 'inline';
  /** @defaultValue the clock of this machine */
  readonly clock?: Clock;
}

/** Options of a pool's `map`. */
export interface PoolMapOptions extends MapOptions {
  /**
   * Shows a bar for the results that were given out: with its defaults, or with options.
   *
   * @defaultValue no bar
   */
  readonly progress?: boolean | ProgressOptions;
}

/** A set of workers for one task. */
export interface WorkerPool<Args extends readonly unknown[], Result> extends AsyncDisposable {
  /**
   * Runs one call.
   *
   * @throws what the task throws; `WorkerLostError` if its worker was lost, `NotCloneableError`,
   *   `ClosedError`
   */
  submit(...args: Args): Promise<Result>;
  /**
   * Applies the task to each input, as results are asked for. Several maps may go on at once.
   *
   * @param inputs - anything that can be iterated, also asynchronously, also without an end
   */
  map(
    inputs: Iterable<Args[0]> | AsyncIterable<Args[0]>,
    options?: PoolMapOptions & { readonly spread?: false },
  ): MapResults<Result>;
  map(
    inputs: Iterable<Args> | AsyncIterable<Args>,
    options: PoolMapOptions & { readonly spread: true },
  ): MapResults<Result>;
  /** What the pool has done so far. */
  stats(): PoolStatistics;
  /**
   * Changes how many workers there may be. Workers beyond it end when they have nothing to do.
   *
   * @throws {RangeError} If it is not a positive integer.
   */
  resize(workers: number): void;
  /** Settles when all calls that were handed over have ended. */
  drain(): Promise<void>;
  /** Waits for all calls that were handed over, then ends the workers. */
  stop(): Promise<void>;
  /** Ends the workers at once. Calls that have no outcome reject with a `ClosedError`. */
  terminate(): Promise<void>;
  /** Ends the workers at once, as `terminate` and `Symbol.asyncDispose` do. */
  dispose(): Promise<void>;
}

const optionNames = ['workers', 'kind', 'clock', 'resourceLimits', 'env', 'execArgv'];

/**
 * Opens a pool of workers for one task, which is defined in a module with `tasks(import.meta, { … })`.
 *
 * - **Order, bound, laziness:** see `map`.
 * - **Blame:** a worker that dies fails the call that it ran, and is replaced; other calls lose nothing. A
 *   call whose outcome was lost on the way is run again.
 * - **At rest:** an idle pool does not keep the process alive.
 *
 * @throws {RangeError} If an option makes no sense, naming it.
 * @throws {TypeError} If the task stays in its process, or there is no such option.
 *
 * @example
 * ```ts
 * import { openPool, tasks } from 'heddle';
 * const { square } = tasks(import.meta, { square: (x: number) => x * x });
 * if (import.meta.main) {
 *   const pool = openPool(square, { workers: 2 });
 *   assert.deepEqual(await pool.map([1, 2, 3]).toArray(), [1, 4, 9]);
 *   await pool.dispose();
 * }
 * ```
 */
export function openPool<Args extends readonly unknown[], Result>(
  task: Task<Args, Result> | StatefulWorker<Args, Result> | readonly StatefulWorker<Args, Result>[],
  options: PoolOptions = {},
): WorkerPool<Args, Result> {
  refuseWhileImporting('open a pool');
  refuseUnknownOptions(options, optionNames, 'open a pool');
  const pool =
    isStatefulWorker(task) || Array.isArray(task) ? ofStates([task].flat(), options) : ofTask(task, options);
  return pool as unknown as WorkerPool<Args, Result>; // It takes and gives what the task does, which it knows only at run time.
}

function ofTask(
  task: unknown,
  {
    workers = process.getBuiltinModule('node:os').availableParallelism(),
    kind,
    clock = systemClock,
    ...threads
  }: PoolOptions,
): TaskPool {
  const core = coreOf(task);
  if (core === undefined || core.stateful !== undefined) {
    throw new TypeError(
      `Cannot open a pool as it must be for a task or for workers: received ${inspectShort(task)}\n` +
        '  make it a task with tasks(import.meta, { … }); call a class made with delayedInit to get a worker',
    );
  }
  checkWorkers(workers);
  if (isInline(kind)) {
    const acquire = (): Acquired => ({ fn: core.fn, release: () => undefined });
    return new TaskPool(
      core,
      core.module ?? { url: '', name: core.name },
      new InlinePool({ workers, clock, acquire }),
      clock,
    );
  }
  return new TaskPool(core, travelling(core), threadPool({ workers, clock }, threads), clock);
}

function ofStates(
  states: readonly unknown[],
  { workers, kind, clock = systemClock, ...threads }: PoolOptions,
): TaskPool {
  const [first] = states;
  if (!states.every(isStatefulWorker) || !isStatefulWorker(first)) {
    throw new TypeError(
      `Cannot open a pool as its workers must be made with delayedInit: received ${inspectShort(states)}`,
    );
  }
  const { core } = first;
  if (states.some((state) => state.core.module !== core.module)) {
    throw new TypeError('Cannot open a pool as its workers must be of one class: received several');
  }
  if (workers !== undefined && states.length > 1 && workers !== states.length) {
    throw new RangeError(
      `Cannot open a pool as 'workers' must be as many as are listed, ${states.length}: received ${workers}`,
    );
  }
  const count = workers ?? states.length;
  checkWorkers(count);
  const module = travelling(core);
  const specs = Array.from({ length: count }, (_, index) => ({
    module,
    args: (states[index] ?? first).args,
  }));
  if (isInline(kind))
    return new TaskPool(
      core,
      module,
      new InlinePool({ workers: count, clock, ...statesHere(core, specs) }),
      clock,
    );
  return new TaskPool(core, module, threadPool({ workers: count, clock, states: specs }, threads), clock);
}

/** Builds states in this thread, when they are used for the first time, and lends each to one call at a time. */
function statesHere(
  core: TaskCore,
  specs: readonly WorkerStateSpec[],
): Pick<InlinePoolParts, 'acquire' | 'release'> {
  const Class = core.stateful as new (...args: never[]) => DisposableState;
  const fresh = [...specs];
  const built: DisposableState[] = [];
  const idle: DisposableState[] = [];
  return {
    acquire: () => {
      let state = idle.pop();
      if (state === undefined) {
        state = new Class(...((fresh.shift() as WorkerStateSpec).args as never[]));
        built.push(state);
      }
      const lent = state;
      return { fn: (...args) => lent.call(...args), release: () => idle.push(lent) };
    },
    release: async () => {
      for (const state of built.splice(0)) await disposeOf(state);
    },
  };
}

interface DisposableState {
  call(...args: never[]): unknown;
  [Symbol.dispose]?(): void;
  [Symbol.asyncDispose]?(): PromiseLike<void>;
}

async function disposeOf(state: DisposableState): Promise<void> {
  if (state[Symbol.asyncDispose] === undefined) state[Symbol.dispose]?.();
  else await state[Symbol.asyncDispose]?.();
}

function isInline(kind: PoolOptions['kind']): boolean {
  if (kind === undefined || kind === 'threads') return false;
  if (kind === 'inline') return true;
  throw new RangeError(
    `Cannot open a pool as 'kind' must be 'threads' or 'inline': received '${String(kind)}'`,
  );
}

function checkWorkers(workers: number): void {
  if (!Number.isInteger(workers) || workers < 1) {
    throw new RangeError(
      `Cannot open a pool as 'workers' must be a positive integer: received ${String(workers)}`,
    );
  }
}

/** The module of a task that can be sent. */
function travelling({ name, module }: TaskCore): TaskModule {
  if (module === undefined) {
    throw new TypeError(
      `Cannot open a pool for task '${name}' as it stays in its process: it was made with task(fn) alone\n` +
        '  define it in a module, with export const { … } = tasks(import.meta, { … })',
    );
  }
  const refusal = new EntryModule('threads').refusal(module.url, name);
  if (refusal !== undefined) throw new TypeError(refusal);
  return module;
}

function threadPool(
  parts: Pick<PoolParts, 'workers' | 'clock' | 'states'>,
  threads: ThreadOptions,
): WorkPool {
  const { packer } = new Border(`p${randomSerial().toString(36)}.`);
  return new Pool({ ...parts, transports: threadTransports(threads), packer, roomMade: () => undefined });
}

class TaskPool implements WorkerPool<readonly unknown[], unknown> {
  readonly #core: TaskCore;
  readonly #module: TaskModule;
  readonly #pool: WorkPool;

  constructor(core: TaskCore, module: TaskModule, pool: WorkPool, clock: Clock) {
    this.#core = core;
    this.#module = module;
    const policy = retryPolicyOf(core.hints);
    this.#pool =
      policy.retries === 0 ? pool : new RetryingPool({ pool, policy, clock, chance: systemChance });
  }

  submit(...args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#pool.add({
        task: this.#module,
        // It leaves at the end of this turn: what the caller changes until then, the call does not see.
        inputs: [copyValue(args)],
        isSingle: false,
        slots: 1,
        timeoutMs: this.#core.hints.timeoutMs,
        owner: { succeeded: (_, value) => resolve(value), failed: (_, { error }) => reject(error) },
      });
    });
  }

  map(inputs: Iterable<unknown> | AsyncIterable<unknown>, options: PoolMapOptions = {}): MapResults<unknown> {
    refuseUnknownOptions(options, [...mapOptionNames, 'progress'], 'map');
    checkMapOptions(options);
    const iterable = inputs as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined;
    if (
      typeof iterable?.[Symbol.iterator] !== 'function' &&
      typeof iterable?.[Symbol.asyncIterator] !== 'function'
    ) {
      throw new TypeError(`Cannot map as the inputs must be iterable: received ${inspectShort(inputs)}`);
    }
    const { timeoutMs = this.#core.hints.timeoutMs } = options;
    const timed = timeoutMs === undefined ? options : { ...options, timeoutMs };
    return new MapRun({
      pool: this.#pool,
      core: this.#core,
      module: this.#module,
      inputs,
      options: timed,
      openMeter: meterOf(options.progress),
    });
  }

  stats(): PoolStatistics {
    return this.#pool.statistics();
  }

  resize(workers: number): void {
    checkWorkers(workers);
    this.#pool.resize(workers);
  }

  drain(): Promise<void> {
    return this.#pool.whenIdle();
  }

  async stop(): Promise<void> {
    await this.drain();
    await this.dispose();
  }

  terminate(): Promise<void> {
    return this.dispose();
  }

  dispose(): Promise<void> {
    return this.#pool.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** Opens a bar when the first result is asked for, if one is wanted. */
function meterOf(wanted: boolean | ProgressOptions | undefined): MapParts['openMeter'] {
  if (wanted === undefined || wanted === false) return undefined;
  const options = wanted === true ? {} : wanted;
  return (total) => {
    const bar = openProgress({ total, ...options });
    return { add: () => bar.add(1), end: () => bar[Symbol.dispose]() };
  };
}
