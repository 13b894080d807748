/**
 * The call that is running now, as seen from inside its function.
 *
 * What runs a call says so before it calls the function, and takes it back when the function has
 * returned (here) or when its promise has settled (in workers, which run one call at a time). Nothing is
 * made for a call whose function does not ask.
 */

import type { CallEvent } from './call-event.ts';

/** What a function can know of the call that it runs. */
export interface CurrentCall {
  /** Name of the task. */
  readonly task: string;
  /**
   * Aborted when nobody waits for the call any more: it was cancelled, or took longer than its
   * `timeoutMs`. A call that has asked for it gets some time to end by itself before its worker is ended.
   */
  readonly signal: AbortSignal;
  /**
   * Tells how far the call is. Whoever started it hears of it by `onEvent`, and the sinks of a run by the event
   * `call-progressed`; from a worker at most some twenty times a second.
   *
   * @param done - how much is done, in any unit
   * @param total - how much there is to do, in the same unit
   * @param text - what it is doing, in words
   */
  report(done: number, total?: number, text?: string): void;
  /**
   * Gives out a value before the call ends. Each one is heard of, in order.
   *
   * @throws {NotCloneableError} If the call runs in a worker and the value cannot leave it.
   */
  emit(value: unknown): void;
}

/** What runs a call, as the call sees it. @internal */
export interface CallHost {
  /** The function has asked for its signal, for the first time. */
  listens?(): void;
  /** The function has told something. */
  told?(event: CallEvent): void;
}

/** A call that runs. @internal */
export class RunningCall implements CurrentCall {
  readonly task: string;
  #host: CallHost;
  #controller: AbortController | undefined;

  constructor(task: string, host: CallHost = {}) {
    this.task = task;
    this.#host = host;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      this.#host.listens?.();
    }
    return this.#controller.signal;
  }

  report = (done: number, total?: number, text?: string): void =>
    this.#host.told?.({ kind: 'progress', done, total, text });

  emit = (value: unknown): void => this.#host.told?.({ kind: 'emission', value });

  /** The call has ended: what its function tells afterwards, nobody hears. */
  end(): void {
    this.#host = {};
  }

  abort(reason: unknown): void {
    this.#controller?.abort(reason);
  }
}

/** Shared by all copies of the library. */
const holderKey = Symbol.for('heddle.current-call');

interface Holder {
  /** Gives the running call, and makes it if it is asked for the first time. */
  current: (() => RunningCall) | undefined;
}

function holder(): Holder {
  const global = globalThis as { [holderKey]?: Holder };
  global[holderKey] ??= { current: undefined };
  return global[holderKey];
}

/**
 * Says which call runs from now on. @returns the one before, to be put back
 * @internal
 */
export function setCurrentCall(current: Holder['current']): Holder['current'] {
  const held = holder();
  const before = held.current;
  held.current = current;
  return before;
}

/**
 * Gives the call that is running, inside the function of a task.
 *
 * In an asynchronous function ask before the first `await`: in this thread calls overlap, and afterwards
 * another one may be running.
 *
 * @throws {TypeError} If no call is running.
 *
 * @example
 * ```ts
 * import { setTimeout as sleep } from 'node:timers/promises';
 * import { currentCall, run, task } from 'heddle';
 * const patient = task(
 *   async (ms: number) => {
 *     const { signal } = currentCall();
 *     await sleep(ms, undefined, { signal });      // ends at once when nobody waits any more
 *     return ms;
 *   },
 *   { timeoutMs: 20 },
 * );
 * await assert.rejects(run(patient(60_000)), /took more than 20 ms/);
 * ```
 */
export function currentCall(): CurrentCall {
  const call = holder().current?.();
  if (call === undefined) {
    throw new TypeError(
      'Cannot give the current call as none is running\n  ask inside the function of a task, before its first await',
    );
  }
  return call;
}
