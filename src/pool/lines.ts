/**
 * The waiting lines of a pool: one for all workers, and one for each worker that calls are pinned to.
 */

import { Waiting } from './waiting.ts';
import { type Piece, pieceOf, type WorkOwner } from './work.ts';

/** In the place of when a piece was added: it has been sent before, and goes before all others. */
export const sentBefore: number = Number.NEGATIVE_INFINITY;

export class Lines {
  readonly #common = new Waiting();
  /** By the number of the worker; those that are empty are left out. */
  readonly #pinned = new Map<number, Waiting>();
  #size: number;

  /** @param size - how many workers there may be: pins are taken modulo this */
  constructor(size: number) {
    this.#size = size;
  }

  /** How many calls wait. */
  get length(): number {
    let length = this.#common.length;
    if (this.#pinned.size > 0) for (const line of this.#pinned.values()) length += line.length;
    return length;
  }

  /** How many slots they will take. */
  get slots(): number {
    let slots = this.#common.slots;
    if (this.#pinned.size > 0) for (const line of this.#pinned.values()) slots += line.slots;
    return slots;
  }

  /** The line of calls that any worker may run. */
  get common(): Waiting {
    return this.#common;
  }

  /** The numbers of the workers that calls wait for. */
  get wanted(): number[] {
    if (this.#pinned.size === 0) return [];
    return [...this.#pinned.entries()].filter(([, line]) => line.length > 0).map(([worker]) => worker);
  }

  /** The line that the next call of a worker stands in, which is not empty. */
  lineFor(worker: number): Waiting | undefined {
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
    if (pieces.every(({ work }) => work.pin === undefined)) {
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
    for (const piece of pinned) this.push(piece);
  }

  #all(): Waiting[] {
    return [this.#common, ...this.#pinned.values()];
  }

  #lineOf({ work }: Piece): Waiting {
    if (work.pin === undefined) return this.#common;
    const worker = work.pin % this.#size;
    let line = this.#pinned.get(worker);
    if (line === undefined) this.#pinned.set(worker, (line = new Waiting()));
    return line;
  }
}
