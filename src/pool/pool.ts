/**
 * A set of workers with one owner and one waiting line.
 *
 * A pool starts workers as they are needed, sends them calls in batches, replaces those that are lost, and
 * ends them all when it is disposed of. It knows nothing of graphs, caches or retries.
 *
 * - **Outcomes:** every call gets exactly one, unless it was cancelled.
 * - **Blame:** when a worker is lost, only the call that it ran fails; the others are run by another one.
 *   A call whose outcome was lost on the way is run again.
 * - **Batches:** a lone call leaves at the end of the turn; a burst leaves in batches that grow with what
 *   is learned of the task; an idle worker takes back what waits behind a long call.
 * - **At rest:** idle workers do not keep the process alive.
 */

import type { Clock } from '../base/clock.ts';
import { ClosedError, TimedOutError } from '../base/errors.ts';
import type { Packer } from '../codec/pack.ts';
import { thrownText } from '../task/failure.ts';
import { type FailureReason, failure } from '../task/outcome.ts';
import type { TaskModule } from '../task/task-core.ts';
import { claimsOfWorker } from '../worker/claims.ts';
import type { OutcomesMessage, StateFailedMessage, WorkerMessage } from '../worker/protocol.ts';
import type { Ending, TransportFactory } from '../worker/transport.ts';
import { Crew, type WorkerStateSpec } from './crew.ts';
import { Estimate, worthSpreadingUs } from './estimate.ts';
import { lostError, lostOutcome } from './lost.ts';
import { type Batch, type Member, placeIn } from './member.ts';
import { joined, piecesOf, type Unanswered, unansweredBy } from './pieces.ts';
import { refusalOf, sendBatch } from './sending.ts';
import { couldTakeBack, takeBack, takeBackAfterMs } from './taking-back.ts';
import { type Cut, mustBeAlone, Waiting } from './waiting.ts';
import type { Piece, Work, WorkOwner } from './work.ts';
import type { WorkPool } from './work-pool.ts';

/** Batches that a worker may have: one that it runs and one that waits, which hides the way there and back. */
const batchesAhead = 2;
/** How many workers in a row may end before they listen until the pool gives up. Arbitrary. */
const mostFailedStarts = 3;
/**
 * How long a worker may take to import a task's module before its time limit counts nevertheless, in
 * milliseconds. Arbitrary.
 */
const loadTimeoutMs = 10_000;
/** How long a call that was told that nobody waits for it may take to end by itself, in milliseconds. Arbitrary. */
const abortTimeoutMs = 500;

export interface PoolParts {
  readonly transports: TransportFactory;
  /** The most workers at once; at least 1. */
  readonly workers: number;
  readonly clock: Clock;
  readonly packer: Packer;
  /** Called when there may be more room than before. */
  roomMade(): void;
  /** A state for each worker, which it builds before it runs calls; then there are as many workers at most. */
  readonly states?: readonly WorkerStateSpec[];
}

export interface PoolStatistics {
  readonly workers: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly replaced: number;
}

export class Pool implements WorkPool {
  readonly #parts: PoolParts;
  readonly #crew: Crew;
  readonly #waiting = new Waiting();
  readonly #estimates = new Map<TaskModule, Estimate>();
  /** Timers of calls with a time limit. */
  readonly #timers = new Map<Member, Disposable>();
  /** What is known of the task that was answered last: how far ahead the pool takes calls. */
  #latest: Estimate | undefined;
  #size: number;
  /** Slots taken by calls that need more than one, beyond the worker that runs them. */
  #reserved = 0;
  /** Calls that were sent, whose outcomes are waited for. */
  #outstanding = 0;
  #failedStarts = 0;
  /** Workers in a row that ended before they had begun a single call. */
  #lostAtRest = 0;
  #hasStarted = false;
  #isFlushing = false;
  /** Why the pool can run nothing any more: the state of a worker could not be built. */
  #broken: Error | undefined;
  readonly #whenIdle: PromiseWithResolvers<void>[] = [];
  #isClosed = false;
  #watch: Disposable | undefined;
  #succeeded = 0;
  #failed = 0;
  #replaced = 0;

  constructor(parts: PoolParts) {
    this.#parts = parts;
    this.#size = parts.workers;
    this.#crew = new Crew({
      ...parts,
      states: parts.states,
      message: (member, message) => this.#onMessage(member, message),
      lost: (member, ending) => this.#onLost(member, ending),
    });
  }

  /** The most workers at once. */
  get size(): number {
    return this.#size;
  }

  /**
   * How many calls may be handed over now. As many as there are free slots while calls take long; more,
   * so that batches can be made, while they do not.
   */
  room(): number {
    if (this.#isClosed) return 0;
    const batch = this.#latest?.batchSize ?? 1;
    const ahead = batch > 1 ? batch * batchesAhead : 1;
    return Math.max(0, this.#size * ahead - this.#reserved - this.#outstanding - this.#waiting.slots);
  }

  /** Changes the most workers at once. Workers beyond it end when they have nothing to do. */
  resize(workers: number): void {
    this.#size = workers;
    this.#endIdleBeyondSize();
    this.#changed();
  }

  /**
   * Takes calls. They leave at the end of this turn of the event loop, or when there is room.
   *
   * @throws {ClosedError} If the pool was disposed of.
   */
  add(work: Work): void {
    if (this.#isClosed) throw new ClosedError('Cannot run a call as the pool was disposed of');
    if (this.#broken !== undefined) throw this.#broken;
    this.#waiting.push({ work, start: 0, end: work.inputs.length, isSuspect: false });
    this.#kick();
  }

  batchSizeOf(task: TaskModule): number {
    return this.#estimates.get(task)?.batchSize ?? 1;
  }

  whenIdle(): Promise<void> {
    const idle = Promise.withResolvers<void>();
    this.#whenIdle.push(idle);
    this.#tellIdle();
    return idle.promise;
  }

  giveUp(owner: WorkOwner): void {
    this.#waiting.removeAll((piece) => piece.work.owner === owner);
    for (const member of this.#crew.members) {
      for (const batch of member.batches) {
        for (let position = batch.answered; position < batch.count; position++) {
          if (batch.takenBack.has(position) || placeIn(batch, position).piece.work.owner !== owner) continue;
          this.#takeOut(batch, position);
          const call = batch.first + position;
          if (member.claims?.tryTakeBack(call) !== true && member.canBeTold(call)) {
            member.transport.post({ kind: 'abort', call });
          }
        }
      }
    }
    this.#changed();
  }

  /** Nobody waits any more for the outcome of a call that is at a worker. */
  #takeOut(batch: Batch, position: number): void {
    batch.takenBack.add(position);
    this.#outstanding--;
  }

  /** To be called whenever calls were settled or given up, or there is more room. */
  #changed(): void {
    this.#parts.roomMade();
    this.#tellIdle();
    this.#kick();
  }

  #tellIdle(): void {
    // Also what was given up on and still runs: whoever waits wants nothing to go on.
    if (this.#whenIdle.length === 0 || this.#waiting.length + this.#crew.busy > 0) return;
    for (const idle of this.#whenIdle.splice(0)) idle.resolve();
  }

  /** Gives up on a work of a single call: nothing is told of it any more, and a worker that runs it ends. */
  cancel(work: Work): void {
    const isWanted = (piece: Piece): boolean => piece.work === work;
    const waiting = this.#waiting.removeFirst(isWanted);
    if (waiting) {
      this.#changed();
      return;
    }
    for (const member of this.#crew.members) {
      for (const batch of member.batches) {
        for (let position = batch.answered; position < batch.count; position++) {
          if (batch.takenBack.has(position) || !isWanted(placeIn(batch, position).piece)) continue;
          this.#takeOut(batch, position);
          if (member.claims?.tryTakeBack(batch.first + position) !== true)
            this.#endCall(member, batch, position);
          this.#changed();
          return;
        }
      }
    }
  }

  statistics(): PoolStatistics {
    return {
      workers: this.#crew.size,
      running: [...this.#crew.members].filter(({ isWorking }) => isWorking).length,
      succeeded: this.#succeeded,
      failed: this.#failed,
      replaced: this.#replaced,
    };
  }

  /** Ends all workers. Calls that have no outcome are settled as cancelled. Settles when all workers are gone. */
  async dispose(): Promise<void> {
    this.#isClosed = true;
    this.#watch?.[Symbol.dispose]();
    const left = this.#waiting.takeAll();
    for (const member of this.#crew.members) {
      left.push(...unansweredBy(member).map(({ piece }) => piece));
      this.#end(member);
    }
    for (const { work, start, end } of left) {
      const reason = new ClosedError(
        `Cannot finish task '${work.task.name}' as its executor was disposed of`,
      );
      for (let index = start; index < end; index++) work.owner.failed(index, failure('cancelled', reason));
    }
    this.#tellIdle();
    await this.#crew.whenGone();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  // Sending

  /** Sends what waits at the end of this turn, so that all that is added in it can travel together. */
  #kick(): void {
    if (this.#isFlushing || this.#isClosed || this.#waiting.length === 0) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#isClosed) return;
    this.#startMembers();
    // First every worker gets something to run, then something to go on with.
    for (let ahead = 0; ahead < batchesAhead; ahead++) {
      // Workers that are too many since a resize end when they have done what they have.
      for (const member of [...this.#crew.members].slice(0, this.#size)) {
        const next = this.#waiting.next;
        if (next === undefined) break;
        if (member.batches.length > ahead || member.isBehind) continue;
        if (mustBeAlone(next) ? !this.#fitsAlone(member, next) : !this.#fits(member)) continue;
        this.#send(member, this.#waiting.cut(this.#batchSize(member, next)));
      }
    }
    this.#watchForLongCalls();
  }

  #fits(member: Member): boolean {
    if (member.inFlight >= claimsOfWorker - 1) return false;
    // A worker that runs a call with a time limit has to itself what it does.
    if (this.#timers.has(member) || this.#runsAlone(member)) return false;
    return member.batches.length > 0 || this.#crew.busy + this.#reserved < this.#size;
  }

  #fitsAlone(member: Member, { work }: Piece): boolean {
    return member.batches.length === 0 && this.#crew.busy + this.#reserved + work.slots <= this.#size;
  }

  #runsAlone(member: Member): boolean {
    const piece = member.batches[0]?.pieces[0];
    return piece !== undefined && mustBeAlone(piece);
  }

  #batchSize(member: Member, { work }: Piece): number {
    const estimate = this.#estimateOf(work.task);
    const room = claimsOfWorker - member.inFlight - 1;
    let size = Math.min(estimate.batchSize, member.ramp, room);
    const waiting = this.#waiting.length;
    if (estimate.runUs === 0 || waiting * estimate.runUs > worthSpreadingUs) {
      size = Math.min(size, Math.ceil(waiting / this.#crew.members.size));
    }
    return Math.max(1, size);
  }

  #estimateOf(task: TaskModule): Estimate {
    let estimate = this.#estimates.get(task);
    if (estimate === undefined) this.#estimates.set(task, (estimate = new Estimate()));
    return estimate;
  }

  /** Starts workers while there is more to do than those that are there can take at once. */
  #startMembers(): void {
    const next = this.#waiting.next;
    if (next === undefined) return;
    const { runUs } = this.#estimateOf(next.work.task);
    const isWorthIt = runUs === 0 || this.#waiting.length * runUs > worthSpreadingUs;
    let idle = 0;
    for (const { batches } of this.#crew.members) if (batches.length === 0) idle++;
    while (this.#crew.members.size + this.#reserved < this.#size && idle < this.#waiting.length) {
      if (idle > 0 && !isWorthIt) break;
      if (!this.#startMember()) break;
      idle++;
    }
  }

  #startMember(): boolean {
    try {
      this.#crew.start();
      return true;
    } catch (error) {
      this.#failAll(this.#waiting.takeAll(), error);
      this.#changed();
      return false;
    }
  }

  /** The state of a worker could not be built: it will not be for the next one either. */
  #onStateFailed({ error, isPacked }: StateFailedMessage): void {
    const thrown = this.#parts.packer.unpack({ data: error, isPacked });
    this.#broken = thrown instanceof Error ? thrown : new Error(thrownText(thrown), { cause: thrown });
    const left = [...this.#crew.members].flatMap((member) => {
      const unanswered = unansweredBy(member).map(({ piece }) => piece);
      this.#end(member);
      return unanswered;
    });
    this.#failAll(left, thrown, 'threw');
    this.#failAll(this.#waiting.takeAll(), thrown, 'threw');
    this.#changed();
  }

  #send(member: Member, cut: Cut): void {
    const { clock, packer } = this.#parts;
    const { work } = cut.pieces[0] as Piece;
    const startedMs = clock.nowMs();
    try {
      sendBatch(member, cut, packer, startedMs);
    } catch (error) {
      if (member.inFlight === 0) member.transport.keepAlive(false);
      this.#refuse(member, cut, error);
      return;
    }
    this.#estimateOf(work.task).cloned(((clock.nowMs() - startedMs) * 1000) / cut.count);
    this.#outstanding += cut.count;
    this.#reserved += work.slots - 1;
    if (member.isReady) this.#startTimer(member);
  }

  /** What could not be sent together is sent one by one; what cannot be sent alone fails. */
  #refuse(member: Member, { pieces, count }: Cut, error: unknown): void {
    if (count > 1) {
      for (const piece of pieces) {
        for (let index = piece.start; index < piece.end; index++) {
          this.#send(member, { pieces: [{ ...piece, start: index, end: index + 1 }], count: 1 });
        }
      }
      return;
    }
    const { work, start } = pieces[0] as Piece;
    const { packer, transports } = this.#parts;
    this.#failed++;
    work.owner.failed(start, refusalOf(work, work.inputs[start], error, packer, transports.name));
    this.#changed();
  }

  // Answers

  #onMessage(member: Member, message: WorkerMessage): void {
    if (message.kind === 'ready') {
      member.isReady = true;
      this.#hasStarted = true;
      this.#failedStarts = 0;
      this.#startTimer(member);
      return;
    }
    if (message.kind === 'state-failed') this.#onStateFailed(message);
    else this.#onOutcomes(member, message);
  }

  #onOutcomes(member: Member, message: OutcomesMessage): void {
    const { failures, meanUs } = message;
    const values = this.#parts.packer.unpack({
      data: message.values,
      isPacked: message.isPacked,
    }) as unknown[];
    const head = member.batches[0];
    if (head !== undefined) this.#learn(member, head, meanUs);
    this.#lostAtRest = 0;
    let nextFailure = 0;
    // Note the worker's state before telling the outcomes: whoever hears one may start a call at once.
    const told: (() => void)[] = [];
    for (let i = 0; i < values.length; i++) {
      const batch = member.batches[0];
      if (batch === undefined) break;
      const position = batch.answered++;
      if (batch.answered === batch.count) this.#finish(member, batch);
      const failed = failures?.[nextFailure]?.[0] === i ? failures[nextFailure++] : undefined;
      if (batch.takenBack.delete(position)) continue;
      this.#outstanding--;
      const { piece, index } = placeIn(batch, position);
      const { owner } = piece.work;
      const value = values[i];
      if (failed === undefined) {
        this.#succeeded++;
        told.push(() => owner.succeeded(index, value));
      } else {
        this.#failed++;
        told.push(() => owner.failed(index, failure(failed[1], value)));
      }
    }
    member.inFlight -= values.length;
    if (member.inFlight === 0) {
      member.transport.keepAlive(false);
      this.#endIdleBeyondSize();
    }
    for (const tell of told) tell();
    this.#changed();
    this.#watchForLongCalls();
  }

  #learn(member: Member, { pieces }: Batch, meanUs: number): void {
    const estimate = this.#estimateOf((pieces[0] as Piece).work.task);
    estimate.ran(meanUs);
    this.#latest = estimate;
    member.ramp = Math.min(estimate.batchSize, member.ramp * 2);
  }

  #finish(member: Member, batch: Batch): void {
    member.batches.shift();
    const { slots } = (batch.pieces[0] as Piece).work;
    this.#reserved -= slots - 1;
    this.#stopTimer(member);
  }

  // Time limits

  /** The time of a call begins when its worker listens, not while it is being started. */
  #startTimer(member: Member): void {
    const batch = member.batches[0];
    const work = batch?.pieces[0]?.work;
    if (batch === undefined || work?.timeoutMs === undefined || this.#timers.has(member)) return;
    this.#waitFor(member, batch, work, work.timeoutMs, 0);
  }

  /** @param loadedMs - for how long its worker was importing when it was looked at before */
  #waitFor(member: Member, batch: Batch, work: Work, timeoutMs: number, loadedMs: number): void {
    const look = (): void => {
      // A worker that imports the module of the task has not begun.
      const isLoading = member.fateOf(batch.first) === 'not-started';
      if (isLoading && loadedMs < loadTimeoutMs) {
        this.#waitFor(member, batch, work, timeoutMs, loadedMs + timeoutMs);
        return;
      }
      // It has begun since the last look, nobody knows when: from now on it has the whole limit.
      if (!isLoading && loadedMs > 0) {
        this.#waitFor(member, batch, work, timeoutMs, 0);
        return;
      }
      const isWanted = !batch.takenBack.has(0);
      if (isWanted) this.#takeOut(batch, 0);
      this.#endCall(member, batch, 0);
      if (!isWanted) return;
      this.#failed++;
      const text = `Cannot wait for task '${work.task.name}' any longer as it took more than ${timeoutMs} ms`;
      work.owner.failed(placeIn(batch, 0).index, failure('timed-out', new TimedOutError(text)));
      this.#changed();
    };
    this.#timers.set(member, this.#parts.clock.after(timeoutMs, look));
  }

  #stopTimer(member: Member): void {
    this.#timers.get(member)?.[Symbol.dispose]();
    this.#timers.delete(member);
  }

  // Taking back

  /** Looks again in a moment, while a worker has nothing to do and another one has more than one call. */
  #watchForLongCalls(): void {
    if (this.#watch !== undefined || this.#isClosed || !this.#mayTakeBack()) return;
    const look = (): void => {
      this.#watch = undefined;
      if (this.#mayTakeBack()) {
        const taken = takeBack(this.#crew.members, this.#parts.clock.nowMs());
        for (const { start, end } of taken) this.#outstanding -= end - start;
        this.#waiting.putBack(taken);
      }
      this.#kick();
      this.#watchForLongCalls();
    };
    this.#watch = this.#parts.clock.after(takeBackAfterMs, look, { ref: false });
  }

  #mayTakeBack(): boolean {
    return this.#waiting.length === 0 && couldTakeBack(this.#crew.members, this.#size);
  }

  // Workers that go

  #onLost(member: Member, ending: Ending): void {
    const unanswered = unansweredBy(member);
    const hasBegun = member.inFlight < member.sent || unanswered.some(({ call }) => member.hasBegun(call));
    this.#forgetBatches(member);
    if (!member.isReady && !this.#mayStartAgain()) {
      const error = lostError(unanswered[0]?.piece.work.task.name ?? '', ending, false);
      this.#failAll(piecesOf(unanswered), error);
      this.#failAll(this.#waiting.takeAll(), error);
      this.#changed();
      return;
    }
    if (unanswered.length > 0) this.#replaced++;
    if (member.isReady && !hasBegun && ++this.#lostAtRest >= mostFailedStarts) {
      this.#failUnloadable(unanswered, ending);
      return;
    }
    const isOnly = unanswered.length === 1;
    const again: Piece[] = [];
    for (const { piece, call } of unanswered) {
      const fate = member.fateOf(call);
      if (fate === 'running' || (fate === 'unknown' && (isOnly || piece.isSuspect))) {
        this.#failed++;
        piece.work.owner.failed(piece.start, lostOutcome(piece.work.task.name, ending, member.isReady));
      } else again.push(fate === 'unknown' ? { ...piece, isSuspect: true } : piece);
    }
    this.#waiting.putBack(again.some(({ isSuspect }) => isSuspect) ? again : joined(again));
    this.#changed();
  }

  /** Importing a task's module ends workers: no call of that task can be run. */
  #failUnloadable(unanswered: readonly Unanswered[], ending: Ending): void {
    this.#lostAtRest = 0;
    const modules = new Set(unanswered.map(({ piece }) => piece.work.task));
    const waiting = this.#waiting.removeAll(({ work }) => modules.has(work.task));
    for (const piece of [...piecesOf(unanswered), ...waiting]) {
      const { error, reason } = lostOutcome(piece.work.task.name, ending, false);
      this.#failAll([piece], error, reason);
    }
    this.#changed();
  }

  #mayStartAgain(): boolean {
    this.#failedStarts++;
    return this.#hasStarted && this.#failedStarts < mostFailedStarts;
  }

  /** Ends a running call that nobody waits for: by its signal if it has asked for that, otherwise with its worker. */
  #endCall(member: Member, batch: Batch, position: number): void {
    const call = batch.first + position;
    if (!member.canBeTold(call)) {
      this.#abandon(member);
      return;
    }
    member.transport.post({ kind: 'abort', call });
    const isOut = (): boolean =>
      this.#crew.members.has(member) && batch.answered <= position && member.batches.includes(batch);
    const endWorker = (): void => {
      if (!isOut()) return;
      // While an earlier call runs, this one has not begun; it will not, as its worker was told.
      if (member.batches[0] === batch && batch.answered === position) this.#abandon(member);
      else wait();
    };
    const wait = (): void => void this.#parts.clock.after(abortTimeoutMs, endWorker, { ref: false });
    wait();
  }

  /** Ends a worker one of whose calls was given up on; its other calls are run by another one. */
  #abandon(member: Member): void {
    this.#replaced++;
    const again = unansweredBy(member).map(({ piece }) => piece);
    this.#end(member);
    this.#waiting.putBack(joined(again));
    this.#changed();
  }

  #forgetBatches(member: Member): void {
    this.#outstanding -= member.outstanding;
    for (const batch of member.batches.splice(0)) {
      this.#reserved -= (batch.pieces[0] as Piece).work.slots - 1;
    }
    member.inFlight = 0;
    this.#stopTimer(member);
  }

  #failAll(pieces: readonly Piece[], error: unknown, reason: FailureReason = 'worker-lost'): void {
    for (const { work, start, end } of pieces) {
      for (let index = start; index < end; index++) {
        this.#failed++;
        work.owner.failed(index, failure(reason, error));
      }
    }
  }

  #endIdleBeyondSize(): void {
    for (const member of this.#crew.members) {
      if (this.#crew.members.size <= this.#size) return;
      if (member.batches.length === 0) this.#end(member);
    }
  }

  /** Ends a worker; what it has is the caller's business. */
  #end(member: Member): void {
    this.#crew.end(member);
    this.#forgetBatches(member);
  }
}
