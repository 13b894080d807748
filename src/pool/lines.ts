/**
 * The waiting lines of a pool: one for all workers, and one for each worker that calls are pinned to; and the same again for
 * calls that are counted among other threads than those of the process.
 *
 * The latter stand apart, since who holds threads and waits for such a call must not have it stand behind one that waits for
 * those threads.
 */

import type { Semaphore } from '../allocation/semaphore.ts';
import { Waiting } from './waiting.ts';
import { type Piece, pieceOf, type Work, type WorkOwner } from './work.ts';

/** In the place of when a piece was added: it has been sent before, and goes before all others. */
export const sentBefore: number = Number.NEGATIVE_INFINITY;

export class Lines {
  readonly #common = new Waiting();
  readonly #commonAlone: readonly Waiting[] = [this.#common];
  /** By the number of the worker; those that are empty are left out. */
  readonly #pinned = new Map<number, Waiting>();
  /** By the threads that calls are counted among. Those that are empty go when they are come upon. */
  #scoped: Map<Semaphore, Lines> | undefined;
  #size: number;

  /** @param size - how many workers there may be: pins are taken modulo this */
  constructor(size: number) {
    this.#size = size;
  }

  /** How many calls wait. */
  get length(): number {
    let length = this.#common.length;
    if (this.#pinned.size > 0) for (const line of this.#pinned.values()) length += line.length;
    if (this.#scoped !== undefined) for (const lines of this.#scoped.values()) length += lines.length;
    return length;
  }

  /** How many slots they will take. */
  get slots(): number {
    let slots = this.#common.slots;
    if (this.#pinned.size > 0) for (const line of this.#pinned.values()) slots += line.slots;
    if (this.#scoped !== undefined) for (const lines of this.#scoped.values()) slots += lines.slots;
    return slots;
  }

  /** How many slots those will take that are counted among some threads: of the process, if none are given. */
  slotsOf(threads: Semaphore | undefined): number {
    if (this.#scoped === undefined) return threads === undefined ? this.slots : 0;
    if (threads !== undefined) return this.#scoped.get(threads)?.slots ?? 0;
    let { slots } = this;
    for (const lines of this.#scoped.values()) slots -= lines.slots;
    return slots;
  }

  /** Whether calls wait that are counted among other threads than those of the process. */
  get hasScopes(): boolean {
    return this.#scoped !== undefined;
  }

  /** All lines. */
  get all(): readonly Waiting[] {
    if (this.#scoped === undefined && this.#pinned.size === 0) return this.#commonAlone;
    return this.#all();
  }

  /** The lines of calls that any worker may run, that of the process first. */
  get unpinned(): readonly Waiting[] {
    if (this.#scoped === undefined) return this.#commonAlone;
    return [this.#common, ...[...this.#scoped.values()].map((lines) => lines.#common)];
  }

  /** The numbers of the workers that calls wait for. */
  get wanted(): number[] {
    if (this.#scoped !== undefined) {
      const scoped = [...this.#scoped.values()].flatMap(({ wanted }) => wanted);
      return [...this.#wantedHere(), ...scoped];
    }
    return this.#pinned.size === 0 ? [] : this.#wantedHere();
  }

  #wantedHere(): number[] {
    return [...this.#pinned.entries()].filter(([, line]) => line.length > 0).map(([worker]) => worker);
  }

  /**
   * The line that the next call of a worker stands in, which is not empty.
   *
   * @param mayTake - whether there are threads for a work; asked only where calls are counted among several
   */
  lineFor(worker: number, mayTake?: (work: Work) => boolean): Waiting | undefined {
    const own = this.#lineHere(worker);
    if (this.#scoped === undefined) return own;
    let first: Waiting | undefined;
    let firstAtMs = Number.POSITIVE_INFINITY;
    const consider = (line: Waiting | undefined): void => {
      const next = line?.next;
      if (next === undefined || mayTake?.(next.work) === false || next.addedAtMs >= firstAtMs) return;
      first = line;
      firstAtMs = next.addedAtMs;
    };
    consider(own);
    for (const [threads, lines] of this.#scoped) {
      if (lines.length === 0) this.#scoped.delete(threads);
      else consider(lines.#lineHere(worker));
    }
    if (this.#scoped.size === 0) this.#scoped = undefined;
    return first;
  }

  #lineHere(worker: number): Waiting | undefined {
    const pinned = this.#pinned.size === 0 ? undefined : this.#pinned.get(worker);
    const { next } = this.#common;
    if (pinned?.next === undefined) {
      if (pinned !== undefined) this.#pinned.delete(worker);
      return next === undefined ? undefined : this.#common;
    }
    return next === undefined || pinned.next.addedAtMs <= next.addedAtMs ? pinned : this.#common;
  }

  push(piece: Piece): void {
    this.#lineOf(piece).push(piece);
  }

  /** Puts calls back in front of all others, in their order. */
  putBack(sent: readonly Piece[]): void {
    const pieces = sent.map((piece) => pieceOf(piece, { addedAtMs: sentBefore }));
    if (pieces.every(({ work }) => work.pin === undefined && work.threads === undefined)) {
      this.#common.putBack(pieces);
      return;
    }
    for (const piece of pieces.toReversed()) this.#lineOf(piece).putBack([piece]);
  }

  /** Takes out the first piece that matches, wherever it stands. @returns whether there was one */
  removeFirst(matches: (piece: Piece) => boolean): boolean {
    return this.#all().some((line) => line.removeFirst(matches));
  }

  /** Takes out all pieces that match. */
  removeAll(matches: (piece: Piece) => boolean): Piece[] {
    return this.#all().flatMap((line) => line.removeAll(matches));
  }

  removeOf(owner: WorkOwner): void {
    this.removeAll(({ work }) => work.owner === owner);
  }

  takeAll(): Piece[] {
    const pieces = this.#all().flatMap((line) => line.takeAll());
    this.#pinned.clear();
    this.#scoped = undefined;
    return pieces;
  }

  /** Changes how many workers there may be: calls are pinned anew. */
  resize(size: number): void {
    this.#size = size;
    const pinned = [...this.#pinned.values()].flatMap((line) => line.takeAll());
    pinned.sort((left, right) =>
      left.addedAtMs < right.addedAtMs ? -1 : Number(left.addedAtMs > right.addedAtMs),
    );
    this.#pinned.clear();
    for (const piece of pinned) this.#lineHereOf(piece).push(piece);
    for (const lines of this.#scoped?.values() ?? []) lines.resize(size);
  }

  #all(): Waiting[] {
    const here = [this.#common, ...this.#pinned.values()];
    if (this.#scoped === undefined) return here;
    return [...here, ...[...this.#scoped.values()].flatMap((lines) => lines.#all())];
  }

  #lineOf(piece: Piece): Waiting {
    const { threads } = piece.work;
    if (threads === undefined) return this.#lineHereOf(piece);
    this.#scoped ??= new Map();
    let lines = this.#scoped.get(threads);
    if (lines === undefined) this.#scoped.set(threads, (lines = new Lines(this.#size)));
    return lines.#lineHereOf(piece);
  }

  #lineHereOf({ work }: Piece): Waiting {
    if (work.pin === undefined) return this.#common;
    const worker = work.pin % this.#size;
    let line = this.#pinned.get(worker);
    if (line === undefined) this.#pinned.set(worker, (line = new Waiting()));
    return line;
  }
}
