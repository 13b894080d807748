/**
 * Pools for users: one task, or workers with a state of their own, applied to as many inputs as there are.
 */

import { availableParallelism } from 'node:os';
import { type Clock, systemClock } from '../base/clock.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { randomSerial } from '../base/random.ts';
import type { Task } from '../task/task.ts';
import { coreOf } from '../task/task-brand.ts';
import type { TaskCore, TaskModule } from '../task/task-core.ts';
import { Border } from '../worker/border.ts';
import { EntryModule } from '../worker/entry-module.ts';
import { refuseWhileImporting } from '../worker/importing.ts';
import { type ThreadOptions, threadTransports } from '../worker/thread-transport.ts';
import { InlinePool } from './inline-pool.ts';
import { checkMapOptions, type MapOptions, mapOptionNames } from './map-options.ts';
import { type MapResults, MapRun } from './map-results.ts';
import { Pool, type PoolStatistics } from './pool.ts';
import type { WorkPool } from './work-pool.ts';

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
    options?: MapOptions & { readonly spread?: false },
  ): MapResults<Result>;
  map(
    inputs: Iterable<Args> | AsyncIterable<Args>,
    options: MapOptions & { readonly spread: true },
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
  task: Task<Args, Result>,
  options: PoolOptions = {},
): WorkerPool<Args, Result> {
  refuseWhileImporting('open a pool');
  refuseUnknownOptions(options, optionNames, 'open a pool');
  const { workers = availableParallelism(), kind = 'threads', clock = systemClock, ...threads } = options;
  checkWorkers(workers);
  const core = coreOf(task);
  if (core === undefined) {
    throw new TypeError(
      `Cannot open a pool as it must be for a task: received ${typeof task}\n  make it one with tasks(import.meta, { … })`,
    );
  }
  switch (kind) {
    case 'threads':
      return new TaskPool(
        core,
        travelling(core),
        threadPool(workers, clock, threads),
      ) as unknown as WorkerPool<Args, Result>;
    case 'inline':
      return new TaskPool(
        core,
        core.module ?? { url: '', name: core.name },
        inlinePool(core, workers, clock),
      ) as unknown as WorkerPool<Args, Result>;
    default:
      throw new RangeError(
        `Cannot open a pool as 'kind' must be 'threads' or 'inline': received '${String(kind)}'`,
      );
  }
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
  const refusal = new EntryModule().refusal(module.url, name);
  if (refusal !== undefined) throw new TypeError(refusal);
  return module;
}

function threadPool(workers: number, clock: Clock, threads: ThreadOptions): WorkPool {
  const { packer } = new Border(`p${randomSerial().toString(36)}.`);
  return new Pool({
    transports: threadTransports(threads),
    workers,
    clock,
    packer,
    roomMade: () => undefined,
  });
}

function inlinePool(core: TaskCore, workers: number, clock: Clock): WorkPool {
  return new InlinePool({ workers, clock, fnOf: () => core.fn });
}

class TaskPool implements WorkerPool<readonly unknown[], unknown> {
  readonly #core: TaskCore;
  readonly #module: TaskModule;
  readonly #pool: WorkPool;

  constructor(core: TaskCore, module: TaskModule, pool: WorkPool) {
    this.#core = core;
    this.#module = module;
    this.#pool = pool;
  }

  submit(...args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#pool.add({
        task: this.#module,
        inputs: [args],
        isSingle: false,
        slots: 1,
        timeoutMs: this.#core.hints.timeoutMs,
        owner: { succeeded: (_, value) => resolve(value), failed: (_, { error }) => reject(error) },
      });
    });
  }

  map(inputs: Iterable<unknown> | AsyncIterable<unknown>, options: MapOptions = {}): MapResults<unknown> {
    refuseUnknownOptions(options, mapOptionNames, 'map');
    checkMapOptions(options);
    if (typeof inputs !== 'object' && typeof inputs !== 'string') {
      throw new TypeError(`Cannot map as the inputs must be iterable: received ${typeof inputs}`);
    }
    const { timeoutMs = this.#core.hints.timeoutMs } = options;
    const timed = timeoutMs === undefined ? options : { ...options, timeoutMs };
    return new MapRun({ pool: this.#pool, core: this.#core, module: this.#module, inputs, options: timed });
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
