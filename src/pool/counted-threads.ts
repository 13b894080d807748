/**
 * The threads that a pool has of those that the process shares: as many as its busy workers take.
 *
 * A worker has one while it has anything to do, one that runs a call of several slots as many, and gives them back when it has
 * nothing. So while nobody else wants any, that is one addition for each batch; and while somebody does, no worker is sent
 * more than it has (`mustRest`), and the pool stands in line like everybody. Each call is counted where it was handed over:
 * in the process, or in the scope of `withThreads` or of a function that holds threads.
 *
 * Promises that what it was granted is used or given back in the same flush. Leaves to `dispatch.ts` which calls go.
 */

import { processThreads } from '../allocation/scopes.ts';
import type { Place, Semaphore } from '../allocation/semaphore.ts';
import type { Member } from './member.ts';
import type { Work } from './work.ts';

/** What the pool waits for, or was granted and has not used yet. */
interface Wanted {
  readonly place: Place;
  isGranted: boolean;
}

export class CountedThreads {
  readonly #granted: () => void;
  /** At most one place in each line. */
  readonly #wanted = new Map<Semaphore, Wanted>();

  /** @param granted - told when the pool may go on; it is to `settle` soon after */
  constructor(granted: () => void) {
    this.#granted = granted;
  }

  /** Whether it stands in a line, or was granted what it has not used yet. */
  get isInLine(): boolean {
    return this.#wanted.size > 0;
  }

  /** Where the calls of a work are counted. */
  sourceOf({ threads }: Work): Semaphore {
    return threads ?? processThreads();
  }

  /** Whether calls could be started now. If not, the pool stands in line for them. */
  mayTake(work: Work): boolean {
    const source = this.sourceOf(work);
    if (this.#wanted.size === 0 && source.isFree(work.slots)) return true;
    return this.#mayTakeLater(source, work.slots);
  }

  #mayTakeLater(source: Semaphore, slots: number): boolean {
    const wanted = this.#wanted.get(source);
    if (wanted === undefined) {
      if (source.isFree(slots)) return true;
      // Nobody can ever have as many: the pool fails such calls.
      if (slots > source.total) return false;
      this.#join(source, slots);
      // It may have been its turn at once.
      return this.#wanted.get(source)?.isGranted === true;
    }
    if (wanted.isGranted) {
      if (wanted.place.amount >= slots) return true;
      this.#wanted.delete(source);
      source.giveBack(wanted.place.amount);
      return this.#mayTakeLater(source, slots);
    }
    if (wanted.place.amount === slots) return false;
    this.#wanted.delete(source);
    source.leave(wanted.place);
    return this.#mayTakeLater(source, slots);
  }

  #join(source: Semaphore, amount: number): void {
    const wanted: Wanted = {
      place: {
        amount,
        granted: () => {
          wanted.isGranted = true;
          this.#granted();
        },
        refused: () => {
          this.#wanted.delete(source);
          this.#granted();
        },
      },
      isGranted: false,
    };
    this.#wanted.set(source, wanted);
    source.join(wanted.place);
  }

  /** Whether so many workers more could be busy than were asked for with `mayTake`. */
  isFreeFor(work: Work, workers: number): boolean {
    const source = this.sourceOf(work);
    const wanted = this.#wanted.get(source);
    const granted = wanted?.isGranted === true ? wanted.place.amount : 0;
    return granted >= workers || source.isFree(workers - granted);
  }

  /** Notes that a worker was sent calls. It has threads already if it was busy. */
  sent(member: Member, work: Work): void {
    if (member.source !== undefined) return;
    const source = this.sourceOf(work);
    const { slots } = work;
    member.source = source;
    member.threads = slots;
    const wanted = this.#wanted.get(source);
    if (wanted?.isGranted !== true) {
      source.take(slots);
      return;
    }
    this.#wanted.delete(source);
    const rest = wanted.place.amount - slots;
    if (rest > 0) source.giveBack(rest);
    else if (rest < 0) source.take(-rest);
  }

  /** Whether a busy worker is to be sent no more, as somebody else waits for threads before the pool. */
  mustRest({ source }: Member): boolean {
    if (source === undefined || source.waiting === 0) return false;
    return source.next !== this.#wanted.get(source)?.place;
  }

  /** Whether calls of a work are counted where those are that a worker has. */
  isSameSource({ source }: Member, work: Work): boolean {
    return source === undefined || source === this.sourceOf(work);
  }

  /** A worker has nothing to do any more. */
  rested(member: Member): void {
    const { source, threads } = member;
    if (source === undefined) return;
    member.source = undefined;
    member.threads = 0;
    source.giveBack(threads);
  }

  /** Gives back what was granted and not used, and what is wanted no more: `isWanted` says what is. */
  settle(isWanted: (source: Semaphore, slots: number) => boolean): void {
    if (this.#wanted.size === 0) return;
    for (const [source, { place, isGranted }] of this.#wanted) {
      if (!isGranted && isWanted(source, place.amount)) continue;
      this.#wanted.delete(source);
      if (isGranted) source.giveBack(place.amount);
      else source.leave(place);
    }
  }
}
