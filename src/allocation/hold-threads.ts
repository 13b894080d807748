/**
 * Taking threads: for a function that runs here and uses several cores, or for work that is done elsewhere.
 */

import { currentScope, inScope, processThreads, Scope } from './scopes.ts';
import type { Semaphore } from './semaphore.ts';

/** Threads that were taken. They are given back once, however often they are disposed of. */
export interface ThreadShare extends Disposable {
  /** How many they are. */
  readonly threads: number;
}

export interface TakeOptions {
  /** Gives up waiting. What waits then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws {RangeError} If it is not a positive integer. */
export function checkThreads(threads: number, doing: string): void {
  if (Number.isInteger(threads) && threads > 0) return;
  throw new RangeError(
    `Cannot ${doing} as 'threads' must be a positive integer: received ${String(threads)}`,
  );
}

/**
 * Refuses what would wait for ever.
 *
 * @param doing - what the threads are for, for the message: `start cadet 'train'`
 * @throws {RangeError} If it is no positive integer, or more than there are here.
 */
export function refuseTooMany(threads: number, doing: string): void {
  checkThreads(threads, doing);
  const scope = currentScope();
  const { total } = scope?.threads ?? processThreads();
  if (threads > total) throw tooMany(threads, total, doing, scope);
}

function tooMany(threads: number, total: number, doing: string, scope: Scope | undefined): RangeError {
  const of = scope?.of ?? 'there are';
  const mend =
    scope === undefined
      ? 'ask for fewer, or say that there are more: HEDDLE_MAX_THREADS, or threadAllocation(n)'
      : 'ask for fewer, or start it outside';
  return new RangeError(
    `Cannot ${doing} as it needs ${threads} threads, which is more than ${of}: received ${total}\n  ${mend}`,
  );
}

/**
 * Takes threads of those that are counted here, as soon as they are free and it is their turn.
 *
 * @returns them at once, or a promise; it rejects with the signal's reason, or a `RangeError` if the total becomes too small
 * @throws {RangeError} If they are no positive integer, or more than there are.
 */
export function takeThreads(
  threads: number,
  doing: string,
  { signal }: TakeOptions = {},
): ThreadShare | Promise<ThreadShare> {
  refuseTooMany(threads, doing);
  const scope = currentScope();
  const from = scope?.threads ?? processThreads();
  if (signal?.aborted === true) return Promise.reject(signal.reason);
  if (from.tryTake(threads)) return shareOf(from, threads);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      from.leave(place);
      reject(signal?.reason);
    };
    const done = (): void => signal?.removeEventListener('abort', onAbort);
    const place = {
      amount: threads,
      granted: (): void => {
        done();
        resolve(shareOf(from, threads));
      },
      refused: (total: number): void => {
        done();
        reject(tooMany(threads, total, doing, scope));
      },
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    from.join(place);
  });
}

/** What was taken of a semaphore, to give back once. */
export function shareOf(from: Semaphore, threads: number): ThreadShare {
  let isGivenBack = false;
  return {
    threads,
    [Symbol.dispose]: () => {
      if (isGivenBack) return;
      isGivenBack = true;
      from.giveBack(threads);
    },
  };
}

/**
 * Runs a function that holds threads. What it starts uses those, and does not wait for others.
 *
 * They are given back when the function has settled, and all that it has started.
 */
export async function runHolding<T>(share: ThreadShare, act: () => T | PromiseLike<T>): Promise<T> {
  const scope = new Scope(share.threads, 'what holds it has', currentScope());
  try {
    return await inScope(scope, act);
  } finally {
    scope.end();
    scope.threads.whenIdle(() => share[Symbol.dispose]());
  }
}
