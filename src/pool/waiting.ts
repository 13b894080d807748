/**
 * The calls of a pool that no worker has yet, first come first served.
 */

import { type Piece, pieceOf, type Work } from './work.ts';

/** Calls that leave together: pieces of one task that may share a message. */
export interface Cut {
  readonly pieces: readonly Piece[];
  readonly count: number;
}

export class Waiting {
  /** From `#head` on; before it there is nothing any more. */
  #pieces: (Piece | undefined)[] = [];
  #head = 0;
  #length = 0;
  #slots = 0;

  /** How many calls wait. */
  get length(): number {
    return this.#length;
  }

  /** How many slots they will take. */
  get slots(): number {
    return this.#slots;
  }

  /** What goes next. */
  get next(): Piece | undefined {
    return this.#pieces[this.#head];
  }

  push(piece: Piece): void {
    this.#pieces.push(piece);
    this.#count(piece, 1);
  }

  /** Puts calls back in front of all others, in their order. */
  putBack(pieces: readonly Piece[]): void {
    if (pieces.length === 0) return;
    this.#pieces = [...pieces, ...this.#pieces.slice(this.#head)];
    this.#head = 0;
    for (const piece of pieces) this.#count(piece, 1);
  }

  /** Takes out the first piece that matches, wherever it stands. @returns whether there was one */
  removeFirst(matches: (piece: Piece) => boolean): boolean {
    for (let at = this.#head; at < this.#pieces.length; at++) {
      const piece = this.#pieces[at] as Piece;
      if (!matches(piece)) continue;
      this.#pieces.splice(at, 1);
      this.#count(piece, -1);
      return true;
    }
    return false;
  }

  /** Takes out all pieces that match. */
  removeAll(matches: (piece: Piece) => boolean): Piece[] {
    const removed: Piece[] = [];
    for (const piece of this.takeAll()) {
      if (matches(piece)) removed.push(piece);
      else this.push(piece);
    }
    return removed;
  }

  /** Takes calls from the head that may travel together, at most `most` of them. There must be some. */
  cut(most: number): Cut {
    const first = this.next as Piece;
    if (first.end - first.start > 1) return this.#cutPiece(first, most);
    const pieces: Piece[] = [];
    while (pieces.length < most) {
      const piece = this.next;
      if (piece === undefined || piece.end - piece.start > 1) break;
      if (pieces.length > 0 && (travelsAlone(piece) || !isAlike(piece, first.work))) break;
      pieces.push(piece);
      this.#count(piece, -1);
      this.#advance();
      if (travelsAlone(piece)) break;
    }
    return { pieces, count: pieces.length };
  }

  #cutPiece(piece: Piece, most: number): Cut {
    const count = Math.min(most, piece.end - piece.start);
    this.#length -= count;
    this.#slots -= count * piece.work.slots;
    if (count === piece.end - piece.start) {
      this.#advance();
      return { pieces: [piece], count };
    }
    const cut = pieceOf(piece, { end: piece.start + count });
    piece.start += count;
    return { pieces: [cut], count };
  }

  #count({ work, start, end }: Piece, sign: 1 | -1): void {
    this.#length += sign * (end - start);
    this.#slots += sign * (end - start) * work.slots;
  }

  #advance(): void {
    // What is done with is let go of at once: with its inputs, it may be large.
    this.#pieces[this.#head++] = undefined;
    if (this.#head === this.#pieces.length) {
      this.#pieces = [];
      this.#head = 0;
    } else if (this.#head >= 4096 && this.#head * 2 >= this.#pieces.length) {
      this.#pieces = this.#pieces.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Takes everything. */
  takeAll(): Piece[] {
    const pieces = this.#pieces.slice(this.#head) as Piece[];
    this.#pieces = [];
    this.#head = 0;
    this.#length = 0;
    this.#slots = 0;
    return pieces;
  }
}

/** Whether a call needs a worker for itself: it takes several slots, has a time limit, or is suspected of ending workers. */
export function mustBeAlone({ work, isSuspect }: Piece): boolean {
  return isSuspect || work.slots > 1 || work.timeoutMs !== undefined;
}

function travelsAlone(piece: Piece): boolean {
  return mustBeAlone(piece) || piece.work.moves !== undefined || piece.work.form === 'packed';
}

function isAlike({ work }: Piece, { task, isSingle, batch }: Work): boolean {
  // All that wait in one line are counted among the same threads.
  return work.task === task && work.isSingle === isSingle && work.batch === batch;
}
