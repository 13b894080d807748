/**
 * Decides which calls a worker is sent next, and whether another worker is worth starting. Sends and starts nothing.
 */

import type { TaskModule } from '../task/task-core.ts';
import { claimsOfWorker } from '../worker/claims.ts';
import type { CountedThreads } from './counted-threads.ts';
import type { Crew } from './crew.ts';
import { Estimate, worthSpreadingUs } from './estimate.ts';
import type { Lines } from './lines.ts';
import type { Member } from './member.ts';
import { type Cut, mustBeAlone, type Waiting } from './waiting.ts';
import type { Piece, Work } from './work.ts';

/** Batches that a worker may have: one that it runs and one that waits, which hides the way there and back. */
export const batchesAhead = 2;
/**
 * Calls that take longer do not wait at a worker from which nothing can be taken back, in microseconds. Arbitrary: many
 * times the way there and back, which waiting would save.
 */
const longUs = 2000;

export class Dispatch {
  readonly #crew: Crew;
  readonly #lines: Lines;
  readonly #mostCalls: number;
  readonly #estimates = new Map<TaskModule, Estimate>();
  /** The most workers at once. */
  size: number;
  /** Slots taken by calls that need more than one, beyond the worker that runs them. */
  reserved = 0;
  /** What the busy workers take of the threads that the process shares; `undefined` for a pool that takes none. */
  threads: CountedThreads | undefined;

  /** @param mostCalls - that a worker runs in its life */
  constructor(crew: Crew, lines: Lines, size: number, mostCalls: number = Number.POSITIVE_INFINITY) {
    this.#crew = crew;
    this.#lines = lines;
    this.size = size;
    this.#mostCalls = mostCalls;
  }

  estimateOf(task: TaskModule): Estimate {
    let estimate = this.#estimates.get(task);
    if (estimate === undefined) this.#estimates.set(task, (estimate = new Estimate()));
    return estimate;
  }

  /**
   * Takes the calls that a worker is sent next out of their line.
   *
   * @param ahead - how many batches it may have already
   */
  takeFor(member: Member, ahead: number): Cut | undefined {
    const line = this.#lines.hasScopes ? this.#lineOfScopes(member) : this.#lines.lineFor(member.number);
    const next = line?.next;
    if (line === undefined || next === undefined || member.isBehind) return undefined;
    return this.canTake(member, ahead, next) ? line.cut(this.#batchSize(member, line, next)) : undefined;
  }

  #lineOfScopes(member: Member): Waiting | undefined {
    const { threads } = this;
    if (threads === undefined) return this.#lines.lineFor(member.number);
    return this.#lines.lineFor(member.number, (work) => this.#mayRun(threads, member, work));
  }

  /** Whether a worker may be sent a call now. */
  canTake(member: Member, ahead: number, piece: Piece): boolean {
    if (member.batches.length > ahead || !this.#isHiring(member)) return false;
    if (ahead > 0 && !this.#mayWait(member, piece)) return false;
    return mustBeAlone(piece) ? this.#fitsAlone(member, piece) : this.#fits(member, piece);
  }

  /** Whether a worker has run as many calls as it may. */
  isWornOut(member: Member): boolean {
    return member.isRetiring || member.sent >= this.#mostCalls;
  }

  /** The number of a worker that is worth starting, as there is more to do than those that are there can take at once. */
  wantedWorker(): number | undefined {
    if (this.#crew.size >= this.size) return undefined;
    for (const number of this.#lines.wanted) if (!this.#crew.has(number)) return number;
    if (this.#crew.size + this.reserved >= this.size) return undefined;
    for (const { next, length } of this.#lines.unpinned) {
      if (next !== undefined && this.#isWorthAWorker(next.work, length)) return this.#crew.freeNumber;
    }
    return undefined;
  }

  #isWorthAWorker(work: Work, length: number): boolean {
    let idle = 0;
    for (const member of this.#crew.members) {
      if (member.batches.length === 0 && this.#isHiring(member)) idle++;
    }
    if (idle >= length) return false;
    const { runUs } = this.estimateOf(work.task);
    const isWorthIt = idle === 0 || runUs === 0 || length * runUs > worthSpreadingUs;
    if (!isWorthIt || this.threads === undefined) return isWorthIt;
    // Those that are idle have no threads yet either.
    return idle === 0 ? this.threads.mayTake(work) : this.threads.isFreeFor(work, (idle + 1) * work.slots);
  }

  /** Not one that is about to end, or is too many since a resize and ends when it has done what it has. */
  #isHiring(member: Member): boolean {
    return member.number < this.size && !this.isWornOut(member);
  }

  /** Whether a call may wait at a worker behind others. Where it could not be taken back, only if those are short. */
  #mayWait({ claims }: Member, { work }: Piece): boolean {
    if (claims !== undefined || work.pin !== undefined) return true;
    const { runUs } = this.estimateOf(work.task);
    return runUs > 0 && runUs < longUs;
  }

  /** Whether there are threads for a worker to run a call. */
  #mayRun(threads: CountedThreads, member: Member, work: Work): boolean {
    if (member.batches.length === 0) return threads.mayTake(work);
    return threads.isSameSource(member, work) && !threads.mustRest(member);
  }

  #fits(member: Member, { work }: Piece): boolean {
    if (member.inFlight >= claimsOfWorker - 1) return false;
    // A worker that runs a call with a time limit has to itself what it does.
    const running = member.batches[0]?.pieces[0];
    if (running !== undefined && mustBeAlone(running)) return false;
    if (running === undefined && this.#crew.busy + this.reserved >= this.size) return false;
    return this.threads === undefined || this.#mayRun(this.threads, member, work);
  }

  #fitsAlone(member: Member, { work }: Piece): boolean {
    if (member.batches.length > 0 || this.#crew.busy + this.reserved + work.slots > this.size) return false;
    return this.threads === undefined || this.threads.mayTake(work);
  }

  #batchSize(member: Member, line: Waiting, { work }: Piece): number {
    const room = Math.min(claimsOfWorker - member.inFlight - 1, this.#mostCalls - member.sent);
    if (work.batch !== undefined) return Math.min(work.batch, room);
    const estimate = this.estimateOf(work.task);
    let size = Math.min(estimate.batchSize, member.ramp, room);
    const waiting = line.length;
    if (work.pin === undefined && (estimate.runUs === 0 || waiting * estimate.runUs > worthSpreadingUs)) {
      size = Math.min(size, Math.ceil(waiting / this.#crew.size));
    }
    return Math.max(1, size);
  }
}
