/**
 * The executor over worker threads of this process.
 */

import { availableParallelism } from 'node:os';
import { type Clock, systemClock } from '../base/clock.ts';
import { ClosedError } from '../base/errors.ts';
import { randomSerial } from '../base/random.ts';
import { Pool } from '../pool/pool.ts';
import type { Work } from '../pool/work.ts';
import { failure, type Outcome, success } from '../task/outcome.ts';
import { Border } from '../worker/border.ts';
import { EntryModule } from '../worker/entry-module.ts';
import { refuseWhileImporting } from '../worker/importing.ts';
import { type ThreadOptions, threadTransports } from '../worker/thread-transport.ts';
import type { Attempt, Executor, ExecutorStatistics, Session, SessionListener } from './executor.ts';
import { Submitter } from './submitter.ts';

export interface ThreadsOptions extends ThreadOptions {
  /**
   * The most threads at once; an integer, at least 1. They are started as they are needed.
   *
   * @defaultValue as many as this process may use cores
   */
  readonly workers?: number;
  /** @defaultValue the clock of this machine */
  readonly clock?: Clock;
}

/** An executor over worker threads. */
export interface ThreadsExecutor extends Executor {
  /**
   * Changes how many threads there may be. Threads beyond it end when their call does.
   *
   * @throws {RangeError} If it is not a positive integer.
   */
  resize(workers: number): void;
}

/**
 * Opens an executor over worker threads. Tasks must be defined in modules, with
 * `tasks(import.meta, { … })`; each thread imports the modules that it needs.
 *
 * Disposing of it ends its threads. Idle threads do not keep the process alive.
 *
 * @throws {RangeError} If `workers` is not a positive integer.
 * @throws {ProgramInWorkerError} In a worker that is importing the module of a task.
 */
export function openThreads({
  workers = availableParallelism(),
  clock = systemClock,
  ...threads
}: ThreadsOptions = {}): ThreadsExecutor {
  refuseWhileImporting('open worker threads');
  checkWorkers(workers);
  return new ThreadsPoolExecutor(workers, clock, threads);
}

function checkWorkers(workers: number): void {
  if (!Number.isInteger(workers) || workers < 1) {
    throw new RangeError(
      `Cannot open worker threads as 'workers' must be a positive integer: received ${String(workers)}`,
    );
  }
}

class ThreadsPoolExecutor implements ThreadsExecutor {
  readonly name = 'threads';
  readonly isolated = true;
  readonly border: Border = new Border(`h${randomSerial().toString(36)}.`);
  readonly entry: EntryModule = new EntryModule();
  readonly pool: Pool;
  readonly #sessions = new Set<ThreadsSession>();
  readonly #submitter: Submitter;
  #isClosed = false;

  constructor(workers: number, clock: Clock, threads: ThreadOptions) {
    this.pool = new Pool({
      transports: threadTransports(threads),
      workers,
      clock,
      packer: this.border.packer,
      roomMade: () => {
        for (const session of this.#sessions) session.listener.roomMade();
      },
    });
    this.#submitter = new Submitter(
      (listener) => this.connect(listener),
      () => this.slots,
    );
  }

  get slots(): number {
    return this.pool.size;
  }

  connect(listener: SessionListener): Session {
    if (this.#isClosed) throw new ClosedError('Cannot use the worker threads as they were disposed of');
    const session = new ThreadsSession(this, listener, () => this.#sessions.delete(session));
    this.#sessions.add(session);
    return session;
  }

  submit: Executor['submit'] = (task, ...args) => this.#submitter.submit(task, args) as never;
  map: Executor['map'] = (task, inputs) => this.#submitter.map(task, inputs) as never;

  resize(workers: number): void {
    checkWorkers(workers);
    this.pool.resize(workers);
  }

  stats(): ExecutorStatistics {
    return this.pool.statistics();
  }

  async dispose(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#submitter.close();
      const reason = new ClosedError('Cannot go on as the worker threads were disposed of');
      for (const session of this.#sessions) session.close(reason);
    }
    await this.pool.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

class ThreadsSession implements Session {
  readonly listener: SessionListener;
  readonly #executor: ThreadsPoolExecutor;
  readonly #whenDisposed: () => void;
  /** What is under way, by ticket. Whoever is not there any more is not told. */
  readonly #works = new Map<number, Work>();

  constructor(executor: ThreadsPoolExecutor, listener: SessionListener, whenDisposed: () => void) {
    this.#executor = executor;
    this.listener = listener;
    this.#whenDisposed = whenDisposed;
  }

  room(): number {
    return this.#executor.pool.room();
  }

  start(ticket: number, { core, args, hints, slots }: Attempt): Outcome | undefined {
    const { entry, pool } = this.#executor;
    if (core.module === undefined) {
      return failure(
        'not-loadable',
        new TypeError(
          `Cannot send task '${core.name}' to a worker thread as it stays in its process: it was made with task(fn) alone\n` +
            '  define it in a module, with export const { … } = tasks(import.meta, { … })',
        ),
      );
    }
    const refusal = entry.refusal(core.module.url, core.name);
    if (refusal !== undefined) return failure('not-loadable', new TypeError(refusal));
    const settle = (outcome: Outcome): void => {
      if (this.#works.get(ticket) !== work || !this.#works.delete(ticket)) return;
      this.listener.settled(ticket, outcome);
    };
    const work: Work = {
      task: core.module,
      inputs: [args],
      isSingle: false,
      slots,
      timeoutMs: hints.timeoutMs,
      owner: { succeeded: (_, value) => settle(success(value)), failed: (_, failed) => settle(failed) },
    };
    this.#works.set(ticket, work);
    pool.add(work);
    return undefined;
  }

  cancel(ticket: number): void {
    const work = this.#works.get(ticket);
    if (work === undefined) return;
    this.#works.delete(ticket);
    this.#executor.pool.cancel(work);
  }

  /** Ends with the executor: what is under way is not told of any more. */
  close(reason: Error): void {
    this.#works.clear();
    this.listener.closed(reason);
  }

  [Symbol.dispose](): void {
    this.#whenDisposed();
    for (const ticket of this.#works.keys()) this.cancel(ticket);
  }
}
