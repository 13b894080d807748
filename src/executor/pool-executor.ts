/**
 * The executor over a pool of workers, of whatever kind: what threads and processes share.
 */

import type { Semaphore } from '../allocation/semaphore.ts';
import type { Clock } from '../base/clock.ts';
import { ClosedError } from '../base/errors.ts';
import { randomSerial } from '../base/random.ts';
import type { Codecs } from '../codec/codecs.ts';
import { Sealed } from '../codec/sealed.ts';
import { Pool } from '../pool/pool.ts';
import { type CallTerms, handOver, SingleCall } from '../pool/single-call.ts';
import { checkWorkerLimits, type WorkerLimits } from '../pool/worker-limits.ts';
import type { CallEvent } from '../task/call-event.ts';
import { type AttemptFailure, failure, type Outcome, success } from '../task/outcome.ts';
import type { Ran } from '../task/ran.ts';
import { Border } from '../worker/border.ts';
import { EntryModule } from '../worker/entry-module.ts';
import { HostReferences } from '../worker/host-references.ts';
import type { WorkerSetup } from '../worker/protocol.ts';
import type { TransportFactory } from '../worker/transport.ts';
import type { Attempt, Executor, ExecutorStatistics, Session, SessionListener } from './executor.ts';
import { Submitter } from './submitter.ts';

export interface PoolExecutorParts {
  readonly name: string;
  /** As what its workers import modules of tasks, if not by its name: whether a module that is also a program tells them apart. */
  readonly modules?: 'threads' | 'processes';
  /** The workers, in messages: `worker threads`. */
  readonly plural: string;
  readonly transports: TransportFactory;
  /** The most at once; at least 1. */
  readonly workers: number;
  readonly clock: Clock;
  readonly limits: WorkerLimits;
  readonly codecs: Codecs | undefined;
  readonly setup: WorkerSetup;
  /** How large data travels by reference, if it does: where, and from how many bytes on. */
  readonly references?: { readonly folder: string; readonly leastBytes: number } | undefined;
  /** Whether its workers take of the threads that the process shares. @defaultValue `true` */
  readonly isCounted?: boolean;
  /** How many workers a call may lose that does not say how often it is tried again; 1 if not given. */
  readonly maxLosses?: number;
}

export class PoolExecutor implements Executor {
  readonly name: string;
  readonly isolated = true;
  /** One worker of the kind, in messages. */
  readonly kind: string;
  readonly border: Border = new Border(`h${randomSerial().toString(36)}.`);
  readonly entry: EntryModule;
  readonly pool: Pool;
  /** How many workers a call may lose that does not say how often it is tried again; 1 if `undefined`. */
  readonly maxLosses: number | undefined;
  readonly #plural: string;
  readonly #sessions = new Set<PoolSession>();
  readonly #submitter: Submitter;
  #isClosed = false;

  constructor({
    name,
    modules = name === 'threads' ? 'threads' : 'processes',
    maxLosses,
    plural,
    transports,
    workers,
    clock,
    limits,
    codecs,
    setup,
    references,
    isCounted,
  }: PoolExecutorParts) {
    checkWorkers(workers, plural);
    checkWorkerLimits(limits, `open ${plural}`);
    this.name = name;
    this.kind = transports.name;
    this.entry = new EntryModule(modules);
    this.#plural = plural;
    this.maxLosses = maxLosses;
    this.border.packer.use(codecs);
    this.pool = new Pool({
      transports,
      workers,
      clock,
      limits,
      codecs,
      setup,
      isCounted,
      packer: this.border.packer,
      references:
        references === undefined
          ? undefined
          : new HostReferences(this.border.packer, references.folder, references.leastBytes),
      roomMade: () => {
        for (const session of this.#sessions) session.listener.roomMade();
      },
    });
    this.#submitter = new Submitter(this);
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
  readonly takesSealed = true;
  readonly listener: SessionListener;
  readonly #executor: PoolExecutor;
  readonly #whenDisposed: () => void;
  /** What is under way, by ticket. Whoever is not there any more is not told. */
  readonly #works: (SessionCall | undefined)[] = [];
  #terms: CallTerms | undefined;
  /** Values that were not read, and that nobody has let go of. */
  readonly #sealed = new Set<Sealed>();

  constructor(executor: PoolExecutor, listener: SessionListener, whenDisposed: () => void) {
    this.#executor = executor;
    this.listener = listener;
    this.#whenDisposed = whenDisposed;
  }

  room(threads?: Semaphore): number {
    return this.#executor.pool.room(threads);
  }

  hasPlaceAhead(): boolean {
    return this.#executor.pool.hasPlaceAhead();
  }

  start(
    ticket: number,
    { core, args, hints, slots, isBorrowed = false, isFlat = false, moves, threads, held }: Attempt,
  ): Outcome | undefined {
    const { entry, pool, kind, maxLosses } = this.#executor;
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
    const { timeoutMs, retries } = hints;
    const mostLosses = retries === undefined ? maxLosses : undefined;
    const terms = this.#termsOf({ task: core.module, slots, timeoutMs, mostLosses });
    const call = new SessionCall(this, ticket, terms, args);
    if (isFlat) call.form = 'flat';
    if (this.listener.ran !== undefined) call.isTimed = true;
    this.#works[ticket] = call;
    if (moves !== undefined) call.moves = moves;
    if (threads !== undefined) call.threads = threads;
    if (held !== undefined) call.held = held;
    try {
      if (isBorrowed) handOver(pool, call, args);
      else pool.add(call);
    } catch (error) {
      // Its workers cannot get ready.
      this.#works[ticket] = undefined;
      return failure('not-loadable', error);
    }
    return undefined;
  }

  /** As a rule they are those of the call before. */
  #termsOf(terms: CallTerms): CallTerms {
    const last = this.#terms;
    const isSame =
      last?.task === terms.task &&
      last.slots === terms.slots &&
      last.timeoutMs === terms.timeoutMs &&
      last.mostLosses === terms.mostLosses;
    if (!isSame) this.#terms = terms;
    return isSame ? last : terms;
  }

  cancel(ticket: number): void {
    const call = this.#works[ticket];
    if (call === undefined) return;
    this.#works[ticket] = undefined;
    this.#executor.pool.cancel(call);
  }

  settle(call: SessionCall, outcome: Outcome): void {
    const isWanted = this.#works[call.ticket] === call;
    if (outcome.is === 'success' && outcome.value instanceof Sealed) {
      if (isWanted) outcome.value.enter(this.#sealed);
      else outcome.value.release();
    }
    if (!isWanted) return;
    this.#works[call.ticket] = undefined;
    this.listener.settled(call.ticket, outcome);
  }

  ran(call: SessionCall, ran: Ran): void {
    if (this.#works[call.ticket] === call) this.listener.ran?.(call.ticket, ran);
  }

  told(call: SessionCall, event: CallEvent): void {
    if (this.#works[call.ticket] === call) this.listener.told?.(call.ticket, event);
  }

  /** Ends with the executor: what is under way is not told of any more. */
  close(reason: Error): void {
    this.#works.length = 0;
    this.listener.closed(reason);
  }

  [Symbol.dispose](): void {
    this.#whenDisposed();
    for (const ticket of this.#works.keys()) this.cancel(ticket);
    for (const sealed of this.#sealed) sealed.release();
  }
}

class SessionCall extends SingleCall {
  readonly ticket: number;
  readonly #session: PoolSession;

  constructor(session: PoolSession, ticket: number, terms: CallTerms, args: readonly unknown[]) {
    super(terms, args);
    this.#session = session;
    this.ticket = ticket;
  }

  get takesSealed(): boolean {
    return this.#session.listener.takesSealed === true;
  }

  succeeded(_: number, value: unknown): void {
    this.#session.settle(this, success(value));
  }

  failed(_: number, failed: AttemptFailure): void {
    this.#session.settle(this, failed);
  }

  ran(_: number, ran: Ran): void {
    this.#session.ran(this, ran);
  }

  override told(_: number, event: CallEvent): void {
    this.#session.told(this, event);
  }
}

function checkWorkers(workers: number, plural: string): void {
  if (!Number.isInteger(workers) || workers < 1) {
    throw new RangeError(
      `Cannot open ${plural} as 'workers' must be a positive integer: received ${String(workers)}`,
    );
  }
}
