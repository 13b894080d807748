/**
 * One worker of a pool: what it has been sent, and what it has answered.
 *
 * A worker answers in order, so what it has is a line of batches of which the first may be answered in
 * part.
 */

import type { Semaphore } from '../allocation/semaphore.ts';
import type { TaskModule } from '../task/task-core.ts';
import { finished, type HostClaims, listening, open, running, taken } from '../worker/claims.ts';
import type { HeldMessage } from '../worker/host-references.ts';
import type { Transport } from '../worker/transport.ts';
import type { Piece } from './work.ts';

/** Calls that were sent in one message. */
export interface Batch {
  /** The task, by its number at the worker. */
  readonly task: number;
  readonly first: number;
  /** What the calls are parts of: one piece, or a piece for each call. */
  readonly pieces: readonly Piece[];
  readonly count: number;
  /** Calls answered so far. */
  answered: number;
  /** Positions of calls without an answer whose outcome nobody waits for any more. */
  readonly takenBack: Set<number>;
  readonly sentAtMs: number;
  /** What was written for it by reference, until it is answered. */
  readonly held: HeldMessage | undefined;
}

/** A call of a batch, by the work it is part of. */
export interface Placed {
  readonly piece: Piece;
  readonly index: number;
}

export function placeIn(batch: Batch, position: number): Placed {
  const single = batch.pieces.length === batch.count ? batch.pieces[position] : undefined;
  if (single !== undefined && batch.count > 1) return { piece: single, index: single.start };
  const piece = batch.pieces[0] as Piece;
  return { piece, index: piece.start + position };
}

export class Member {
  readonly claims: HostClaims | undefined;
  readonly transport: Transport;
  /** Which of the pool's workers it is, counted from 0: the number of its state, and what calls are pinned to. */
  readonly number: number;
  /** Whether it has said that it listens. */
  isReady = false;
  /** Whether it imports the module of a task, or builds its state. */
  isLoading = false;
  /** Whether it is sent no more calls, and ends when it has answered those that it has. */
  isRetiring = false;
  /** Since when it has had nothing to do. */
  idleSinceMs = 0;
  /** The largest batch that it may be sent; doubles while answers come, so that a new task starts with one. */
  ramp = 1;
  /** Calls sent and not answered. */
  inFlight = 0;
  /** Calls sent so far. */
  sent = 0;
  readonly batches: Batch[] = [];
  /** What it has threads of while it is busy, and how many: see `CountedThreads`. */
  source: Semaphore | undefined;
  threads = 0;
  readonly whenEnded: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #tasks = new Map<string, number>();
  /** The tasks whose modules it has imported, by number. */
  readonly #loaded = new Set<number>();

  constructor(number: number, claims: HostClaims | undefined, transport: Transport) {
    this.number = number;
    this.claims = claims;
    this.transport = transport;
  }

  /** Calls sent whose outcomes are waited for. */
  get outstanding(): number {
    return this.batches.reduce((left, { takenBack }) => left - takenBack.size, this.inFlight);
  }

  /** Whether calls were taken back from it behind a long one: what it is sent now would wait too. */
  get isBehind(): boolean {
    return this.batches.some(({ takenBack }) => takenBack.size > 0);
  }

  /** Whether it has calls that are waited for, or runs one that is not; not if all it has was taken back in time. */
  get isWorking(): boolean {
    const [head] = this.batches;
    return head !== undefined && (this.outstanding > 0 || this.hasBegun(head.first + head.answered));
  }

  /** Notes that the module of a task was imported. */
  loaded(task: number): void {
    this.#loaded.add(task);
  }

  hasLoaded(task: number): boolean {
    return this.#loaded.has(task);
  }

  /** The task of a number. */
  taskOf(number: number): TaskModule | undefined {
    for (const batch of this.batches) if (batch.task === number) return batch.pieces[0]?.work.task;
    return undefined;
  }

  /** The number of a task at this worker, and whether it is new there. */
  numberOf({ url, name }: TaskModule): { readonly task: number; readonly isNew: boolean } {
    const key = `${url}#${name}`;
    const known = this.#tasks.get(key);
    if (known !== undefined) return { task: known, isNew: false };
    const task = this.#tasks.size;
    this.#tasks.set(key, task);
    return { task, isNew: true };
  }

  /** Takes back the name of a task that could not be told. */
  forgetTask({ url, name }: TaskModule): void {
    this.#tasks.delete(`${url}#${name}`);
  }

  /** Whether a call may end by itself when it is told that nobody waits for it. */
  canBeTold(call: number): boolean {
    return this.claims === undefined || this.claims.stateOf(call) === listening;
  }

  /** Whether a call may have begun. */
  hasBegun(call: number): boolean {
    return this.fateOf(call) !== 'not-started';
  }

  /** What became of a call that was not answered, now that the worker is gone. */
  fateOf(call: number): 'not-started' | 'running' | 'finished' | 'unknown' {
    if (this.claims === undefined) return 'unknown';
    const state = this.claims.stateOf(call);
    if (state === open) return 'not-started';
    if (state === taken) return 'unknown';
    if (state === running || state === listening) return 'running';
    return state === finished ? 'finished' : 'not-started';
  }
}
