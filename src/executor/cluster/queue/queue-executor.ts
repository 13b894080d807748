/**
 * The executor over a queue: sessions on one side, a client of the queue on the other.
 *
 * A call is written as it is started, so whoever gave its arguments may change them afterwards. Its slots count from then on until
 * its outcome has come, or it is given up on. Leaves Redis to `queue-client.ts`.
 */

import type { Clock } from '../../../base/clock.ts';
import { ClosedError } from '../../../base/errors.ts';
import { Digester } from '../../../codec/canonical/digester.ts';
import { digestCodecOf } from '../../../codec/canonical/from-codecs.ts';
import type { Codecs } from '../../../codec/codecs.ts';
import { NotCloneableError } from '../../../codec/pack.ts';
import { Sealed } from '../../../codec/sealed.ts';
import type { CallEvent } from '../../../task/call-event.ts';
import { digestKinds } from '../../../task/digest-of.ts';
import { failure, type Outcome } from '../../../task/outcome.ts';
import type { TaskCore } from '../../../task/task-core.ts';
import type { Border } from '../../../worker/border.ts';
import { EntryModule } from '../../../worker/entry-module.ts';
import type { Attempt, Executor, ExecutorStatistics, Session, SessionListener } from '../../executor.ts';
import { Submitter } from '../../submitter.ts';
import type { CodeTeller } from '../code-version.ts';
import { CallTimes } from './call-line.ts';
import { type CallKey, QueuedCall } from './client-calls.ts';
import type { QueueClient } from './queue-client.ts';
import { type SentTask, writeCall } from './queue-wire.ts';
import { newSerial, type SharedValues } from './shared-values.ts';

/** An executor over a queue. */
export interface QueueExecutor extends Executor {
  /** The queue. */
  readonly queue: string;
  /**
   * Forgets what is kept of a run with a name, and stops, as `dispose` does: the run is complete.
   */
  forget(): Promise<void>;
}

export interface QueueExecutorParts {
  readonly queue: string;
  readonly slots: number;
  readonly clock: Clock;
  readonly border: Border;
  readonly codes: CodeTeller;
  readonly codecs: Codecs | undefined;
  /** Whether values are kept for a client that comes back. */
  readonly keeps: boolean;
  /** When everything else has ended. */
  closed(forget: boolean): Promise<void>;
}

export class OpenQueueExecutor implements QueueExecutor {
  readonly name = 'queue';
  readonly isolated = true;
  readonly queue: string;
  readonly slots: number;
  readonly parts: QueueExecutorParts;
  /** Given when all is connected: what connects it needs to be told of what comes. */
  client!: QueueClient;
  values!: SharedValues;
  readonly #entry = new EntryModule('processes');
  readonly #sessions = new Set<QueueSession>();
  readonly #submitter: Submitter;
  readonly #tasks = new WeakMap<TaskCore, Map<string, KnownTask>>();
  readonly #keys: CallKeys | undefined;
  /** Tells the tasks of this life of the client from those of earlier ones. */
  readonly #life = `${newSerial()}-`;
  #taskSerial = 0;
  #isClosed = false;
  #taken = 0;
  #succeeded = 0;
  #failed = 0;

  constructor(parts: QueueExecutorParts) {
    this.parts = parts;
    this.queue = parts.queue;
    this.slots = parts.slots;
    this.#keys = parts.keeps ? new CallKeys(parts.codecs) : undefined;
    this.#submitter = new Submitter(this);
  }

  /** Whether values may stay unread here. Not in runs with a name: their calls are known by what they are given. */
  get takesSealed(): boolean {
    return this.values.home !== undefined && !this.parts.keeps;
  }

  get room(): number {
    return this.slots - this.#taken;
  }

  connect(listener: SessionListener): Session {
    if (this.#isClosed) throw new ClosedError(`Cannot use the queue '${this.queue}' as it was disposed of`);
    const session = new QueueSession(this, listener, () => this.#sessions.delete(session));
    this.#sessions.add(session);
    return session;
  }

  submit: Executor['submit'] = (task, ...args) => this.#submitter.submit(task, args) as never;
  map: Executor['map'] = (task, inputs) => this.#submitter.map(task, inputs) as never;

  /** Tells all sessions that there may be more room. */
  roomMade(): void {
    for (const session of this.#sessions) session.listener.roomMade();
  }

  /** Sends a call. @returns why it cannot be sent; or what it is, until it settles */
  start(
    { core, args, hints, slots }: Attempt,
    takesSealed: boolean,
    settled: (outcome: Outcome) => void,
    told: (event: CallEvent) => void,
  ): Outcome | QueuedCall {
    const { module } = core;
    if (module === undefined) {
      const text =
        `Cannot send task '${core.name}' to a queue as it stays in its process: it was made with task(fn) alone\n` +
        '  define it in a module, with export const { … } = tasks(import.meta, { … })';
      return failure('not-loadable', new TypeError(text));
    }
    const refusal = this.#entry.refusal(module.url, core.name);
    if (refusal !== undefined) return failure('not-loadable', new TypeError(refusal));
    const known = this.#taskOf(core, module, slots, hints.timeoutMs);
    const key = this.#keys?.keyOf(known.task, args);
    let frame: Buffer;
    try {
      const refs = this.values.forMessage();
      const { data, isPacked } = this.parts.border.packer.pack(args, 'args', refs);
      const used = refs.refs;
      frame = writeCall({
        args: data,
        isPacked,
        ...(used === undefined ? {} : { refs: used }),
        ...(key === undefined ? {} : { key: key.text }),
      });
    } catch (error) {
      key?.release();
      return this.#refusal(core, args, error);
    }
    this.#taken += slots;
    const call = new QueuedCall(
      { priority: hints.priority ?? 0, times: known.times, task: known.task, frame, key, takesSealed },
      (outcome) => {
        this.#taken -= slots;
        if (outcome.is === 'success') this.#succeeded++;
        else {
          this.#failed++;
          // The next attempt is the same call.
          key?.release();
        }
        settled(outcome);
      },
      (event) => told(event as CallEvent),
    );
    this.client.add(call);
    return call;
  }

  /** Nobody waits for a call any more. */
  cancel(call: QueuedCall, slots: number): void {
    if (call.isOver) return;
    this.#taken -= slots;
    call.givenUp();
    this.client.cancel(call);
    this.parts.clock.soon(() => {
      if (!this.#isClosed) this.roomMade();
    });
  }

  #refusal(core: TaskCore, args: readonly unknown[], error: unknown): Outcome {
    if (!(error instanceof NotCloneableError || error instanceof DOMException))
      return failure('not-loadable', error);
    const found = this.parts.border.packer.explain(args, 'args', undefined, error);
    const text = `Cannot send task '${core.name}' to a queue as ${found.message}`;
    return failure('not-cloneable', new NotCloneableError(found.path, text, { cause: error }));
  }

  #taskOf(
    core: TaskCore,
    { url, name }: { readonly url: string; readonly name: string },
    slots: number,
    timeoutMs: number | undefined,
  ): KnownTask {
    let terms = this.#tasks.get(core);
    if (terms === undefined) this.#tasks.set(core, (terms = new Map()));
    const key = `${slots} ${timeoutMs}`;
    let known = terms.get(key);
    if (known === undefined) {
      const code = this.parts.codes.codeOf(url);
      const number = `${this.#life}${(this.#taskSerial++).toString(36)}`;
      const task = { number, code, name, title: core.name, slots, timeoutMs };
      this.client.tellTask(task);
      terms.set(key, (known = { task, times: new CallTimes() }));
    }
    return known;
  }

  stats(): ExecutorStatistics {
    const { workers } = this.client;
    return {
      workers,
      running: this.#taken,
      succeeded: this.#succeeded,
      failed: this.#failed,
      replaced: 0,
    };
  }

  forget(): Promise<void> {
    return this.#close(true);
  }

  dispose(): Promise<void> {
    return this.#close(!this.parts.keeps);
  }

  async #close(forget: boolean): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      const reason = new ClosedError(`Cannot go on as the queue '${this.queue}' was disposed of`);
      this.#submitter.close();
      for (const session of this.#sessions) session.close(reason);
      this.#sessions.clear();
    }
    await this.parts.closed(forget);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

interface KnownTask {
  readonly task: SentTask;
  readonly times: CallTimes;
}

class QueueSession implements Session {
  readonly takesSealed?: true;
  readonly listener: SessionListener;
  /** Values that were not read, and that nobody has let go of. */
  readonly #sealed = new Set<Sealed>();
  readonly #executor: OpenQueueExecutor;
  readonly #whenDisposed: () => void;
  readonly #calls = new Map<number, { readonly call: QueuedCall; readonly slots: number }>();

  constructor(executor: OpenQueueExecutor, listener: SessionListener, whenDisposed: () => void) {
    this.#executor = executor;
    this.listener = listener;
    this.#whenDisposed = whenDisposed;
    if (executor.takesSealed) this.takesSealed = true;
  }

  room(): number {
    return this.#executor.room;
  }

  start(ticket: number, attempt: Attempt): Outcome | undefined {
    const started = this.#executor.start(
      attempt,
      this.takesSealed === true && this.listener.takesSealed === true,
      (outcome) => {
        if (!this.#calls.delete(ticket)) return;
        if (outcome.is === 'success' && outcome.value instanceof Sealed) outcome.value.enter(this.#sealed);
        this.listener.settled(ticket, outcome);
      },
      (event) => {
        if (this.#calls.has(ticket)) this.listener.told?.(ticket, event);
      },
    );
    if (!(started instanceof QueuedCall)) return started;
    this.#calls.set(ticket, { call: started, slots: attempt.slots });
    return undefined;
  }

  cancel(ticket: number): void {
    const known = this.#calls.get(ticket);
    if (known === undefined) return;
    this.#calls.delete(ticket);
    this.#executor.cancel(known.call, known.slots);
  }

  /** Ends with the executor: what is under way is not told of any more. */
  close(reason: Error): void {
    this[Symbol.dispose]();
    this.listener.closed(reason);
  }

  [Symbol.dispose](): void {
    this.#whenDisposed();
    for (const ticket of this.#calls.keys()) this.cancel(ticket);
    for (const sealed of this.#sealed) sealed.release();
  }
}

/**
 * The keys of calls in runs with a name: the same for the same call in each life of the client. Of equal calls, the first,
 * second and so on are told apart, as each is to run.
 */
class CallKeys {
  readonly #digester: Digester;
  /** By digest: which of equal calls are under way or have ended well. */
  readonly #taken = new Map<string, Set<number>>();

  constructor(codecs: Codecs | undefined) {
    this.#digester = new Digester([...digestKinds, ...(codecs === undefined ? [] : [digestCodecOf(codecs)])]);
  }

  /** `undefined` for a call whose arguments have no digest: it is not kept. */
  keyOf({ code, name }: SentTask, args: readonly unknown[]): CallKey | undefined {
    let digest: string;
    try {
      digest = this.#digester.text(['heddle-queue', code.package, code.path, code.digest, name, args]);
    } catch {
      return undefined;
    }
    const taken = this.#taken.get(digest) ?? new Set();
    this.#taken.set(digest, taken);
    let number = 0;
    while (taken.has(number)) number++;
    taken.add(number);
    return { text: `${digest}-${number}`, release: () => taken.delete(number) };
  }
}
