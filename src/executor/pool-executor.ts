/**
 * The executor over a pool of workers, of whatever kind: what threads and processes share.
 */

import type { Clock } from '../base/clock.ts';
import { ClosedError } from '../base/errors.ts';
import { randomSerial } from '../base/random.ts';
import { Pool } from '../pool/pool.ts';
import type { Work } from '../pool/work.ts';
import { failure, type Outcome, success } from '../task/outcome.ts';
import { Border } from '../worker/border.ts';
import { EntryModule } from '../worker/entry-module.ts';
import type { TransportFactory } from '../worker/transport.ts';
import type { Attempt, Executor, ExecutorStatistics, Session, SessionListener } from './executor.ts';
import { Submitter } from './submitter.ts';

export interface PoolExecutorParts {
  readonly name: 'threads' | 'processes';
  /** The workers, in messages: `worker threads`. */
  readonly plural: string;
  readonly transports: TransportFactory;
  /** The most at once; at least 1. */
  readonly workers: number;
  readonly clock: Clock;
}

export class PoolExecutor implements Executor {
  readonly name: string;
  readonly isolated = true;
  /** One worker of the kind, in messages. */
  readonly kind: string;
  readonly border: Border = new Border(`h${randomSerial().toString(36)}.`);
  readonly entry: EntryModule;
  readonly pool: Pool;
  readonly #plural: string;
  readonly #sessions = new Set<PoolSession>();
  readonly #submitter: Submitter;
  #isClosed = false;

  constructor({ name, plural, transports, workers, clock }: PoolExecutorParts) {
    checkWorkers(workers, plural);
    this.name = name;
    this.kind = transports.name;
    this.entry = new EntryModule(name);
    this.#plural = plural;
    this.pool = new Pool({
      transports,
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
    if (this.#isClosed) throw new ClosedError(`Cannot use the ${this.#plural} as they were disposed of`);
    const session = new PoolSession(this, listener, () => this.#sessions.delete(session));
    this.#sessions.add(session);
    return session;
  }

  submit: Executor['submit'] = (task, ...args) => this.#submitter.submit(task, args) as never;
  map: Executor['map'] = (task, inputs) => this.#submitter.map(task, inputs) as never;

  /** @throws {RangeError} If it is not a positive integer. */
  resize(workers: number): void {
    checkWorkers(workers, this.#plural);
    this.pool.resize(workers);
  }

  stats(): ExecutorStatistics {
    return this.pool.statistics();
  }

  async dispose(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#submitter.close();
      const reason = new ClosedError(`Cannot go on as the ${this.#plural} were disposed of`);
      for (const session of this.#sessions) session.close(reason);
    }
    await this.pool.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

class PoolSession implements Session {
  readonly listener: SessionListener;
  readonly #executor: PoolExecutor;
  readonly #whenDisposed: () => void;
  /** What is under way, by ticket. Whoever is not there any more is not told. */
  readonly #works = new Map<number, Work>();

  constructor(executor: PoolExecutor, listener: SessionListener, whenDisposed: () => void) {
    this.#executor = executor;
    this.listener = listener;
    this.#whenDisposed = whenDisposed;
  }

  room(): number {
    return this.#executor.pool.room();
  }

  start(ticket: number, { core, args, hints, slots }: Attempt): Outcome | undefined {
    const { entry, pool, kind } = this.#executor;
    if (core.module === undefined) {
      return failure(
        'not-loadable',
        new TypeError(
          `Cannot send task '${core.name}' to a worker ${kind} as it stays in its process: it was made with task(fn) alone\n` +
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

function checkWorkers(workers: number, plural: string): void {
  if (!Number.isInteger(workers) || workers < 1) {
    throw new RangeError(
      `Cannot open ${plural} as 'workers' must be a positive integer: received ${String(workers)}`,
    );
  }
}
