/**
 * A client as a worker sees it: its batches here, and the threads or processes that run its calls.
 *
 * Each client has its own, so that what calls print goes to whom it belongs to, and no state of one program is seen by
 * another. The main thread only reads, starts and tells: however long a call blocks its thread, this one answers.
 */

import type { Clock } from '../../../base/clock.ts';
import { once } from '../../../base/once.ts';
import type { Codecs } from '../../../codec/codecs.ts';
import { type FailureReason, failure, type Outcome } from '../../../task/outcome.ts';
import type { TaskCore } from '../../../task/task-core.ts';
import type { Border } from '../../../worker/border.ts';
import type { Output } from '../../../worker/output.ts';
import type { Executor, Session } from '../../executor.ts';
import type { CallReply, SentTask } from './queue-wire.ts';
import type { SharedValues } from './shared-values.ts';
import type { WorkerReplies } from './worker-replies.ts';

export interface ClientVisitParts {
  readonly clock: Clock;
  readonly border: Border;
  readonly values: SharedValues;
  readonly replies: WorkerReplies;
  readonly codecs: Codecs | undefined;
  /** The name of this worker, for lines. */
  readonly worker: string;
  readonly prints: boolean;
  /** Whether values are kept for a client that comes back. */
  readonly keeps: boolean;
  /** Opens what runs the calls. */
  openExecutor(options: { readonly output: Output; readonly codecs: Codecs | undefined }): Executor;
}

/** A batch, or a part of one. */
export interface BatchHere {
  readonly id: string;
  readonly tasks: readonly (SentTask & { readonly url: string | Error })[];
  /** For each call: its task, its position as the client knows it. */
  readonly calls: readonly {
    readonly task: number;
    readonly at: number;
    readonly args: unknown;
    readonly error: unknown;
    readonly key: string | undefined;
  }[];
}

/** A call that is here. */
interface CallHere {
  readonly batch: RunningBatch;
  readonly at: number;
  readonly core: TaskCore;
  readonly args: readonly unknown[];
  readonly slots: number;
  readonly key: string | undefined;
  startedMs: number;
  /** Its ticket, while it runs. */
  ticket: number | undefined;
  isOver: boolean;
}

interface RunningBatch {
  readonly id: string;
  readonly calls: Map<number, CallHere>;
  left: number;
  done(): void;
}

export class ClientVisit {
  readonly #parts: ClientVisitParts;
  /** By the name of the batch; several jobs may be of one, after a worker was lost with it. */
  readonly #batches = new Set<RunningBatch>();
  #waiting: CallHere[] = [];
  #head = 0;
  readonly #running = new Map<number, CallHere>();
  readonly #freeTickets: number[] = [];
  #nextTicket = 0;
  #isOver = false;
  /** When calls were told last, to know how long they take. */
  #toldMs: number;
  #toldCalls = 0;
  /** When it was of use last. */
  usedMs: number;

  constructor(parts: ClientVisitParts) {
    this.#parts = parts;
    this.usedMs = parts.clock.nowMs();
    this.#toldMs = this.usedMs;
  }

  get isIdle(): boolean {
    return this.#batches.size === 0;
  }

  readonly #executor: () => Executor = once(() => {
    const { openExecutor, codecs, prints, worker, replies } = this.#parts;
    const output: Output = prints
      ? ({ stream, text, worker: number }) =>
          replies.add({ is: 'printed', stream, text, worker: `${worker} ${number}` })
      : 'ignore';
    return openExecutor({ output, codecs });
  });

  readonly #session: () => Session = once(() =>
    this.#executor().connect({
      settled: (ticket, outcome) => this.#settled(ticket, outcome),
      told: (ticket, event) => {
        const call = this.#running.get(ticket);
        if (call !== undefined) this.#tell(call, event);
      },
      roomMade: () => this.#pump(),
      closed: () => undefined,
    }),
  );

  /**
   * Runs the calls of a batch. Resolves when all that came of them has been told.
   *
   * @returns whether it has; not, if the visit ended before
   */
  async run({ id, tasks, calls }: BatchHere): Promise<boolean> {
    if (this.#isOver) return false;
    if (calls.length === 0) return true;
    const batch: RunningBatch = { id, calls: new Map(), left: calls.length, done: () => undefined };
    const whenDone = new Promise<void>((resolve) => {
      batch.done = resolve;
    });
    this.#batches.add(batch);
    const cores = tasks.map(coreOfSent);
    for (const { task, at, args, error, key } of calls) {
      const sent = tasks[task] as BatchHere['tasks'][number];
      const call: CallHere = {
        batch,
        at,
        core: cores[task] as TaskCore,
        args: args as readonly unknown[],
        slots: sent.slots,
        key,
        startedMs: 0,
        ticket: undefined,
        isOver: false,
      };
      batch.calls.set(at, call);
      if (sent.url instanceof Error) this.#end(call, failure('not-loadable', sent.url));
      else if (error !== undefined) this.#end(call, failure('not-cloneable', error));
      else this.#waiting.push(call);
    }
    this.#pump();
    await whenDone;
    await this.#parts.replies.whenTold();
    this.usedMs = this.#parts.clock.nowMs();
    return !this.#isOver;
  }

  /** Tells that calls of a batch cannot be run. */
  async fail(id: string, calls: readonly number[], reason: FailureReason, error: Error): Promise<void> {
    for (const at of calls) this.#reply(id, at, failure(reason, error), undefined, undefined);
    await this.#parts.replies.whenTold();
  }

  /** Nobody waits for calls of a batch any more. */
  cancel(id: string, calls: readonly number[]): void {
    for (const batch of this.#batches) {
      if (batch.id !== id) continue;
      for (const at of calls) {
        const call = batch.calls.get(at);
        if (call === undefined || call.isOver) continue;
        const { ticket } = call;
        this.#close(call);
        if (ticket === undefined) continue;
        this.#running.delete(ticket);
        this.#freeTickets.push(ticket);
        this.#session().cancel(ticket);
      }
    }
    this.#pump();
  }

  /** The client is gone, or this worker ends: nothing is told any more. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#parts.replies.end();
    this.#waiting = [];
    this.#running.clear();
    for (const batch of this.#batches) batch.done();
    this.#batches.clear();
    if (this.#nextTicket > 0) await this.#executor().dispose();
  }

  /** Starts what waits, as far as there is room, and a little ahead of that. */
  #pump(): void {
    if (this.#head === this.#waiting.length || this.#isOver) return;
    const session = this.#session();
    const { slots: most } = this.#executor();
    for (let call = this.#waiting[this.#head]; call !== undefined; call = this.#waiting[this.#head]) {
      const { slots } = call;
      if (!call.isOver && slots <= most) {
        const room = session.room();
        if (room < slots && !(slots === 1 && session.hasPlaceAhead?.() === true)) return;
      }
      this.#head++;
      if (this.#head === this.#waiting.length) {
        this.#waiting = [];
        this.#head = 0;
      } else if (this.#head >= 4096) {
        this.#waiting = this.#waiting.slice(this.#head);
        this.#head = 0;
      }
      if (call.isOver) continue;
      if (slots > most) this.#end(call, tooLarge(call, most));
      else this.#start(session, call);
    }
  }

  #start(session: Session, call: CallHere): void {
    const ticket = this.#freeTickets.pop() ?? this.#nextTicket++;
    this.#running.set(ticket, call);
    call.ticket = ticket;
    call.startedMs = this.#parts.clock.nowMs();
    const { core, args, slots } = call;
    let outcome: Outcome | undefined;
    try {
      outcome = session.start(ticket, { core, args, hints: core.hints, slots });
    } catch (error) {
      outcome = failure('not-loadable', error);
    }
    if (outcome !== undefined) this.#settled(ticket, outcome);
  }

  #settled(ticket: number, outcome: Outcome): void {
    const call = this.#running.get(ticket);
    if (call === undefined) return;
    this.#running.delete(ticket);
    this.#freeTickets.push(ticket);
    this.#end(call, outcome);
    this.#pump();
  }

  #end(call: CallHere, outcome: Outcome): void {
    if (call.isOver) return;
    this.#reply(
      call.batch.id,
      call.at,
      outcome,
      this.#parts.keeps ? call.key : undefined,
      this.#timeOf(call),
    );
    this.#close(call);
  }

  #close(call: CallHere): void {
    const { batch } = call;
    call.isOver = true;
    batch.left--;
    if (batch.left > 0) return;
    this.#batches.delete(batch);
    batch.done();
  }

  /**
   * How long a call took: not longer than from its start to now, and not longer than all threads took for each of the calls
   * that ended meanwhile, since calls wait for each other in a thread.
   */
  #timeOf({ startedMs }: CallHere): number | undefined {
    if (startedMs === 0) return undefined;
    const nowMs = this.#parts.clock.nowMs();
    this.#toldCalls++;
    const sinceMs = nowMs - this.#toldMs;
    const share = (sinceMs * this.#executor().slots) / this.#toldCalls;
    if (sinceMs > 10) {
      this.#toldMs = nowMs;
      this.#toldCalls = 0;
    }
    return Math.round(Math.min(nowMs - startedMs, share) * 1000);
  }

  #reply(
    batch: string,
    call: number,
    outcome: Outcome,
    key: string | undefined,
    us: number | undefined,
  ): void {
    const { replies } = this.#parts;
    const took = us === undefined ? {} : { us };
    let reply: CallReply;
    try {
      reply =
        outcome.is === 'success'
          ? { is: 'value', batch, call, ...this.#packed(outcome.value), ...took }
          : { is: 'error', batch, call, reason: outcome.reason, ...this.#packed(outcome.error), ...took };
    } catch (error) {
      reply = { is: 'error', batch, call, reason: 'not-cloneable', ...this.#packed(error), ...took };
    }
    if (key === undefined) replies.add(reply);
    else replies.addKeyed(reply, key);
  }

  #packed(value: unknown): Pick<CallReply, 'data' | 'isPacked' | 'refs'> {
    const refs = this.#parts.values.forMessage();
    const { data, isPacked } = this.#parts.border.packer.pack(value, 'result', refs);
    const used = refs.refs;
    return { data, isPacked, ...(used === undefined ? {} : { refs: used }) };
  }

  #tell({ batch, at }: CallHere, event: unknown): void {
    try {
      const { data, isPacked } = this.#parts.border.packer.pack(event, 'event');
      this.#parts.replies.add({ is: 'told', batch: batch.id, call: at, data, isPacked });
    } catch {
      // What a call tells is no promise.
    }
  }
}

/** What an executor needs to know of a task. */
function coreOfSent({ title, name, url, timeoutMs }: BatchHere['tasks'][number]): TaskCore {
  return {
    name: title,
    fn: () => undefined,
    hints: timeoutMs === undefined ? {} : { timeoutMs },
    params: [],
    site: undefined,
    module: typeof url === 'string' ? { url, name } : undefined,
    builtin: undefined,
    givesFailures: false,
    stateful: undefined,
  };
}

function tooLarge({ core, slots }: CallHere, most: number): Outcome {
  const text = `Cannot run task '${core.name}' as it needs ${slots} threads: received a worker of ${most}`;
  return failure('too-large', new RangeError(text));
}
