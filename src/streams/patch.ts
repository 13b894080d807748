/**
 * Joining a source to a sink, for as long as both last.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { leaveSource } from './leave.ts';
import { openSource, type Pullable, requirePullable } from './open-source.ts';
import { requireSink, type Sink, type Writer } from './writer.ts';

/** Options of {@link patch}. */
export interface PatchOptions {
  /** Ends both sides with the signal's reason, also while one of them is waited for. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Pushes what a source gives into a sink, one item after the other, until either ends.
 *
 * - **Back-pressure:** no item is taken before the one before it has found room.
 * - **The source ends:** the sink is closed, and what it does with its last items is waited for.
 * - **The sink ends:** the source is left, at once, also if an item is waited for. A queue, or a chain that begins with one, is
 *   flushed: who pushes into it learns that nobody reads. An item that is in hand is dropped.
 * - **Either fails, or the signal aborts:** the other one fails too, and so does the promise.
 * - **Ends that are shared** with others are given as `keepOpen(end)`.
 *
 * @throws {TypeError} If it cannot be pulled from the one, or pushed into the other.
 *
 * @example
 * ```ts
 * import { patch, pullFrom, Queue } from 'heddle/streams';
 * const queue = new Queue<number>({ capacity: 1 });
 * const copied = patch(pullFrom([1, 2, 3]).to((x) => x * x), queue);
 * assert.deepEqual(await Array.fromAsync(queue), [1, 4, 9]);
 * await copied;
 * ```
 */
export async function patch<T>(
  source: Pullable<T>,
  sink: Sink<T>,
  options: PatchOptions = {},
): Promise<void> {
  requirePullable(source);
  requireSink(sink);
  refuseUnknownOptions(options, ['signal'], 'patch');
  const { signal } = options;
  let writer: Writer<T> | undefined;
  let copying: Copying<T>;
  try {
    writer = sink.open();
    signal?.throwIfAborted();
    copying = new Copying(openSource(source), writer);
  } catch (error) {
    leaveSource(source, { error });
    await settled(() => writer?.fail(error));
    throw error;
  }
  const stop = Promise.withResolvers<void>();
  let isStopped = false;
  const onAbort = (): void => stop.reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const stopListening = writer.onEnd?.((ending) => {
    isStopped = true;
    if (ending === undefined) stop.resolve();
    else stop.reject(ending.error);
  });
  try {
    // Not for each item: a race leaves something with those that last.
    if (isStopped) await stop.promise;
    else await Promise.race([copying.copy(), stop.promise]);
    if (copying.hasAll) await writer.close();
    else {
      const left = copying.leave();
      leaveSource(source, undefined);
      await left;
    }
  } catch (error) {
    const left = settled(() => copying.leave());
    leaveSource(source, { error });
    const failed = settled(() => writer.fail(error));
    await left;
    // A push that was under way may never end.
    if (!copying.isPushing) await failed;
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    stopListening?.();
  }
}

class Copying<T> {
  readonly #iterator: AsyncIterator<T, unknown>;
  readonly #writer: Writer<T>;
  #isAsking = false;
  #isPushing = false;
  #isOver = false;
  #hasAll = false;

  constructor(iterator: AsyncIterator<T, unknown>, writer: Writer<T>) {
    this.#iterator = iterator;
    this.#writer = writer;
  }

  /** Whether the source has ended by itself. */
  get hasAll(): boolean {
    return this.#hasAll;
  }

  get isPushing(): boolean {
    return this.#isPushing;
  }

  /** Ends with the source, when the sink takes no more, or when it was left meanwhile. */
  async copy(): Promise<void> {
    while (!this.#isOver) {
      this.#isAsking = true;
      // If it throws, it has ended: nobody leaves it then.
      const step = await this.#next();
      this.#isAsking = false;
      if (this.#isOver) return;
      if (step.done === true) {
        this.#hasAll = true;
        return;
      }
      this.#isPushing = true;
      const pushed = this.#writer.push(step.value);
      const takesMore = typeof pushed === 'boolean' ? pushed : await pushed;
      this.#isPushing = false;
      if (!takesMore) return;
    }
  }

  async #next(): Promise<IteratorResult<T, unknown>> {
    try {
      const step: unknown = await this.#iterator.next();
      if (typeof step === 'object' && step !== null) return step as IteratorResult<T, unknown>; // It is an iterator.
      throw new TypeError(`Cannot pull as an iterator gives objects: received ${inspectShort(step)}`);
    } catch (error) {
      this.#hasAll = true;
      throw error;
    }
  }

  /** Leaves the source, if it has not ended. Waits for it, unless it waits itself for an item that may never come. */
  async leave(): Promise<void> {
    this.#isOver = true;
    if (this.#hasAll) return;
    const leaving = this.#iterator.return?.();
    if (this.#isAsking) leaving?.catch(() => undefined);
    else await leaving;
  }
}

/** Waits for what is done because of a failure. What it throws itself comes second, and is not told. */
async function settled(action: () => void | Promise<void>): Promise<void> {
  try {
    await action();
  } catch {
    // Told is what came first.
  }
}
