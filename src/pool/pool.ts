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
 * - **Threads:** busy workers take of those that the process shares (`counted-threads.ts`), unless the pool was told to have
 *   more workers than there are of them: then it is meant to have more, and takes none.
 */

import { currentThreads } from '../allocation/scopes.ts';
import type { Semaphore } from '../allocation/semaphore.ts';
import type { Clock } from '../base/clock.ts';
import { ClosedError, TimedOutError } from '../base/errors.ts';
import type { Codecs } from '../codec/codecs.ts';
import { copyValue } from '../codec/copy.ts';
import { NotCloneableError, type Packed, type Packer } from '../codec/pack.ts';
import { failure } from '../task/outcome.ts';
import type { TaskModule } from '../task/task-core.ts';
import type { HostReferences } from '../worker/host-references.ts';
import type {
  OutcomesMessage,
  StateFailedMessage,
  ToldMessage,
  WorkerMessage,
  WorkerSetup,
} from '../worker/protocol.ts';
import type { TransportFactory } from '../worker/transport.ts';
import { type Answered, noteAnswered, readValues, tellOutcomes } from './answers.ts';
import { CountedThreads } from './counted-threads.ts';
import { Crew, type WorkerStateSpec } from './crew.ts';
import { batchesAhead, Dispatch } from './dispatch.ts';
import type { Estimate } from './estimate.ts';
import { IdleWorkers } from './idle-workers.ts';
import { Lines, sentBefore } from './lines.ts';
import { type Batch, type Member, placeIn } from './member.ts';
import { unansweredBy } from './pieces.ts';
import { readEvent } from './read-event.ts';
import { Recovery } from './recovery.ts';
import { refusalOf, sendBatch } from './sending.ts';
import { SingleCall } from './single-call.ts';
import { couldTakeBack, takeBack, takeBackAfterMs } from './taking-back.ts';
import { type PoolStatistics, Tally } from './tally.ts';
import { type Overdue, TimeLimits } from './time-limits.ts';
import { type Cut, mustBeAlone } from './waiting.ts';
import { type Piece, pieceOf, type Work, type WorkOwner } from './work.ts';
import type { WorkPool } from './work-pool.ts';
import type { WorkerLimits } from './worker-limits.ts';

/** How long a worker may take to start, and to import a module, unless told otherwise, in milliseconds. Arbitrary. */
const startTimeoutMs = 60_000;
export interface PoolParts {
  readonly transports: TransportFactory;
  /** The most workers at once; at least 1. */
  readonly workers: number;
  readonly clock: Clock;
  readonly packer: Packer;
  /** Called when there may be more room than before. */
  roomMade(): void;
  /** A state for each worker, which it builds before it runs calls; then there are as many workers at most. */
  readonly states?: readonly WorkerStateSpec[] | undefined;
  readonly limits?: WorkerLimits | undefined;
  /** The user's codecs, which the packer has too. */
  readonly codecs?: Codecs | undefined;
  readonly setup?: WorkerSetup | undefined;
  /**
   * Whether busy workers take of the threads that the process shares. Not those that are on another machine, nor where
   * whoever hands over calls has taken threads for them.
   *
   * @defaultValue `true`
   */
  readonly isCounted?: boolean | undefined;
  /** Large data, where it does not travel in messages. It goes with the pool. */
  readonly references?: HostReferences | undefined;
}

const noSetup: WorkerSetup = { init: undefined, finish: undefined, jobDirs: undefined };

export class Pool implements WorkPool {
  readonly #parts: PoolParts;
  readonly #crew: Crew;
  readonly #waiting: Lines;
  readonly #dispatch: Dispatch;
  readonly #limits: WorkerLimits;
  readonly #timeLimits: TimeLimits;
  readonly #idle: IdleWorkers | undefined;
  /** What is known of the task that was answered last: how far ahead the pool takes calls. */
  #latest: Estimate | undefined;
  /** Calls that were sent, whose outcomes are waited for. */
  #outstanding = 0;
  readonly #recovery: Recovery;
  #isFlushing = false;
  /** When the first of the calls was added that leave together. */
  #turnMs = 0;
  readonly #whenIdle: PromiseWithResolvers<void>[] = [];
  #isClosed = false;
  #watch: Disposable | undefined;
  /** Whether something waits for workers that do not listen yet; a fresh one keeps the process alive. */
  #areStartingNeeded = true;
  readonly #tally = new Tally();

  constructor(parts: PoolParts) {
    this.#parts = parts;
    this.#waiting = new Lines(parts.workers);
    this.#limits = parts.limits ?? {};
    const { idleTimeoutMs, maxMemoryBytes, maxCallsPerWorker } = this.#limits;
    this.#crew = new Crew({
      ...parts,
      states: parts.states,
      tellsMemory: maxMemoryBytes !== undefined,
      codecs: parts.codecs?.modules ?? [],
      setup: parts.setup ?? noSetup,
      references: parts.references,
      message: (member, message) => this.#onMessage(member, message),
      lost: (member, ending) => this.#recovery.lost(member, ending),
    });
    const { startsLate = false } = parts.transports;
    this.#dispatch = new Dispatch(this.#crew, this.#waiting, parts.workers, {
      mostCalls: maxCallsPerWorker,
      startsLate,
    });
    this.#countThreads();
    this.#timeLimits = new TimeLimits({
      clock: parts.clock,
      startMs: this.#limits.startTimeoutMs ?? startTimeoutMs,
      startsLate,
      stateMs: this.#limits.startTimeoutMs,
      overdue: (member, what) => this.#onOverdue(member, what),
    });
    this.#recovery = new Recovery({
      crew: this.#crew,
      waiting: this.#waiting,
      tally: this.#tally,
      clock: parts.clock,
      startTimeoutMs: this.#limits.startTimeoutMs ?? startTimeoutMs,
      end: (member) => this.#end(member),
      forget: (member) => this.#forgetBatches(member),
      changed: () => this.#changed(),
    });
    if (idleTimeoutMs !== undefined) {
      const { members } = this.#crew;
      const end = (member: Member): void => this.#end(member);
      this.#idle = new IdleWorkers({
        clock: parts.clock,
        timeoutMs: idleTimeoutMs,
        members,
        ...(startsLate ? { isStartingNeeded: () => this.#waiting.length > 0 } : {}),
        end,
      });
    }
  }

  /** The most workers at once. */
  get size(): number {
    return this.#dispatch.size;
  }

  /**
   * How many calls may be handed over now. As many as there are free slots while calls take long; more,
   * so that batches can be made, while they do not.
   *
   * @param threads - those that they are counted among, if not those of the process. Calls that wait for other threads take no
   *   room from them: who holds those may wait for just these calls
   */
  room(threads?: Semaphore): number {
    if (this.#isClosed) return 0;
    const batch = this.#latest?.batchSize ?? 1;
    const ahead = batch > 1 ? batch * batchesAhead : 1;
    const { size, reserved } = this.#dispatch;
    const waiting =
      this.#dispatch.threads === undefined ? this.#waiting.slots : this.#waiting.slotsOf(threads);
    return Math.max(0, size * ahead - reserved - this.#outstanding - waiting);
  }

  /** Changes the most workers at once. Workers beyond it end when they have nothing to do. */
  resize(workers: number): void {
    this.#dispatch.size = workers;
    this.#waiting.resize(workers);
    this.#countThreads();
    this.#endIdleBeyondSize();
    this.#changed();
  }

  /** Decides whether its workers are counted among the threads that there are here. */
  #countThreads(): void {
    const { isCounted: mayCount, limits: { sharesThreads } = {} } = this.#parts;
    const isCounted = mayCount !== false && sharesThreads !== false && this.size <= currentThreads().total;
    const { threads } = this.#dispatch;
    if (isCounted === (threads !== undefined)) return;
    this.#dispatch.threads = isCounted ? new CountedThreads(() => this.#goOn()) : undefined;
    if (threads === undefined) return;
    for (const member of this.#crew.members) threads.rested(member);
    threads.settle(() => false);
  }

  /**
   * Takes calls. They leave at the end of this turn of the event loop, or when there is room.
   *
   * @throws {ClosedError} If the pool was disposed of.
   */
  add(work: Work): void {
    this.#refuseIfOver();
    this.#waiting.push(this.#pieceOf(work));
    this.#kick();
  }

  /**
   * Sends a work of a single call at once, if a worker can take it before all others: then its inputs need no copy.
   *
   * @returns whether it was sent
   * @throws {ClosedError} If the pool was disposed of.
   */
  trySend(work: Work): boolean {
    this.#refuseIfOver();
    if (this.#isFlushing || this.#waiting.length > 0 || work.pin !== undefined) return false;
    const piece = this.#pieceOf(work);
    if (mustBeAlone(piece)) return false;
    for (let ahead = 0; ahead < batchesAhead; ahead++) {
      for (const member of this.#crew.members) {
        if (!member.isReady || !this.#dispatch.canTake(member, ahead, piece)) continue;
        this.#send(member, { pieces: [piece], count: 1 });
        this.#watchForLongCalls();
        return true;
      }
      // Another worker could be started for it.
      if (this.#crew.size < this.#dispatch.size) return false;
    }
    return false;
  }

  /** Whether a call could be sent now, to wait at a worker behind others. */
  hasPlaceAhead(): boolean {
    if (this.#isClosed || this.#isFlushing || this.#waiting.length > 0) return false;
    for (const member of this.#crew.members) {
      if (member.isReady && member.batches.length < batchesAhead && !member.isBehind) return true;
    }
    return false;
  }

  snapshot(args: readonly unknown[]): Packed {
    const { data, isPacked } = this.#parts.packer.pack(args, 'args');
    // Packing leaves what the clone algorithm keeps as it is.
    return { data: copyValue(data), isPacked };
  }

  #refuseIfOver(): void {
    if (this.#isClosed) throw new ClosedError('Cannot run a call as the pool was disposed of');
    const { broken } = this.#recovery;
    if (broken !== undefined) throw broken;
  }

  #pieceOf(work: Work): Piece {
    const { clock } = this.#parts;
    // The clock is asked once for all that is added in a turn.
    if (!this.#isFlushing) this.#turnMs = clock.nowMs();
    if (work instanceof SingleCall) {
      work.addedAtMs = this.#turnMs;
      return work;
    }
    return { work, start: 0, end: work.inputs.length, isSuspect: false, addedAtMs: this.#turnMs };
  }

  get leastReferenceBytes(): number | undefined {
    return this.#parts.references?.options.leastBytes;
  }

  batchSizeOf(task: TaskModule): number {
    return this.#dispatch.estimateOf(task).batchSize;
  }

  whenIdle(): Promise<void> {
    const idle = Promise.withResolvers<void>();
    this.#whenIdle.push(idle);
    this.#tellIdle();
    return idle.promise;
  }

  giveUp(owner: WorkOwner): void {
    this.#waiting.removeOf(owner);
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
    // What it stands in line for may be gone.
    if (this.#dispatch.threads?.isInLine === true) this.#goOn();
    else this.#kick();
    this.#keepStarting();
  }

  /** Of workers that start late, the process waits only for those that something waits for. */
  #keepStarting(): void {
    const isNeeded = this.#waiting.length > 0;
    if (this.#parts.transports.startsLate !== true || isNeeded === this.#areStartingNeeded) return;
    this.#areStartingNeeded = isNeeded;
    for (const member of this.#crew.members) if (!member.isReady) member.transport.keepAlive(isNeeded);
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
            this.#recovery.endCall(member, batch, position);
          this.#changed();
          return;
        }
      }
    }
  }

  statistics(): PoolStatistics {
    return this.#tally.read({
      workers: this.#crew.size,
      running: [...this.#crew.members].filter(({ isWorking }) => isWorking).length,
      waiting: this.#waiting.length,
    });
  }

  /** Ends all workers. Calls that have no outcome are settled as cancelled. Settles when all workers are gone. */
  async dispose(): Promise<void> {
    this.#isClosed = true;
    this.#watch?.[Symbol.dispose]();
    this.#idle?.stop();
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
    this.#dispatch.threads?.settle(() => false);
    this.#tellIdle();
    await this.#crew.whenGone();
    this.#parts.references?.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  // Sending

  /** Sends what waits at the end of this turn, so that all that is added in it can travel together. */
  #kick(): void {
    if (this.#isClosed || this.#waiting.length === 0) return;
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    const { threads } = this.#dispatch;
    if (this.#isClosed) {
      threads?.settle(() => false);
      return;
    }
    this.#failTooLarge();
    this.#startAndSend();
    if (threads !== undefined) {
      // Who was idle is busy now: whether there are threads for one more is another question, and the pool stands in line if not.
      while (this.#waiting.length > 0 && this.#dispatch.wantedWorker() !== undefined) this.#startAndSend();
      if (threads.isInLine) this.#settleThreads(threads);
    }
    this.#keepStarting();
    this.#watchForLongCalls();
  }

  /** Keeps its place in a line only for what is next. */
  #settleThreads(threads: CountedThreads): void {
    threads.settle((source, slots) =>
      this.#waiting.all.some(
        ({ next }) =>
          next !== undefined && next.work.slots === slots && threads.sourceOf(next.work) === source,
      ),
    );
  }

  #startAndSend(): void {
    for (let next = this.#dispatch.wantedWorker(); next !== undefined; next = this.#dispatch.wantedWorker()) {
      if (!this.#startMember(next)) break;
    }
    // First every worker gets something to run, then something to go on with.
    for (let ahead = 0; ahead < batchesAhead; ahead++) {
      for (const member of this.#crew.members) {
        const cut = this.#dispatch.takeFor(member, ahead);
        if (cut !== undefined) this.#send(member, cut);
      }
    }
  }

  /** Fails calls that would wait for ever: the pool has become smaller since, or there are not as many threads. */
  #failTooLarge(): void {
    const { size, threads } = this.#dispatch;
    for (const line of this.#waiting.all) {
      for (let next = line.next; next !== undefined; next = line.next) {
        const { slots, task, owner } = next.work;
        if (slots === 1) break;
        const total = threads?.sourceOf(next.work).total ?? size;
        if (slots <= Math.min(size, total)) break;
        const { start } = line.cut(1).pieces[0] as Piece;
        const why =
          slots > size
            ? `there cannot be as many workers: received ${size}`
            : `there are fewer where it was called: received ${total}`;
        const text = `Cannot run task '${task.name}' as it needs ${slots} threads and ${why}`;
        this.#tally.failed++;
        owner.failed(start, failure('too-large', new RangeError(text)));
      }
    }
  }

  #startMember(number: number): boolean {
    try {
      const member = this.#crew.start(number);
      this.#timeLimits.starting(member);
      if (this.#parts.transports.startsLate === true) {
        this.#idle?.rests(member);
        member.transport.keepAlive((this.#areStartingNeeded = true));
      }
      return true;
    } catch (error) {
      const reason = error instanceof NotCloneableError ? 'not-cloneable' : 'worker-lost';
      this.#recovery.failAll(this.#waiting.takeAll(), error, reason);
      this.#changed();
      return false;
    }
  }

  /** The state of a worker could not be built: it will not be for the next one either. */
  #onStateFailed({ error, isPacked }: StateFailedMessage): void {
    let thrown: unknown;
    try {
      thrown = this.#parts.packer.unpack({ data: error, isPacked });
    } catch (unread) {
      // What the user's own codec cannot read.
      thrown = unread;
    }
    this.#recovery.breakDown(thrown);
  }

  #send(member: Member, cut: Cut): void {
    const { clock, packer, references } = this.#parts;
    const { work, addedAtMs } = cut.pieces[0] as Piece;
    const startedMs = clock.nowMs();
    try {
      sendBatch(member, cut, { packer, references }, startedMs);
    } catch (error) {
      if (member.inFlight === 0) member.transport.keepAlive(false);
      this.#refuse(member, cut, error);
      return;
    }
    this.#dispatch.estimateOf(work.task).cloned(((clock.nowMs() - startedMs) * 1000) / cut.count);
    this.#outstanding += cut.count;
    this.#dispatch.threads?.sent(member, work);
    this.#dispatch.reserved += work.slots - 1;
    // Of those that leave together, the first has waited for longest; the others count as it does.
    if (addedAtMs !== sentBefore) this.#tally.wait.add(Math.max(0, startedMs - addedAtMs), cut.count);
    if (work.timeoutMs !== undefined) this.#timeLimits.look(member);
  }

  /** What could not be sent together is sent one by one; what cannot be sent alone fails. */
  #refuse(member: Member, { pieces, count }: Cut, error: unknown): void {
    if (count > 1) {
      for (const piece of pieces) {
        for (let index = piece.start; index < piece.end; index++) {
          this.#send(member, { pieces: [pieceOf(piece, { start: index, end: index + 1 })], count: 1 });
        }
      }
      return;
    }
    const { work, start } = pieces[0] as Piece;
    const { packer, transports } = this.#parts;
    this.#tally.failed++;
    work.owner.failed(start, refusalOf(work, work.inputs[start], error, packer, transports.name));
    this.#changed();
  }

  // Answers

  #onMessage(member: Member, message: WorkerMessage): void {
    switch (message.kind) {
      case 'ready':
        member.isReady = true;
        this.#recovery.started();
        this.#timeLimits.forget(member);
        if (member.batches.length === 0) {
          this.#idle?.rests(member);
          if (this.#parts.transports.startsLate === true) this.#readyLate(member);
        }
        break;
      case 'loading':
        member.isLoading = true;
        this.#timeLimits.loading(member, message.task);
        break;
      case 'loaded':
        member.isLoading = false;
        if (message.task !== undefined) member.loaded(message.task);
        this.#timeLimits.forget(member);
        this.#timeLimits.look(member);
        break;
      case 'state-failed':
        this.#onStateFailed(message);
        break;
      case 'retiring':
        this.#retire(member);
        break;
      case 'told':
        this.#onTold(member, message);
        break;
      case 'outcomes':
        this.#onOutcomes(member, message);
    }
  }

  /** A worker listens that was sent nothing yet. */
  #readyLate(member: Member): void {
    this.#changed();
    // Others may have done in the meantime what it was started for; what waits is sent at the end of this turn.
    if (this.#waiting.length === 0) member.transport.keepAlive(false);
  }

  /** A worker is sent no more, and ends when it has answered what it has. */
  #retire(member: Member): void {
    member.isRetiring = true;
    if (member.inFlight > 0) return;
    this.#tally.recycled++;
    this.#end(member);
    this.#changed();
  }

  #onTold(member: Member, message: ToldMessage): void {
    for (const batch of member.batches) {
      const position = message.call - batch.first;
      if (position < batch.answered || position >= batch.count || batch.takenBack.has(position)) continue;
      const { piece, index } = placeIn(batch, position);
      piece.work.owner.told?.(index, readEvent(message, this.#parts.packer));
    }
  }

  #onOutcomes(member: Member, message: OutcomesMessage): void {
    const { meanUs, memoryBytes, skipped, times } = message;
    const { packer, references } = this.#parts;
    const { values, failures } = readValues(message, packer, references);
    const head = member.batches[0];
    if (head !== undefined) this.#learn(member, head, meanUs);
    this.#recovery.answered();
    // Note the worker's state before telling the outcomes: whoever hears one may start a call at once.
    const answered: Answered[] = [];
    let wanted = 0;
    for (let left = values.length; left > 0; ) {
      const batch = member.batches[0];
      if (batch === undefined) break;
      const count = Math.min(left, batch.count - batch.answered);
      const noted = noteAnswered(batch, count);
      answered.push(noted);
      const ofThese = count - (noted.unwanted?.size ?? 0);
      this.#outstanding -= ofThese;
      wanted += ofThese;
      left -= count;
      if (batch.answered === batch.count) this.#finish(member, batch);
    }
    member.inFlight -= values.length;
    if (memoryBytes !== undefined && memoryBytes > (this.#limits.maxMemoryBytes as number))
      member.isRetiring = true;
    if (member.inFlight === 0) this.#rest(member);
    this.#tally.run.add(meanUs / 1000, wanted);
    this.#recovery.runAgain(
      tellOutcomes(answered, { values, failures, skipped, times }, this.#tally, member.name),
    );
    this.#changed();
    this.#watchForLongCalls();
  }

  /** A worker has nothing to do any more. */
  #rest(member: Member): void {
    member.transport.keepAlive(false);
    if (this.#dispatch.isWornOut(member)) {
      this.#tally.recycled++;
      this.#end(member);
      return;
    }
    this.#endIdleBeyondSize();
    this.#idle?.rests(member);
  }

  #learn(member: Member, { pieces }: Batch, meanUs: number): void {
    const estimate = this.#dispatch.estimateOf((pieces[0] as Piece).work.task);
    estimate.ran(meanUs);
    this.#latest = estimate;
    member.ramp = Math.min(estimate.batchSize, member.ramp * 2);
  }

  #finish(member: Member, batch: Batch): void {
    member.batches.shift();
    batch.held?.release();
    const { slots } = (batch.pieces[0] as Piece).work;
    this.#dispatch.reserved -= slots - 1;
    if (member.batches.length === 0) this.#dispatch.threads?.rested(member);
    this.#timeLimits.look(member);
  }

  // Time limits

  #onOverdue(member: Member, what: Overdue): void {
    if (what.is === 'call') this.#endOverdueCall(member, what.batch, what.limitMs);
    else if (what.is === 'import') this.#recovery.endStuckImport(member, what.task);
    else {
      const limitMs = this.#limits.startTimeoutMs ?? startTimeoutMs;
      const does = what.is === 'start' ? 'start' : 'build its state';
      const error = new TimedOutError(`Cannot use a worker as it did not ${does} within ${limitMs} ms`);
      if (what.is === 'state') this.#recovery.breakDown(error);
      else {
        const unanswered = unansweredBy(member);
        this.#end(member);
        this.#recovery.failedStart(unanswered, error);
      }
    }
  }

  #endOverdueCall(member: Member, batch: Batch, limitMs: number): void {
    const isWanted = !batch.takenBack.has(0);
    if (isWanted) this.#takeOut(batch, 0);
    this.#recovery.endCall(member, batch, 0);
    if (!isWanted) return;
    const { piece, index } = placeIn(batch, 0);
    const { task, owner } = piece.work;
    const text = `Cannot wait for task '${task.name}' any longer as it took more than ${limitMs} ms`;
    this.#tally.failed++;
    owner.failed(index, failure('timed-out', new TimedOutError(text)));
    this.#changed();
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
    return this.#waiting.length === 0 && couldTakeBack(this.#crew.members, this.#dispatch.size);
  }

  #forgetBatches(member: Member): void {
    this.#outstanding -= member.outstanding;
    for (const batch of member.batches.splice(0)) {
      this.#dispatch.reserved -= (batch.pieces[0] as Piece).work.slots - 1;
      batch.held?.release();
    }
    member.inFlight = 0;
    this.#dispatch.threads?.rested(member);
    this.#timeLimits.forget(member);
  }

  #endIdleBeyondSize(): void {
    for (const member of this.#crew.members) {
      if (member.number >= this.#dispatch.size && !member.isWorking) this.#end(member);
    }
  }

  /** Ends a worker; what it has is the caller's business. */
  #end(member: Member): void {
    this.#crew.end(member);
    this.#forgetBatches(member);
  }
}
