/**
 * What becomes of calls whose worker is gone, or has to go: who fails, who is run again, and when to give up.
 */

import type { Clock } from '../base/clock.ts';
import { TimedOutError } from '../base/errors.ts';
import { thrownText } from '../task/failure.ts';
import { type FailureReason, failure } from '../task/outcome.ts';
import type { Ending } from '../worker/transport.ts';
import type { Crew } from './crew.ts';
import type { Lines } from './lines.ts';
import { lostError, lostOutcome, movedAwayError } from './lost.ts';
import type { Batch, Member } from './member.ts';
import { joined, piecesOf, type Unanswered, unansweredBy } from './pieces.ts';
import type { Tally } from './tally.ts';
import { type Piece, pieceOf } from './work.ts';

/** How many workers in a row may end before they listen until the pool gives up. Arbitrary. */
const mostFailedStarts = 3;
/** How long a call that was told that nobody waits for it may take to end by itself, in milliseconds. Arbitrary. */
const abortTimeoutMs = 500;

export interface RecoveryParts {
  readonly crew: Crew;
  readonly waiting: Lines;
  readonly tally: Tally;
  readonly clock: Clock;
  /** How long a worker may take to start and to import a module. */
  readonly startTimeoutMs: number;
  /** Ends a worker, and forgets what it has. */
  end(member: Member): void;
  /** Forgets what a worker has that is gone. */
  forget(member: Member): void;
  /** Calls were settled or put back, or there is more room. */
  changed(): void;
}

export class Recovery {
  readonly #parts: RecoveryParts;
  #failedStarts = 0;
  /** Workers in a row that ended before they had begun a single call. */
  #lostAtRest = 0;
  #hasStarted = false;
  #broken: Error | undefined;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** Why the pool can run nothing any more: its workers cannot get ready. */
  get broken(): Error | undefined {
    return this.#broken;
  }

  /** A worker listens. */
  started(): void {
    this.#hasStarted = true;
    this.#failedStarts = 0;
  }

  /** A worker has answered. */
  answered(): void {
    this.#lostAtRest = 0;
  }

  lost(member: Member, ending: Ending): void {
    const unanswered = unansweredBy(member);
    const hasBegun = member.inFlight < member.sent || unanswered.some(({ call }) => member.hasBegun(call));
    this.#parts.forget(member);
    if (!member.isReady) {
      const [first = this.#parts.waiting.all.find(({ next }) => next !== undefined)?.next] =
        piecesOf(unanswered);
      this.failedStart(unanswered, lostError(first?.work.task.name ?? '', ending, false));
      return;
    }
    if (unanswered.length > 0) this.#parts.tally.replaced++;
    if (!hasBegun && ++this.#lostAtRest >= mostFailedStarts) {
      this.#failUnloadable(unanswered, ending);
      return;
    }
    const isOnly = unanswered.length === 1;
    const again: Piece[] = [];
    for (const { piece, call } of unanswered) {
      const fate = member.fateOf(call);
      if (fate === 'running' || (fate === 'unknown' && (isOnly || piece.isSuspect))) {
        const { work, start, lostAt: before = [] } = piece;
        const lostAt = [...before, ending.place ?? ''];
        if (lostAt.length < (work.mostLosses ?? 1) && work.moves === undefined) {
          again.push(pieceOf(piece, { isSuspect: true, lostAt }));
          continue;
        }
        this.#parts.tally.failed++;
        work.owner.failed(start, lostOutcome(work.task.name, ending, true, lostAt));
      } else again.push(fate === 'unknown' ? pieceOf(piece, { isSuspect: true }) : piece);
    }
    this.runAgain(again);
    this.#parts.changed();
  }

  /** Importing a task's module ends workers: no call of that task can be run. */
  #failUnloadable(unanswered: readonly Unanswered[], ending: Ending): void {
    this.#lostAtRest = 0;
    const modules = new Set(unanswered.map(({ piece }) => piece.work.task));
    const waiting = this.#parts.waiting.removeAll(({ work }) => modules.has(work.task));
    for (const piece of [...piecesOf(unanswered), ...waiting]) {
      const { error, reason } = lostOutcome(piece.work.task.name, ending, false);
      this.failAll([piece], error, reason);
    }
    this.#parts.changed();
  }

  /** A worker ended, or was ended, before it listened. One that never did before will not do so now. */
  failedStart(unanswered: readonly Unanswered[], error: Error): void {
    this.#failedStarts++;
    if (this.#hasStarted && this.#failedStarts < mostFailedStarts) {
      if (unanswered.length > 0) this.#parts.tally.replaced++;
      this.runAgain(piecesOf(unanswered));
    } else {
      this.failAll(piecesOf(unanswered), error);
      this.failAll(this.#parts.waiting.takeAll(), error);
    }
    this.#parts.changed();
  }

  /** Ends a running call that nobody waits for: by its signal if it has asked for that, otherwise with its worker. */
  endCall(member: Member, batch: Batch, position: number): void {
    const call = batch.first + position;
    if (!member.canBeTold(call)) {
      this.#abandon(member);
      return;
    }
    member.transport.post({ kind: 'abort', call });
    const isOut = (): boolean =>
      this.#parts.crew.members.has(member) && batch.answered <= position && member.batches.includes(batch);
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
    this.#parts.tally.replaced++;
    const again = unansweredBy(member).map(({ piece }) => piece);
    this.#parts.end(member);
    this.runAgain(again);
    this.#parts.changed();
  }

  /** Puts calls of a worker that is gone back; those whose arguments went with it fail. */
  runAgain(pieces: readonly Piece[]): void {
    const gone = pieces.filter(({ work }) => work.moves !== undefined);
    const left = pieces.filter(({ work }) => work.moves === undefined);
    this.#parts.waiting.putBack(left.some(({ isSuspect }) => isSuspect) ? left : joined(left));
    for (const piece of gone) this.failAll([piece], movedAwayError(piece.work.task.name));
  }

  /** No call of a task can be run whose module cannot be imported. */
  endStuckImport(member: Member, number: number): void {
    const stuck = member.taskOf(number);
    const unanswered = unansweredBy(member).map(({ piece }) => piece);
    this.#parts.tally.replaced++;
    this.#parts.end(member);
    const isStuck = ({ work }: Piece): boolean => work.task === stuck;
    const waiting = this.#parts.waiting.removeAll(isStuck);
    this.runAgain(unanswered.filter((piece) => !isStuck(piece)));
    const limitMs = this.#parts.startTimeoutMs;
    const text = `Cannot load task '${stuck?.name}' in a worker as importing its module took more than ${limitMs} ms`;
    this.failAll([...unanswered.filter(isStuck), ...waiting], new TimedOutError(text), 'not-loadable');
    this.#parts.changed();
  }

  /** No worker can get ready, for a reason that holds for the next one too. */
  breakDown(thrown: unknown): void {
    this.#broken = thrown instanceof Error ? thrown : new Error(thrownText(thrown), { cause: thrown });
    const left = [...this.#parts.crew.members].flatMap((member) => {
      const unanswered = unansweredBy(member).map(({ piece }) => piece);
      this.#parts.end(member);
      return unanswered;
    });
    this.failAll(left, thrown, 'not-loadable');
    this.failAll(this.#parts.waiting.takeAll(), thrown, 'not-loadable');
    this.#parts.changed();
  }

  failAll(pieces: readonly Piece[], error: unknown, reason: FailureReason = 'worker-lost'): void {
    for (const { work, start, end } of pieces) {
      for (let index = start; index < end; index++) {
        this.#parts.tally.failed++;
        work.owner.failed(index, failure(reason, error));
      }
    }
  }
}
