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
import { BatchScan } from '../codec/batch-scan.ts';
import { NotCloneableError, type Packer } from '../codec/pack.ts';
import { thrownText } from '../task/failure.ts';
import { type FailureReason, failure } from '../task/outcome.ts';
import type { TaskModule } from '../task/task-core.ts';
import { claimsOfWorker } from '../worker/claims.ts';
import type { OutcomesMessage, StateFailedMessage, WorkerMessage } from '../worker/protocol.ts';
import type { Ending, TransportFactory } from '../worker/transport.ts';
import { WorkerLostError } from '../worker/worker-lost-error.ts';
import { Estimate, worthSpreadingUs } from './estimate.ts';
import { type Batch, Member, placeIn } from './member.ts';
import { type Cut, mustBeAlone, Waiting } from './waiting.ts';
import type { Piece, Work, WorkOwner } from './work.ts';
import type { WorkPool } from './work-pool.ts';

/** Batches that a worker may have: one that it runs and one that waits, which hides the way there and back. */
const batchesAhead = 2;
/** How long a batch may be out before an idle worker takes calls back from it, in milliseconds. */
const stealAfterMs = 1;
/** How many workers in a row may end before they listen until the pool gives up. Arbitrary. */
const mostFailedStarts = 3;
/** How long a call that was told that nobody waits for it may take to end by itself, in milliseconds. Arbitrary. */
const abortTimeoutMs = 500;
/** How long a worker may take to end by itself, in milliseconds. Arbitrary. */
const stopTimeoutMs = 1000;
/** The same for a worker with a state, which may take its time to be disposed of. Arbitrary. */
const stopStateTimeoutMs = 10_000;

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

/** What a worker builds. */
export interface WorkerStateSpec {
  readonly module: TaskModule;
  /** The constructor's arguments. */
  readonly args: readonly unknown[];
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
  /** Living workers. A member leaves by `#drop`, and only there. */
  readonly #members = new Set<Member>();
  /** Workers that were told to end and have not yet. */
  readonly #ending = new Set<Promise<void>>();
  readonly #waiting = new Waiting();
  readonly #estimates = new Map<TaskModule, Estimate>();
  /** Timers of calls with a time limit. */
  readonly #timers = new Map<Member, Disposable>();
  /** What is known of the task that was answered last: how far ahead the pool takes calls. */
  #latest: Estimate | undefined;
  #size: number;
  /** Slots taken by calls that need more than one, beyond the worker that runs them. */
  #reserved = 0;
  #inFlight = 0;
  #failedStarts = 0;
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
    return Math.max(0, this.#size * ahead - this.#reserved - this.#inFlight - this.#waiting.slots);
  }

  /** Changes the most workers at once. Workers beyond it end when they have nothing to do. */
  resize(workers: number): void {
    this.#size = workers;
    this.#endIdleBeyondSize();
    this.#parts.roomMade();
    this.#kick();
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
    if (this.#waiting.length + this.#inFlight === 0) return Promise.resolve();
    const idle = Promise.withResolvers<void>();
    this.#whenIdle.push(idle);
    return idle.promise;
  }

  giveUp(owner: WorkOwner): void {
    this.#waiting.removeAll((piece) => piece.work.owner === owner);
    for (const member of this.#members) {
      for (const batch of member.batches) {
        for (let position = batch.answered; position < batch.count; position++) {
          if (batch.takenBack.has(position) || placeIn(batch, position).piece.work.owner !== owner) continue;
          batch.takenBack.add(position);
          const call = batch.first + position;
          if (member.claims?.tryTakeBack(call) !== true && member.canBeTold(call)) {
            member.transport.post({ kind: 'abort', call });
          }
        }
      }
    }
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.#waiting.length + this.#inFlight > 0) return;
    for (const idle of this.#whenIdle.splice(0)) idle.resolve();
  }

  /** Gives up on a work of a single call: nothing is told of it any more, and a worker that runs it ends. */
  cancel(work: Work): void {
    const isWanted = (piece: Piece): boolean => piece.work === work;
    const waiting = this.#waiting.removeFirst(isWanted);
    if (waiting) {
      this.#parts.roomMade();
      return;
    }
    for (const member of this.#members) {
      for (const batch of member.batches) {
        for (let position = batch.answered; position < batch.count; position++) {
          if (batch.takenBack.has(position) || !isWanted(placeIn(batch, position).piece)) continue;
          batch.takenBack.add(position);
          if (member.claims?.tryTakeBack(batch.first + position) !== true)
            this.#endCall(member, batch, position);
          this.#kick();
          this.#parts.roomMade();
          return;
        }
      }
    }
  }

  statistics(): PoolStatistics {
    let running = 0;
    for (const { batches } of this.#members) if (batches.length > 0) running++;
    return {
      workers: this.#members.size,
      running,
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
    for (const member of this.#members) {
      left.push(...this.#unanswered(member).map(({ piece }) => piece));
      this.#end(member);
    }
    for (const { work, start, end } of left) {
      const reason = new ClosedError(
        `Cannot finish task '${work.task.name}' as its executor was disposed of`,
      );
      for (let index = start; index < end; index++) work.owner.failed(index, failure('cancelled', reason));
    }
    this.#inFlight = 0;
    this.#tellIdle();
    await Promise.all(this.#ending);
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
      for (const member of this.#members) {
        const next = this.#waiting.next;
        if (next === undefined) break;
        if (member.batches.length > ahead) continue;
        if (mustBeAlone(next) ? !this.#fitsAlone(member, next) : !this.#fits(member)) continue;
        this.#send(member, this.#waiting.cut(this.#batchSize(member, next)));
      }
    }
    this.#watchForLongCalls();
  }

  #fits(member: Member): boolean {
    // A worker that runs a call with a time limit has to itself what it does.
    if (this.#timers.has(member) || this.#runsAlone(member)) return false;
    return member.batches.length > 0 || this.#busy() + this.#reserved < this.#size;
  }

  #fitsAlone(member: Member, { work }: Piece): boolean {
    return member.batches.length === 0 && this.#busy() + this.#reserved + work.slots <= this.#size;
  }

  #runsAlone(member: Member): boolean {
    const piece = member.batches[0]?.pieces[0];
    return piece !== undefined && mustBeAlone(piece);
  }

  #busy(): number {
    let busy = 0;
    for (const { batches } of this.#members) if (batches.length > 0) busy++;
    return busy;
  }

  #batchSize(member: Member, { work }: Piece): number {
    const estimate = this.#estimateOf(work.task);
    const room = claimsOfWorker - member.inFlight - 1;
    let size = Math.min(estimate.batchSize, member.ramp, room);
    const waiting = this.#waiting.length;
    if (estimate.runUs === 0 || waiting * estimate.runUs > worthSpreadingUs) {
      size = Math.min(size, Math.ceil(waiting / this.#members.size));
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
    for (const { batches } of this.#members) if (batches.length === 0) idle++;
    while (this.#members.size + this.#reserved < this.#size && idle < this.#waiting.length) {
      if (idle > 0 && !isWorthIt) break;
      if (!this.#startMember()) break;
      idle++;
    }
  }

  #startMember(): boolean {
    const { transports } = this.#parts;
    let member: Member | undefined;
    try {
      const { transport, claims } = transports.start({
        message: (message) => this.#onMessage(member as Member, message),
        ended: (ending) => this.#onEnded(member as Member, ending),
      });
      member = new Member(claims, transport);
      this.#members.add(member);
      this.#sendState(member);
      return true;
    } catch (error) {
      this.#failAllWaiting(error);
      return false;
    }
  }

  /** Gives a worker the state that no other one has. */
  #sendState(member: Member): void {
    const { states, packer } = this.#parts;
    if (states === undefined) return;
    const taken = new Set([...this.#members].map(({ state }) => state));
    member.state = states.findIndex((_, index) => !taken.has(index));
    const { module, args } = states[member.state] as WorkerStateSpec;
    const { data, isPacked } = packer.pack(args, 'args');
    member.transport.post({
      kind: 'state',
      module: { url: module.url, name: module.name },
      args: data,
      isPacked,
    });
  }

  /** The state of a worker could not be built: it will not be for the next one either. */
  #onStateFailed({ error, isPacked }: StateFailedMessage): void {
    const thrown = this.#parts.packer.unpack({ data: error, isPacked });
    this.#broken = thrown instanceof Error ? thrown : new Error(thrownText(thrown), { cause: thrown });
    const left = [...this.#members].flatMap((member) => {
      const unanswered = this.#unanswered(member).map(({ piece }) => piece);
      this.#end(member);
      return unanswered;
    });
    this.#failAll(left, thrown, 'threw');
    this.#failAll(this.#waiting.takeAll(), thrown, 'threw');
    this.#parts.roomMade();
    this.#tellIdle();
  }

  #send(member: Member, { pieces, count }: Cut): void {
    const { work } = pieces[0] as Piece;
    const { task, isNew } = member.numberOf(work.task);
    const first = member.sent;
    const startedMs = this.#parts.clock.nowMs();
    const batch: Batch = { first, pieces, count, answered: 0, takenBack: new Set(), sentAtMs: startedMs };
    const inputs = inputsOf(pieces);
    for (let call = first; call < first + count; call++) member.claims?.offer(call);
    try {
      const scan = new BatchScan();
      const apart = count === 1 ? inputs : inputs.map((input) => scan.separate(input));
      const { data, isPacked } = this.#parts.packer.pack(apart, 'args');
      member.transport.post({
        kind: 'batch',
        first,
        task,
        module: isNew ? { url: work.task.url, name: work.task.name } : undefined,
        inputs: data as readonly unknown[],
        isSingle: work.isSingle,
        isPacked,
      });
    } catch (error) {
      if (isNew) member.forgetTask(work.task);
      if (member.inFlight === 0) member.transport.keepAlive(false);
      this.#refuse(member, pieces, count, error);
      return;
    }
    this.#estimateOf(work.task).cloned(((this.#parts.clock.nowMs() - startedMs) * 1000) / count);
    if (member.inFlight === 0) member.transport.keepAlive(true);
    member.sent += count;
    member.inFlight += count;
    member.batches.push(batch);
    this.#inFlight += count;
    this.#reserved += work.slots - 1;
    if (member.isReady) this.#startTimer(member);
  }

  /** What could not be sent together is sent one by one; what cannot be sent alone fails. */
  #refuse(member: Member, pieces: readonly Piece[], count: number, error: unknown): void {
    if (count > 1) {
      for (const piece of pieces) {
        for (let index = piece.start; index < piece.end; index++) {
          this.#send(member, { pieces: [{ ...piece, start: index, end: index + 1 }], count: 1 });
        }
      }
      return;
    }
    const { work, start } = pieces[0] as Piece;
    this.#failed++;
    work.owner.failed(start, this.#refusal(work, work.inputs[start], error));
    this.#parts.roomMade();
    this.#kick();
  }

  #refusal({ task, isSingle }: Work, input: unknown, error: unknown): ReturnType<typeof failure> {
    const { packer, transports } = this.#parts;
    let found: NotCloneableError;
    if (error instanceof NotCloneableError || error instanceof DOMException) {
      found = packer.explain(isSingle ? [input] : input, 'args', undefined, error);
    } else return failure('not-loadable', error);
    const text = `Cannot send task '${task.name}' to a worker ${transports.name} as ${found.message}`;
    return failure('not-cloneable', new NotCloneableError(found.path, text, { cause: error }));
  }

  // Answers

  #onMessage(member: Member, message: WorkerMessage): void {
    if (!this.#members.has(member)) return;
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
    let nextFailure = 0;
    // Note the worker's state before telling the outcomes: whoever hears one may start a call at once.
    const told: (() => void)[] = [];
    for (let i = 0; i < values.length; i++) {
      const batch = member.batches[0];
      if (batch === undefined) break;
      const position = batch.answered++;
      if (batch.answered === batch.count) this.#finish(member, batch);
      const failed = failures?.[nextFailure]?.[0] === i ? failures[nextFailure++] : undefined;
      if (batch.takenBack.has(position)) continue;
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
    this.#inFlight -= values.length;
    if (member.inFlight === 0) {
      member.transport.keepAlive(false);
      this.#endIdleBeyondSize();
    }
    for (const tell of told) tell();
    this.#parts.roomMade();
    this.#tellIdle();
    this.#kick();
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
    const { timeoutMs, task } = work;
    const timer = this.#parts.clock.after(timeoutMs, () => {
      this.#failed++;
      batch.takenBack.add(0);
      this.#endCall(member, batch, 0);
      const text = `Cannot wait for task '${task.name}' any longer as it took more than ${timeoutMs} ms`;
      work.owner.failed(placeIn(batch, 0).index, failure('timed-out', new TimedOutError(text)));
      this.#parts.roomMade();
      this.#kick();
    });
    this.#timers.set(member, timer);
  }

  #stopTimer(member: Member): void {
    this.#timers.get(member)?.[Symbol.dispose]();
    this.#timers.delete(member);
  }

  // Taking back

  /** Looks again in a moment, while a worker has nothing to do and another one has more than one call. */
  #watchForLongCalls(): void {
    if (this.#watch !== undefined || this.#isClosed || this.#waiting.length > 0 || !this.#couldTakeBack())
      return;
    const look = (): void => {
      this.#watch = undefined;
      this.#takeBack();
      this.#watchForLongCalls();
    };
    this.#watch = this.#parts.clock.after(stealAfterMs, look, { ref: false });
  }

  #couldTakeBack(): boolean {
    let isIdle = this.#members.size < this.#size;
    let hasMore = false;
    for (const { batches, inFlight, claims } of this.#members) {
      if (batches.length === 0) isIdle = true;
      else if (claims !== undefined && inFlight > 1) hasMore = true;
    }
    return isIdle && hasMore;
  }

  /** Takes half of what the worker with most calls has not started, if it has had it for a while. */
  #takeBack(): void {
    if (this.#waiting.length > 0 || !this.#couldTakeBack()) return;
    const nowMs = this.#parts.clock.nowMs();
    let richest: Member | undefined;
    for (const member of this.#members) {
      const head = member.batches[0];
      if (head === undefined || nowMs - head.sentAtMs < stealAfterMs) continue;
      if (member.inFlight > 1 && member.inFlight > (richest?.inFlight ?? 0)) richest = member;
    }
    if (richest?.claims === undefined) return;
    const taken: Piece[] = [];
    let want = richest.inFlight >> 1;
    for (const batch of richest.batches.toReversed()) {
      for (let position = batch.count - 1; position >= batch.answered && want > 0; position--) {
        if (batch.takenBack.has(position)) continue;
        if (!richest.claims.tryTakeBack(batch.first + position)) break;
        batch.takenBack.add(position);
        const { piece, index } = placeIn(batch, position);
        taken.push({ ...piece, start: index, end: index + 1 });
        want--;
      }
    }
    this.#waiting.putBack(joined(taken.reverse()));
    this.#kick();
  }

  // Workers that go

  #onEnded(member: Member, ending: Ending): void {
    member.whenEnded.resolve();
    if (!this.#drop(member)) return;
    const unanswered = this.#unanswered(member);
    this.#forgetBatches(member);
    if (!member.isReady && !this.#mayStartAgain()) {
      const error = lostError(unanswered[0]?.piece.work.task.name ?? '', ending, false);
      this.#failAll(
        unanswered.map(({ piece }) => piece),
        error,
      );
      this.#failAllWaiting(error);
      return;
    }
    if (unanswered.length > 0) this.#replaced++;
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
    this.#parts.roomMade();
    this.#kick();
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
    const endWorker = (): void => {
      if (this.#members.has(member) && batch.answered <= position && member.batches.includes(batch)) {
        this.#abandon(member);
      }
    };
    this.#parts.clock.after(abortTimeoutMs, endWorker, { ref: false });
  }

  /** Ends a worker one of whose calls was given up on; its other calls are run by another one. */
  #abandon(member: Member): void {
    this.#replaced++;
    const again = this.#unanswered(member).map(({ piece }) => piece);
    this.#end(member);
    this.#waiting.putBack(joined(again));
    this.#parts.roomMade();
    this.#kick();
  }

  /** The calls of a worker that have no outcome and were not taken back, a piece each, in order. */
  #unanswered(member: Member): { readonly piece: Piece; readonly call: number }[] {
    return member.batches.flatMap((batch) => {
      const calls = [];
      for (let position = batch.answered; position < batch.count; position++) {
        if (batch.takenBack.has(position)) continue;
        const { piece, index } = placeIn(batch, position);
        calls.push({ piece: { ...piece, start: index, end: index + 1 }, call: batch.first + position });
      }
      return calls;
    });
  }

  #forgetBatches(member: Member): void {
    for (const batch of member.batches.splice(0)) {
      this.#reserved -= (batch.pieces[0] as Piece).work.slots - 1;
    }
    this.#inFlight -= member.inFlight;
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

  #failAllWaiting(error: unknown): void {
    this.#failAll(this.#waiting.takeAll(), error);
    this.#parts.roomMade();
  }

  #endIdleBeyondSize(): void {
    for (const member of this.#members) {
      if (this.#members.size <= this.#size) return;
      if (member.batches.length === 0) this.#end(member);
    }
  }

  /** Ends a worker; what it has is the caller's business. */
  #end(member: Member): void {
    if (!this.#drop(member)) return;
    const isAtRest = member.isReady && member.batches.length === 0;
    this.#forgetBatches(member);
    const ended = (isAtRest ? this.#stop(member) : member.transport.terminate()).finally(() =>
      this.#ending.delete(ended),
    );
    this.#ending.add(ended);
  }

  /** Lets a worker end by itself, so that what its calls have printed arrives; but not for ever. */
  async #stop({ transport, whenEnded }: Member): Promise<void> {
    transport.post({ kind: 'stop' });
    const limitMs = this.#parts.states === undefined ? stopTimeoutMs : stopStateTimeoutMs;
    const timer = this.#parts.clock.after(limitMs, () => void transport.terminate());
    await whenEnded.promise;
    timer[Symbol.dispose]();
  }

  /** Takes a worker out of the pool. @returns whether it was in it */
  #drop(member: Member): boolean {
    return this.#members.delete(member);
  }
}

function inputsOf(pieces: readonly Piece[]): unknown[] {
  const [first] = pieces as readonly [Piece, ...Piece[]];
  if (pieces.length === 1) return first.work.inputs.slice(first.start, first.end);
  return pieces.map(({ work, start }) => work.inputs[start]);
}

/** Neighbours of one work as one piece again. */
function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (
      last !== undefined &&
      last.work === piece.work &&
      last.end === piece.start &&
      last.isSuspect === piece.isSuspect
    ) {
      result[result.length - 1] = { ...last, end: piece.end };
    } else result.push(piece);
  }
  return result;
}

/** What a lost worker's call ended with. The module of a task can fail a worker too, by what it does when it is imported. */
function lostOutcome(task: string, ending: Ending, wasReady: boolean): ReturnType<typeof failure> {
  const code = (ending.error as { code?: unknown } | undefined)?.code;
  if (code === 'HEDDLE_PROGRAM_IN_WORKER') return failure('not-loadable', ending.error);
  return failure('worker-lost', lostError(task, ending, wasReady));
}

function lostError(task: string, { exitCode, error }: Ending, wasReady: boolean): WorkerLostError {
  const code = (error as { code?: unknown } | undefined)?.code;
  const why =
    code === 'ERR_WORKER_OUT_OF_MEMORY'
      ? 'ran out of memory'
      : error !== undefined
        ? `did not catch an error, of this call or of one before: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`
        : `exited with code ${exitCode}, as by process.exit()`;
  const when = wasReady ? 'while it ran' : 'before it could run';
  return new WorkerLostError(`Cannot finish task '${task}' as its worker ${why} ${when} the call`, exitCode, {
    cause: error,
  });
}
