/**
 * Claims: who may run a call that has been sent to a worker.
 *
 * Calls travel in batches. A claim is a number in memory that host and worker share, one for each call in
 * flight. The worker takes it when it starts the call, the host when it takes the call back: one of them
 * finds it taken. So a call can be cancelled before it starts, or given to an idle worker, and when a
 * worker is lost it is known which of its calls was running.
 */

/** Nobody has taken the call. */
export const open = 0;
/** The worker runs it. */
export const running = 1;
/** The host has taken it back: the worker leaves it out. */
export const takenBack = 2;
/** The worker has run it; its outcome may still be on the way. */
export const finished = 3;
/** The worker has taken it, perhaps with others, and may run it, or may have run it. */
export const taken = 5;
/** The worker runs it, and it has asked for its signal: it may end by itself when it is told to. */
export const listening = 4;

/**
 * How many calls may be in flight at one worker; a power of two. Arbitrary: many times what batches hold,
 * and 32 kB a worker.
 */
export const claimsOfWorker = 8192;

/** What the host does with claims. */
export interface HostClaims {
  /** Says that calls are about to be sent. Before they are. */
  offer(first: number, count: number): void;
  /** Takes a call back. @returns whether it had not been started, and will not be */
  tryTakeBack(call: number): boolean;
  /** What is known of a call that has no outcome. */
  stateOf(call: number): number;
}

/** What a worker does with claims. */
export interface WorkerClaims {
  /**
   * Takes a call to run it.
   *
   * @param end - the number after the last call of its batch
   * @returns whether it was still there
   */
  tryStart(call: number, end: number): boolean;
  /** Says that a running call has asked for its signal. */
  listen(call: number): void;
  /** Says that a call has been run. */
  finish(call: number): void;
}

/** Claims of one worker, by the number of the call modulo their count. */
export class Claims implements HostClaims, WorkerClaims {
  readonly buffer: SharedArrayBuffer;
  readonly #slots: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(claimsOfWorker * 4)) {
    this.buffer = buffer;
    this.#slots = new Int32Array(buffer);
  }

  offer(first: number, count: number): void {
    for (let call = first; call < first + count; call++) {
      Atomics.store(this.#slots, call % claimsOfWorker, open);
    }
  }

  tryStart(call: number, _end: number): boolean {
    return Atomics.compareExchange(this.#slots, call % claimsOfWorker, open, running) === open;
  }

  listen(call: number): void {
    Atomics.store(this.#slots, call % claimsOfWorker, listening);
  }

  /** A plain store: whoever reads it after the worker's end sees it. */
  finish(call: number): void {
    this.#slots[call % claimsOfWorker] = finished;
  }

  tryTakeBack(call: number): boolean {
    return Atomics.compareExchange(this.#slots, call % claimsOfWorker, open, takenBack) === open;
  }

  stateOf(call: number): number {
    return Atomics.load(this.#slots, call % claimsOfWorker);
  }
}
