/**
 * The calls of a client of a queue that are under way: which is where, and that each settles once.
 *
 * What comes of a call may be told several times, as a batch may be run several times: the first counts. Whoever gave up on a
 * call is not told of it any more. Leaves Redis to `queue-client.ts`.
 */

import type { Outcome } from '../../../task/outcome.ts';
import type { CallTimes, WaitingCall } from './call-line.ts';
import type { SentTask } from './queue-wire.ts';

/** Under which the value of a call is kept, and letting others have it. */
export interface CallKey {
  readonly text: string;
  readonly release: () => void;
}

/** A call under way. */
export class QueuedCall implements WaitingCall {
  readonly priority: number;
  readonly times: CallTimes;
  readonly task: SentTask;
  /** The call as it is sent; kept, since it may have to be sent again. */
  readonly frame: Buffer;
  /** Under which its value is kept, in runs with a name. */
  readonly key: string | undefined;
  /** Whether who waits for it takes a value that was not read. */
  readonly takesSealed: boolean;
  /** The batch it was sent in last. */
  batch: Batch | undefined;
  /** Its position there. */
  at = -1;
  isOver = false;
  /** Whether it was looked for among what is kept. */
  isLookedUp = false;
  readonly #settled: (outcome: Outcome) => void;
  readonly #told: (event: unknown) => void;
  readonly #releaseKey: (() => void) | undefined;

  constructor(
    parts: Pick<QueuedCall, 'priority' | 'times' | 'task' | 'frame' | 'takesSealed'> & {
      readonly key: CallKey | undefined;
    },
    settled: (outcome: Outcome) => void,
    told: (event: unknown) => void,
  ) {
    this.priority = parts.priority;
    this.times = parts.times;
    this.task = parts.task;
    this.frame = parts.frame;
    this.takesSealed = parts.takesSealed;
    this.key = parts.key?.text;
    this.#releaseKey = parts.key?.release;
    this.#settled = settled;
    this.#told = told;
  }

  get bytes(): number {
    return this.frame.length;
  }

  settle(outcome: Outcome): void {
    this.isOver = true;
    this.#settled(outcome);
  }

  /** Nobody waits for it: an equal call may have its key. */
  givenUp(): void {
    this.#releaseKey?.();
  }

  told(event: unknown): void {
    this.#told(event);
  }
}

/** Calls that were sent together. */
export interface Batch {
  readonly id: string;
  /** By position; `undefined` for those that are over. */
  readonly calls: (QueuedCall | undefined)[];
  left: number;
  /** When it was sent, or heard of last. */
  heardMs: number;
}

/** The batches under way. */
export class Batches {
  readonly #byId = new Map<string, Batch>();

  get size(): number {
    return this.#byId.size;
  }

  /** Begins a batch. */
  open(id: string, calls: readonly QueuedCall[], nowMs: number): Batch {
    const batch: Batch = { id, calls: [...calls], left: calls.length, heardMs: nowMs };
    this.#byId.set(id, batch);
    for (const [at, call] of calls.entries()) {
      call.batch = batch;
      call.at = at;
    }
    return batch;
  }

  /** Joins a batch that an earlier life of the client has sent. */
  join(id: string, at: number, call: QueuedCall, nowMs: number): void {
    const batch = this.#byId.get(id) ?? this.open(id, [], nowMs);
    if (batch.calls[at] !== undefined) return;
    batch.calls[at] = call;
    batch.left++;
    call.batch = batch;
    call.at = at;
  }

  /** The call of which something is told, if anybody waits for it. */
  find(id: string, at: number, nowMs: number): QueuedCall | undefined {
    const batch = this.#byId.get(id);
    if (batch !== undefined) batch.heardMs = nowMs;
    return batch?.calls[at];
  }

  /** A call is over. @returns its position in its batch, and whether it was the last one there */
  close(
    call: QueuedCall,
  ): { readonly id: string; readonly at: number; readonly isLast: boolean } | undefined {
    const { batch, at } = call;
    if (batch?.calls[at] !== call) return undefined;
    batch.calls[at] = undefined;
    batch.left--;
    if (batch.left === 0) this.#byId.delete(batch.id);
    return { id: batch.id, at, isLast: batch.left === 0 };
  }

  /** Gives up on a batch. @returns its calls that are not over */
  drop(batch: Batch): QueuedCall[] {
    this.#byId.delete(batch.id);
    return batch.calls.filter((call) => call !== undefined);
  }

  /** Those of which nothing was heard since, the oldest first. */
  silentSince(untilMs: number): Batch[] {
    return [...this.#byId.values()]
      .filter(({ heardMs }) => heardMs <= untilMs)
      .sort((a, b) => a.heardMs - b.heardMs);
  }

  all(): Batch[] {
    return [...this.#byId.values()];
  }
}
