/**
 * From the answers of a worker to the owners of the calls.
 */

import type { Packer } from '../codec/pack.ts';
import { Sealed } from '../codec/sealed.ts';
import { type FailureReason, failure } from '../task/outcome.ts';
import type { HostReferences } from '../worker/host-references.ts';
import type { OutcomesMessage } from '../worker/protocol.ts';
import type { Batch } from './member.ts';
import type { Tally } from './tally.ts';
import { type Piece, pieceOf } from './work.ts';

/** Calls of a batch that one message answers. */
export interface Answered {
  readonly batch: Batch;
  readonly from: number;
  readonly count: number;
  /** Positions of those that nobody waits for any more. */
  readonly unwanted: ReadonlySet<number> | undefined;
}

/**
 * Reads the values of an answer, one by one: what cannot be read fails its own call only. Those with large data by reference
 * stay sealed.
 */
export function readValues(
  {
    values,
    failures,
    isPacked,
    hasReferences,
  }: Pick<OutcomesMessage, 'values' | 'failures' | 'isPacked' | 'hasReferences'>,
  packer: Packer,
  references: HostReferences | undefined,
): Pick<OutcomesMessage, 'values' | 'failures'> {
  if (!isPacked) return { values, failures };
  const sealing = hasReferences === true ? references : undefined;
  const unread = new Map<number, FailureReason>();
  const read = values.map((data, position) => {
    try {
      return sealing === undefined ? packer.unpack({ data, isPacked }) : sealing.receive(data);
    } catch (error) {
      unread.set(position, 'not-cloneable');
      return error;
    }
  });
  if (unread.size === 0) return { values: read, failures };
  for (const [position, reason] of failures ?? []) if (!unread.has(position)) unread.set(position, reason);
  return { values: read, failures: [...unread].sort(([left], [right]) => left - right) };
}

/** Notes that the next calls of a batch have an answer. */
export function noteAnswered(batch: Batch, count: number): Answered {
  const from = batch.answered;
  batch.answered += count;
  if (batch.takenBack.size === 0) return { batch, from, count, unwanted: undefined };
  const unwanted = new Set<number>();
  for (let position = from; position < batch.answered; position++) {
    if (batch.takenBack.delete(position)) unwanted.add(position);
  }
  return { batch, from, count, unwanted };
}

/**
 * Tells owners what became of their calls.
 *
 * @returns calls that the worker has left out though nobody had taken them back: some worker must run them
 */
export function tellOutcomes(
  answered: readonly Answered[],
  {
    values,
    failures,
    skipped,
    times,
  }: Pick<OutcomesMessage, 'values' | 'failures' | 'skipped'> & {
    readonly times?: readonly number[] | undefined;
  },
  tally: Tally,
  worker: string,
): Piece[] {
  const again: Piece[] = [];
  let at = 0;
  let nextFailure = 0;
  for (const { batch, from, count, unwanted } of answered) {
    const shared = batch.pieces.length === 1 ? batch.pieces[0] : undefined;
    for (let position = from; position < from + count; position++, at++) {
      const failed = failures?.[nextFailure]?.[0] === at ? failures[nextFailure++] : undefined;
      const value = values[at];
      if (unwanted?.has(position) === true) {
        if (value instanceof Sealed) value.release();
        continue;
      }
      const piece = shared ?? (batch.pieces[position] as Piece);
      const index = shared === undefined ? piece.start : piece.start + position;
      if (skipped?.includes(at) === true) {
        again.push(pieceOf(piece, { start: index, end: index + 1 }));
        continue;
      }
      if (times !== undefined && piece.work.isTimed === true) {
        const beganAgoMs = times[2 * at] ?? 0;
        const tookMs = times[2 * at + 1] ?? 0;
        piece.work.owner.ran?.(index, { worker, beganAgoMs, tookMs });
      }
      if (failed !== undefined) {
        tally.failed++;
        piece.work.owner.failed(index, failure(failed[1], value instanceof Sealed ? opened(value) : value));
      } else if (value instanceof Sealed && piece.work.takesSealed !== true)
        tellOpened(piece, index, value, tally);
      else {
        tally.succeeded++;
        piece.work.owner.succeeded(index, value);
      }
    }
  }
  return again;
}

function tellOpened({ work }: Piece, index: number, sealed: Sealed, tally: Tally): void {
  let value: unknown;
  try {
    value = sealed.take();
  } catch (error) {
    tally.failed++;
    work.owner.failed(index, failure('not-cloneable', error));
    return;
  }
  tally.succeeded++;
  work.owner.succeeded(index, value);
}

/** What a call has thrown, or why that cannot be read. */
function opened(sealed: Sealed): unknown {
  try {
    return sealed.take();
  } catch (error) {
    return error;
  }
}
