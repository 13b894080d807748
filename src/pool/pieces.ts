/**
 * Pieces of work: what they are applied to, and putting them together again.
 */

import { type Member, placeIn } from './member.ts';
import { type Piece, pieceOf } from './work.ts';

/** What the calls of pieces are applied to: those of one piece, or of a piece for each call. */
export function inputsOf(pieces: readonly Piece[]): unknown[] {
  const [first] = pieces as readonly [Piece, ...Piece[]];
  if (pieces.length === 1) return first.work.inputs.slice(first.start, first.end);
  return pieces.map(({ work, start }) => work.inputs[start]);
}

/** Neighbours of one work as one piece again. */
export function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (last !== undefined && isNextTo(last, piece))
      result[result.length - 1] = pieceOf(last, { end: piece.end });
    else result.push(piece);
  }
  return result;
}

function isNextTo(left: Piece, right: Piece): boolean {
  return left.work === right.work && left.end === right.start && left.isSuspect === right.isSuspect;
}

/** A call that was sent and has no outcome. */
export interface Unanswered {
  /** The call alone. */
  readonly piece: Piece;
  /** Its number at its worker. */
  readonly call: number;
}

/** The calls of a worker that have no outcome and were not taken back, in order. */
export function unansweredBy(member: Member): Unanswered[] {
  return member.batches.flatMap((batch) => {
    const calls: Unanswered[] = [];
    for (let position = batch.answered; position < batch.count; position++) {
      if (batch.takenBack.has(position)) continue;
      const { piece, index } = placeIn(batch, position);
      calls.push({ piece: pieceOf(piece, { start: index, end: index + 1 }), call: batch.first + position });
    }
    return calls;
  });
}

export function piecesOf(calls: readonly Unanswered[]): Piece[] {
  return calls.map(({ piece }) => piece);
}
