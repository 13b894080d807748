/**
 * A single call for a pool, and handing it over without copying more than must be.
 */

import type { Semaphore } from '../allocation/semaphore.ts';
import { copyFlat } from '../codec/copy.ts';
import { type Movable, moveOut } from '../codec/moved.ts';
import { isPlainTree } from '../codec/plain-tree.ts';
import type { CallEvent } from '../task/call-event.ts';
import type { AttemptFailure } from '../task/outcome.ts';
import type { TaskModule } from '../task/task-core.ts';
import type { Piece, Work, WorkOwner } from './work.ts';
import type { WorkPool } from './work-pool.ts';

/** What many single calls have in common. */
export interface CallTerms extends Pick<Work, 'task' | 'slots' | 'timeoutMs' | 'mostLosses'> {
  /** Told what they tell while they run. */
  readonly told?: ((event: CallEvent) => void) | undefined;
  /** Told what they failed with, before whoever waits for them. */
  readonly failed?: ((error: unknown) => void) | undefined;
}

/**
 * Work of one call, which is its own owner and its own piece: one small object, since there may be a million of them a
 * second, and what they take of memory is most of what they cost.
 */
export abstract class SingleCall implements Work, WorkOwner, Piece {
  readonly #terms: CallTerms;
  inputs: readonly unknown[];
  readonly isSingle: boolean;
  form: Work['form'] = undefined;
  addedAtMs = 0;
  // Seldom given: then the others do without room for them.
  declare pin: number | undefined;
  declare threads: Semaphore | undefined;
  declare isTimed: true | undefined;
  declare held: number | undefined;
  declare moves: readonly Movable[] | undefined;

  /** @param args - a list that nobody changes; what is in it is another matter */
  constructor(terms: CallTerms, args: readonly unknown[]) {
    this.#terms = terms;
    // A single argument travels without a list around it: a third of what a message of tiny calls costs.
    this.isSingle = args.length === 1;
    this.inputs = this.isSingle ? args : [args];
  }

  get task(): TaskModule {
    return this.#terms.task;
  }

  get slots(): number {
    return this.#terms.slots;
  }

  get timeoutMs(): number | undefined {
    return this.#terms.timeoutMs;
  }

  get mostLosses(): number | undefined {
    return this.#terms.mostLosses;
  }

  get owner(): WorkOwner {
    return this;
  }

  get work(): Work {
    return this;
  }

  get start(): number {
    return 0;
  }

  get end(): number {
    return 1;
  }

  get isSuspect(): boolean {
    return false;
  }

  told(_index: number, event: CallEvent): void {
    this.#terms.told?.(event);
  }

  protected noteFailed(error: unknown): void {
    this.#terms.failed?.(error);
  }

  abstract succeeded(index: number, value: unknown): void;
  abstract failed(index: number, failure: AttemptFailure): void;
}

/**
 * Hands a call over as it is now: what the caller changes afterwards, it does not see.
 *
 * What is small is copied, so that it can travel with others. What is not is sent at once if a worker has
 * room, since sending it is a copy; otherwise it is copied too. In the rare case that a call which was
 * sent so must be sent again, since its worker was lost before it began, it is sent as it is then.
 *
 * @throws {ClosedError} If the pool was disposed of.
 */
export function handOver(pool: WorkPool, call: SingleCall, args: readonly unknown[]): void {
  const flat = copyFlatList(args);
  const moved = flat === undefined ? moveOut(args) : undefined;
  if (moved !== undefined) {
    call.inputs = call.isSingle ? moved.args : [moved.args];
    call.moves = moved.moves;
  } else if (flat !== undefined) {
    call.inputs = call.isSingle ? flat : [flat];
    call.form = 'flat';
  } else {
    if (isPlainTree(args, pool.leastReferenceBytes)) call.form = 'plain';
    if (pool.trySend(call)) return;
    keepOwn(pool, call, args);
  }
  pool.add(call);
}

function keepOwn(pool: WorkPool, call: SingleCall, args: readonly unknown[]): void {
  try {
    const { data, isPacked } = pool.snapshot(args);
    const own = data as readonly unknown[];
    call.inputs = call.isSingle ? own : [own];
    if (isPacked) call.form = 'packed';
  } catch {
    // What cannot be sent is refused when it is sent, with all that there is to say.
  }
}

/**
 * Copies arguments if each is a primitive, or a list or record of nothing else; otherwise gives `undefined`.
 *
 * @param args - a list that nobody else has: copies are put into it
 */
export function copyFlatList(args: readonly unknown[]): readonly unknown[] | undefined {
  const own = args as unknown[];
  for (let i = 0; i < own.length; i++) {
    const arg = own[i];
    if (typeof arg === 'function' || typeof arg === 'symbol') return undefined;
    if (typeof arg !== 'object' || arg === null) continue;
    const flat = copyFlat(arg);
    if (flat === undefined) return undefined;
    own[i] = flat;
  }
  return own;
}
