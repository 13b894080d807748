/**
 * A bounded queue between those who push and those who read, at their own pace.
 *
 * Promises that nobody who waits at it is forgotten: each wait ends with an item, with room, with the queue's end, with its
 * failure, or with the waiter's own signal. Leaves chains to `connection.ts` and copying to `patch.ts`.
 */

import { ClosedError } from '../base/errors.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { Connection } from './connection.ts';
import { Fifo } from './fifo.ts';
import { Leavable } from './leave.ts';
import type { Pull } from './pull.ts';
import { Waiting, WaitingLine } from './waiting-line.ts';
import type { Ending, Sink, Writer } from './writer.ts';

/** Options of a queue. */
export interface QueueOptions {
  /**
   * How many items it holds, at least 1.
   *
   * @defaultValue 64: with more, items pass no faster (`npm run bench -- streams`)
   */
  readonly capacity?: number;
  /** Drops what is in the queue and fails it with the signal's reason, when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a wait. */
export interface WaitOptions {
  /** Ends the wait, which rejects with the signal's reason. Nothing is lost: neither an item nor a place for one. */
  readonly signal?: AbortSignal | undefined;
}

const defaultCapacity = 64;

/** What `push` gives when there is room: one promise for all. */
const taken: Promise<void> = Promise.resolve();

/**
 * A bounded queue that many push into and many read from.
 *
 * - **Order:** first in, first out. Those who wait are served in the order in which they came: readers for items, pushers
 *   for room.
 * - **Once:** each item is read by one reader.
 * - **Bound:** it holds `capacity` items; `push` waits for room.
 * - **The end:** `close()` lets what was pushed before be read, then ends every reader. `fail(error)` lets what is in it be
 *   read, then throws the error at every reader; who waits to push gets it at once. `flush()` drops everything and ends both
 *   sides: it is how a reader says that it wants no more. Both can come after `close()`, as long as there are items.
 * - **Leaving early:** a reader that leaves its loop loses no item: the next one stays for others. The queue stays open.
 *   What joins the queue to a sink for good, as `patch` does, ends it.
 * - **Cost:** some hundred nanoseconds an item. It keeps no timer and no handle: one that is forgotten is collected.
 *
 * It is a source (`for await`), a sink (`patch(source, queue)`), and a connection (`queue.to(pull)`).
 *
 * @example
 * ```ts
 * import { Queue } from 'heddle/streams';
 * const queue = new Queue<number>({ capacity: 2 });
 * async function produce(): Promise<void> {
 *   for (let n = 0; n < 5; n++) await queue.push(n);   // waits while two are in it
 *   queue.close();
 * }
 * const produced = produce();
 * assert.deepEqual(await Array.fromAsync(queue), [0, 1, 2, 3, 4]);
 * await produced;
 * ```
 */
export class Queue<T> extends Leavable implements AsyncIterable<T, undefined>, AsyncDisposable, Sink<T> {
  readonly capacity: number;
  readonly #items = new Fifo<T>();
  /** Those who wait for an item. Only while there is none, and the queue is open. */
  readonly #readers = new WaitingLine<Reading<T>>();
  /** Those who wait for room. Only while the queue is full. */
  readonly #pushers = new WaitingLine<Pushing<T>>();
  #emptied: WaitingLine<Emptying> | undefined;
  /** Takes no more pushes. */
  #isClosed = false;
  #failure: Ending;
  #listeners: Set<(ending: Ending) => void> | undefined;
  #stopListening: (() => void) | undefined;

  /**
   * @throws {RangeError} If the capacity is not an integer of at least 1.
   * @throws {TypeError} If there is no such option.
   */
  constructor(options: QueueOptions = {}) {
    super();
    refuseUnknownOptions(options, ['capacity', 'signal'], 'make a queue');
    const { capacity = defaultCapacity, signal } = options;
    if (!Number.isSafeInteger(capacity) || capacity < 1) {
      throw new RangeError(
        `Cannot make a queue as its capacity must be an integer of at least 1: received ${inspectShort(capacity)}`,
      );
    }
    this.capacity = capacity;
    if (signal === undefined) return;
    const abort = (): void => this.#abandon(signal.reason);
    if (signal.aborted) abort();
    else this.#stopListening = onAbort(signal, abort);
  }

  /** How many items are in it. */
  get size(): number {
    return this.#items.size;
  }

  /** Whether it takes no more items. There may still be some to read. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  // Pushing

  /**
   * Puts an item into the queue, once there is room.
   *
   * @throws {ClosedError} If the queue is closed, or is flushed while this waits.
   * @throws What the queue failed with, or the signal's reason.
   */
  push(item: T, options?: WaitOptions): Promise<void> {
    const signal = options?.signal;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.tryPush(item)) return taken;
    if (this.#isClosed)
      return Promise.reject(this.#failure === undefined ? closedError(item) : this.#failure.error);
    return new Promise((resolve, reject) => {
      const pushing = new Pushing(item, resolve, reject, () => reject(closedError(item)));
      this.#wait(this.#pushers, pushing, signal);
    });
  }

  /** Puts an item into the queue if there is room now. */
  tryPush(item: T): boolean {
    if (this.#isClosed) return false;
    const reader = this.#readers.takeFirst();
    if (reader !== undefined) {
      reader.stop?.();
      reader.resolve({ done: false, value: item });
      return true;
    }
    if (this.#items.size >= this.capacity) return false;
    this.#items.add(item);
    return true;
  }

  /** The end of the queue that items are pushed into. Closing or failing it does so to the queue: see `keepOpen`. */
  open(): Writer<T> {
    return {
      push: (item) => {
        if (this.tryPush(item)) return true;
        if (this.#failure !== undefined) throw this.#failure.error;
        if (this.#isClosed) return false;
        return new Promise((resolve, reject) => {
          this.#pushers.add(
            new Pushing(
              item,
              () => resolve(true),
              reject,
              () => resolve(false),
            ),
          );
        });
      },
      close: () => this.close(),
      fail: (error) => this.fail(error),
      onEnd: (listener) => this.#onEnd(listener),
    };
  }

  // Reading

  /**
   * Takes the next item, once there is one.
   *
   * @returns as an iterator's `next`: `done` once the queue is closed and empty
   * @throws What the queue failed with, or the signal's reason.
   */
  pull(options?: WaitOptions): Promise<IteratorResult<T, undefined>> {
    const signal = options?.signal;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    return this.#pull(undefined, signal);
  }

  /**
   * Takes the next item if there is one now; `undefined` if not.
   *
   * @throws What the queue failed with.
   */
  tryPull(): IteratorResult<T, undefined> | undefined {
    if (this.#items.size > 0) return { done: false, value: this.#take() };
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#isClosed ? { done: true, value: undefined } : undefined;
  }

  /** Another reader. Each item goes to one of them. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return new Reader(
      (reader) => this.#pull(reader, undefined),
      (reader) => this.#withdraw(reader),
    );
  }

  /**
   * Joins a transformer to the reading end, or a function as `pullMap` does. What is pushed into the connection goes into
   * the queue.
   *
   * @throws {TypeError} If it is what can be pushed to: that is joined by `patch`.
   */
  to<Next>(next: Pull<T, Next> | ((item: T) => Next | PromiseLike<Next>)): Connection<T, Next> {
    return new Connection<T, T>(this, this).to(next);
  }

  // Ending

  /** Takes no more items. What was pushed before can be read; then every reader ends. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#items.size === 0) this.#end();
    this.#tellListeners(undefined);
  }

  /** Takes no more items. What is in it can be read; then every reader gets the error. Who waits to push gets it now. */
  fail(error: unknown): void {
    if (!this.#hasEnded) this.#fail(error);
  }

  /** Drops what is in it. Those who wait for room come in. */
  clear(): void {
    this.#items.clear();
    this.#refill();
  }

  /** Drops what is in it and what waits to be pushed, and closes it. */
  flush(): void {
    const wasClosed = this.#isClosed;
    this.#isClosed = true;
    this.#items.clear();
    for (let one = this.#pushers.takeFirst(); one; one = this.#pushers.takeFirst()) one.flush();
    this.#end();
    if (!wasClosed) this.#tellListeners(undefined);
  }

  /**
   * Waits until nothing is in it, and nobody waits to push. It says that all was taken, not that it was dealt with: for that,
   * wait for those who read, such as `patch`.
   *
   * @throws What the queue failed with, or the signal's reason.
   */
  whenEmpty(options?: WaitOptions): Promise<void> {
    const signal = options?.signal;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (this.#items.size === 0) return taken;
    return new Promise((resolve, reject) => {
      this.#emptied ??= new WaitingLine();
      this.#wait(this.#emptied, new Emptying(resolve, reject), signal);
    });
  }

  /** Flushes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.flush();
  }

  /** Tells that nobody pulls any more: flushes it or, with an error, drops what is in it and fails it. */
  override leave(ending?: Ending): void {
    if (ending === undefined) this.flush();
    else this.#abandon(ending.error);
  }

  // How it is done

  #pull(reader: object | undefined, signal: AbortSignal | undefined): Promise<IteratorResult<T, undefined>> {
    if (this.#items.size > 0) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (this.#isClosed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#wait(this.#readers, new Reading(reader, resolve, reject), signal);
    });
  }

  #take(): T {
    const item = this.#items.take();
    // Seldom needed, so kept out of the way: most items leave others behind, or nobody who waits.
    if (!this.#pushers.isEmpty || this.#items.size === 0) this.#refill();
    return item;
  }

  /** Lets those in who wait for room, in their order, and tells of the end if there are none. */
  #refill(): void {
    while (this.#items.size < this.capacity) {
      const pusher = this.#pushers.takeFirst();
      if (pusher === undefined) break;
      pusher.stop?.();
      this.#items.add(pusher.item);
      pusher.resolve();
    }
    if (this.#items.size > 0) return;
    for (let one = this.#emptied?.takeFirst(); one; one = this.#emptied?.takeFirst()) {
      one.stop?.();
      one.resolve();
    }
    if (this.#isClosed) this.#end();
  }

  /** Whether all was read, or it has failed. */
  get #hasEnded(): boolean {
    return this.#failure !== undefined || (this.#isClosed && this.#items.size === 0);
  }

  #fail(error: unknown): void {
    const wasClosed = this.#isClosed;
    this.#isClosed = true;
    this.#failure = { error };
    for (let one = this.#pushers.takeFirst(); one; one = this.#pushers.takeFirst()) one.refuse(error);
    for (let one = this.#emptied?.takeFirst(); one; one = this.#emptied?.takeFirst()) one.refuse(error);
    if (this.#items.size === 0) this.#end();
    if (!wasClosed) this.#tellListeners(this.#failure);
  }

  /** Drops what is in it, and fails. */
  #abandon(error: unknown): void {
    const hadEnded = this.#hasEnded;
    this.#items.clear();
    if (hadEnded) this.#end();
    else this.#fail(error);
  }

  /** There are no items any more, and none will come. */
  #end(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    for (let one = this.#emptied?.takeFirst(); one; one = this.#emptied?.takeFirst()) {
      one.stop?.();
      one.resolve();
    }
    for (let one = this.#readers.takeFirst(); one; one = this.#readers.takeFirst()) {
      one.stop?.();
      if (this.#failure === undefined) one.resolve({ done: true, value: undefined });
      else one.reject(this.#failure.error);
    }
  }

  #wait<Member extends Waiter>(
    line: WaitingLine<Member>,
    member: Member,
    signal: AbortSignal | undefined,
  ): void {
    line.add(member);
    if (signal === undefined) return;
    member.stop = onAbort(signal, () => {
      line.remove(member);
      member.reject(signal.reason);
    });
  }

  /** A reader leaves: it takes back what it has asked for, so that no item goes to nobody. */
  #withdraw(reader: object): void {
    for (const reading of this.#readers.members()) {
      if (reading.reader !== reader) continue;
      this.#readers.remove(reading);
      reading.resolve({ done: true, value: undefined });
    }
  }

  #onEnd(listener: (ending: Ending) => void): () => void {
    if (this.#isClosed) listener(this.#failure);
    else (this.#listeners ??= new Set()).add(listener);
    return () => this.#listeners?.delete(listener);
  }

  #tellListeners(ending: Ending): void {
    const listeners = this.#listeners;
    this.#listeners = undefined;
    for (const listener of listeners ?? []) listener(ending);
  }
}

/** Someone who waits, perhaps with a signal. */
abstract class Waiter extends Waiting {
  readonly reject: (error: unknown) => void;
  /** Takes the listener from the signal. */
  stop: (() => void) | undefined = undefined;

  constructor(reject: (error: unknown) => void) {
    super();
    this.reject = reject;
  }

  refuse(error: unknown): void {
    this.stop?.();
    this.reject(error);
  }
}

class Reading<T> extends Waiter {
  /** The iterator that asks, if it is one. */
  readonly reader: object | undefined;
  readonly resolve: (result: IteratorResult<T, undefined>) => void;

  constructor(
    reader: object | undefined,
    resolve: (result: IteratorResult<T, undefined>) => void,
    reject: (error: unknown) => void,
  ) {
    super(reject);
    this.reader = reader;
    this.resolve = resolve;
  }
}

class Pushing<T> extends Waiter {
  readonly item: T;
  readonly resolve: () => void;
  readonly #flushed: () => void;

  constructor(item: T, resolve: () => void, reject: (error: unknown) => void, flushed: () => void) {
    super(reject);
    this.item = item;
    this.resolve = resolve;
    this.#flushed = flushed;
  }

  flush(): void {
    this.stop?.();
    this.#flushed();
  }
}

class Emptying extends Waiter {
  readonly resolve: () => void;

  constructor(resolve: () => void, reject: (error: unknown) => void) {
    super(reject);
    this.resolve = resolve;
  }
}

/** One of those who read a queue. */
class Reader<T> implements AsyncIterableIterator<T, undefined> {
  readonly #pull: (reader: object) => Promise<IteratorResult<T, undefined>>;
  readonly #withdraw: (reader: object) => void;
  #hasLeft = false;

  constructor(
    pull: (reader: object) => Promise<IteratorResult<T, undefined>>,
    withdraw: (reader: object) => void,
  ) {
    this.#pull = pull;
    this.#withdraw = withdraw;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#hasLeft ? Promise.resolve({ done: true, value: undefined }) : this.#pull(this);
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#hasLeft = true;
    this.#withdraw(this);
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function closedError(item: unknown): ClosedError {
  return new ClosedError(`Cannot push into a queue as it is closed: received ${inspectShort(item)}`);
}

/** Calls the action when the signal aborts. Gives what takes the listener away. */
function onAbort(signal: AbortSignal, action: () => void): () => void {
  signal.addEventListener('abort', action, { once: true });
  return () => signal.removeEventListener('abort', action);
}
