/**
 * A set of workers with one owner.
 *
 * A pool starts workers as they are needed, gives each one call at a time, replaces those that are lost,
 * and ends them all when it is disposed of. It knows nothing of graphs, caches or retries.
 *
 * - **Outcomes:** every call that was started gets exactly one, unless it was cancelled.
 * - **Blame:** when a worker is lost, only the call that it ran fails.
 * - **At rest:** idle workers do not keep the process alive.
 */

import type { Clock } from '../base/clock.ts';
import { ClosedError, InternalError, TimedOutError } from '../base/errors.ts';
import type { Packed } from '../codec/pack.ts';
import { failure, type Outcome, success } from '../task/outcome.ts';
import type { OutcomeMessage, WorkerMessage } from '../worker/protocol.ts';
import type { Ending, Transport, TransportFactory } from '../worker/transport.ts';
import { WorkerLostError } from '../worker/worker-lost-error.ts';

/** A call for a pool. */
export interface PoolCall {
  readonly url: string;
  /** The task's key in its module. */
  readonly name: string;
  readonly args: Packed;
  /** How many of the pool's slots it takes. */
  readonly slots: number;
  readonly timeoutMs: number | undefined;
  /** Told the outcome, once. Called with nothing else on the stack. */
  settle(outcome: Outcome): void;
}

export interface PoolParts {
  readonly transports: TransportFactory;
  /** The most workers at once; at least 1. */
  readonly workers: number;
  readonly clock: Clock;
  unpack(packed: Packed): unknown;
  /** Called when there may be more room than before. */
  roomMade(): void;
}

export interface PoolStatistics {
  readonly workers: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly replaced: number;
}

/** One worker, while it lives. */
interface Member {
  transport: Transport;
  /** Whether it has said that it listens. */
  isReady: boolean;
  /** What it runs; `undefined` while it is idle. */
  call: PoolCall | undefined;
  ticket: number;
  timer: Disposable | undefined;
}

export class Pool implements AsyncDisposable {
  readonly #parts: PoolParts;
  /** Living workers. A member leaves by `#drop`, and only there. */
  readonly #members = new Set<Member>();
  /** Of those, the ones without a call. */
  readonly #idle: Member[] = [];
  /** Workers that were told to end and have not yet. */
  readonly #ending = new Set<Promise<void>>();
  #size: number;
  #taken = 0;
  #nextTicket = 0;
  #succeeded = 0;
  #failed = 0;
  #replaced = 0;
  #isClosed = false;

  constructor(parts: PoolParts) {
    this.#parts = parts;
    this.#size = parts.workers;
  }

  /** The most workers at once. */
  get size(): number {
    return this.#size;
  }

  /** Slots that are free. */
  room(): number {
    return this.#isClosed ? 0 : Math.max(0, this.#size - this.#taken);
  }

  /** Changes the most workers at once. Workers beyond it end when their call does. */
  resize(workers: number): void {
    this.#size = workers;
    while (this.#members.size > workers) {
      const idle = this.#idle.pop();
      if (idle === undefined) break;
      this.#end(idle);
    }
    this.#parts.roomMade();
  }

  /**
   * Runs a call. There must be room for it.
   *
   * @returns a function that gives up on the call: its worker ends, and nothing is told of it any more
   * @throws {DOMException} If the arguments cannot be cloned. Then nothing has happened.
   */
  start(call: PoolCall): () => void {
    if (this.#isClosed) throw new ClosedError('Cannot run a call as the pool was disposed of');
    const member = this.#idle.pop() ?? this.#startMember();
    const ticket = this.#nextTicket++;
    const { url, name, args } = call;
    try {
      member.transport.post({ kind: 'call', ticket, url, name, args });
    } catch (error) {
      member.transport.keepAlive(false);
      this.#idle.push(member);
      throw error;
    }
    this.#taken += call.slots;
    member.call = call;
    member.ticket = ticket;
    member.transport.keepAlive(true);
    if (member.isReady) this.#startTimer(member, call);
    return () => {
      if (member.call !== call) return;
      this.#letGo(member);
      this.#end(member);
      this.#parts.roomMade();
    };
  }

  statistics(): PoolStatistics {
    return {
      workers: this.#members.size,
      running: this.#members.size - this.#idle.length,
      succeeded: this.#succeeded,
      failed: this.#failed,
      replaced: this.#replaced,
    };
  }

  /** Ends all workers. Calls that run are settled as cancelled. Settles when all workers are gone. */
  async dispose(): Promise<void> {
    this.#isClosed = true;
    for (const member of this.#members) {
      const { call } = member;
      if (call !== undefined) this.#letGo(member);
      this.#end(member);
      call?.settle(
        failure(
          'cancelled',
          new ClosedError(`Cannot finish task '${call.name}' as its executor was disposed of`),
        ),
      );
    }
    await Promise.all(this.#ending);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #startMember(): Member {
    const member: Member = {
      transport: undefined as unknown as Transport, // Set two lines below: listener and transport need each other.
      isReady: false,
      call: undefined,
      ticket: -1,
      timer: undefined,
    };
    member.transport = this.#parts.transports.start({
      message: (message) => this.#onMessage(member, message),
      ended: (ending) => this.#onEnded(member, ending),
    });
    this.#members.add(member);
    return member;
  }

  /** The time a call may take begins when its worker listens, not while it is being started. */
  #startTimer(member: Member, call: PoolCall): void {
    const { timeoutMs, name } = call;
    if (timeoutMs === undefined) return;
    member.timer = this.#parts.clock.after(timeoutMs, () => {
      this.#letGo(member);
      this.#replaced++;
      this.#failed++;
      this.#end(member);
      const error = new TimedOutError(
        `Cannot wait for task '${name}' any longer as it took more than ${timeoutMs} ms; its worker was terminated`,
      );
      call.settle(failure('timed-out', error));
      this.#parts.roomMade();
    });
  }

  #onMessage(member: Member, message: WorkerMessage): void {
    switch (message.kind) {
      case 'ready':
        member.isReady = true;
        if (member.call !== undefined) this.#startTimer(member, member.call);
        return;
      case 'outcome':
        this.#onOutcome(member, message);
    }
  }

  #onOutcome(member: Member, message: OutcomeMessage): void {
    const { call } = member;
    // An answer to a call that was given up on finds none, or another one.
    if (call === undefined || member.ticket !== message.ticket) return;
    this.#letGo(member);
    // Mark the worker idle before telling the outcome. Otherwise:
    //   1. Whoever hears it starts another call at once.
    //   2. There is no idle worker, so a second one is started.
    //   3. Only now does the first one become idle.
    if (this.#members.size > this.#size) this.#end(member);
    else {
      member.transport.keepAlive(false);
      this.#idle.push(member);
    }
    const outcome = this.#outcomeOf(message);
    if (outcome.is === 'success') this.#succeeded++;
    else this.#failed++;
    call.settle(outcome);
    this.#parts.roomMade();
  }

  #outcomeOf({ reason, value }: OutcomeMessage): Outcome {
    try {
      const unpacked = this.#parts.unpack(value);
      return reason === undefined ? success(unpacked) : failure(reason, unpacked);
    } catch (error) {
      return failure('not-loadable', error);
    }
  }

  /** Frees what the call of a worker takes. */
  #letGo(member: Member): void {
    if (member.call === undefined) throw new InternalError('a worker without a call let go of it');
    this.#taken -= member.call.slots;
    member.call = undefined;
    member.timer?.[Symbol.dispose]();
    member.timer = undefined;
  }

  #onEnded(member: Member, ending: Ending): void {
    if (!this.#drop(member)) return;
    const { call } = member;
    if (call === undefined) return;
    this.#letGo(member);
    this.#replaced++;
    this.#failed++;
    call.settle(lostOutcome(call, ending, member.isReady));
    this.#parts.roomMade();
  }

  /** Ends a worker that has no call. */
  #end(member: Member): void {
    if (!this.#drop(member)) return;
    const ended = member.transport.terminate().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  /** Takes a worker out of the pool. @returns whether it was in it */
  #drop(member: Member): boolean {
    const at = this.#idle.indexOf(member);
    if (at >= 0) this.#idle.splice(at, 1);
    return this.#members.delete(member);
  }
}

/** What a lost worker's call ended with. The module of a task can fail a worker too, by what it does when it is imported. */
function lostOutcome(call: PoolCall, { exitCode, error }: Ending, wasReady: boolean): Outcome {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (code === 'HEDDLE_PROGRAM_IN_WORKER') return failure('not-loadable', error);
  const why =
    code === 'ERR_WORKER_OUT_OF_MEMORY'
      ? 'ran out of memory'
      : error !== undefined
        ? `did not catch an error: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`
        : `exited with code ${exitCode}, as by process.exit()`;
  const when = wasReady ? 'while it ran' : 'before it could run';
  return failure(
    'worker-lost',
    new WorkerLostError(`Cannot finish task '${call.name}' as its worker ${why} ${when} the call`, exitCode, {
      cause: error,
    }),
  );
}
