/**
 * Sending calls to a worker in one message.
 */

import { BatchScan } from '../codec/batch-scan.ts';
import { NotCloneableError, type Packed, type Packer } from '../codec/pack.ts';
import { type AttemptFailure, failure } from '../task/outcome.ts';
import type { HeldMessage, HostReferences } from '../worker/host-references.ts';
import type { BatchMessage } from '../worker/protocol.ts';
import type { Batch, Member } from './member.ts';
import { inputsOf } from './pieces.ts';
import type { Cut } from './waiting.ts';
import type { Piece, Work } from './work.ts';

/** How inputs are made ready. */
export interface SendingParts {
  readonly packer: Packer;
  /** Puts large data elsewhere; `undefined` if all travels in the message. */
  readonly references: HostReferences | undefined;
}

/**
 * Sends calls, and notes them at the worker.
 *
 * @throws {NotCloneableError | DOMException} If an input cannot be cloned. Then nothing was sent.
 */
export function sendBatch(
  member: Member,
  { pieces, count }: Cut,
  { packer, references }: SendingParts,
  nowMs: number,
): Batch {
  const { work } = pieces[0] as Piece;
  const { task, isNew } = member.numberOf(work.task);
  const first = member.sent;
  const inputs = inputsOf(pieces);
  let held: HeldMessage | undefined;
  member.claims?.offer(first, count);
  try {
    const { data, isPacked } = packInputs(pieces, inputs, packer, () => (held = references?.forMessage()));
    const module = isNew ? { url: work.task.url, name: work.task.name } : undefined;
    const { isSingle } = work;
    member.transport.post(
      {
        kind: 'batch',
        first,
        task,
        module,
        inputs: data as readonly unknown[],
        isSingle,
        isPacked,
        ...termsOf(pieces),
      },
      work.moves,
    );
  } catch (error) {
    if (isNew) member.forgetTask(work.task);
    held?.release();
    throw error;
  }
  if (member.inFlight === 0) member.transport.keepAlive(true);
  const batch: Batch = {
    task,
    first,
    pieces,
    count,
    answered: 0,
    takenBack: new Set(),
    sentAtMs: nowMs,
    held,
  };
  member.sent += count;
  member.inFlight += count;
  member.batches.push(batch);
  return batch;
}

const noTerms: Pick<BatchMessage, 'isTimed' | 'held'> = Object.freeze({});

/** What few calls ask for. */
function termsOf(pieces: readonly Piece[]): Pick<BatchMessage, 'isTimed' | 'held'> {
  let isTimed = false;
  let holds = false;
  for (const { work } of pieces) {
    isTimed ||= work.isTimed === true;
    holds ||= work.held !== undefined;
  }
  if (!isTimed && !holds) return noTerms;
  return {
    ...(isTimed ? { isTimed } : {}),
    // Work that holds threads is of one call: its piece is that of one input.
    ...(holds
      ? { held: pieces.flatMap(({ work: { held }, start, end }) => new Array(end - start).fill(held)) }
      : {}),
  };
}

/** @throws {NotCloneableError | MustTravelAloneError} */
function packInputs(
  pieces: readonly Piece[],
  inputs: readonly unknown[],
  packer: Packer,
  hold: () => HeldMessage | undefined,
): Packed {
  if (pieces[0]?.work.form === 'packed') return { data: inputs, isPacked: true };
  let isPlain = true;
  let isFlat = true;
  for (const { work } of pieces) {
    if (work.form === 'flat') continue;
    isFlat = false;
    isPlain &&= work.form === 'plain';
  }
  let apart = inputs;
  if (!isFlat && inputs.length > 1) {
    const scan = new BatchScan();
    apart = inputs.map((input) => scan.separate(input));
  }
  return isPlain ? { data: apart, isPacked: false } : packer.pack(apart, 'args', hold());
}

/** Says why a call could not be sent: what of its input cannot be cloned, or that its worker takes nothing. */
export function refusalOf(
  { task, isSingle }: Work,
  input: unknown,
  error: unknown,
  packer: Packer,
  worker: string,
): AttemptFailure {
  if (!(error instanceof NotCloneableError || error instanceof DOMException))
    return failure('not-loadable', error);
  const found = packer.explain(isSingle ? [input] : input, 'args', undefined, error);
  const text = `Cannot send task '${task.name}' to a worker ${worker} as ${found.message}`;
  return failure('not-cloneable', new NotCloneableError(found.path, text, { cause: error }));
}
