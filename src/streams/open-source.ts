/**
 * Whatever can be iterated, as an asynchronous iterator that can be left at any time.
 *
 * The iterators of Web and Node streams wait with leaving until an item comes that somebody has asked for, which may be
 * never; here they are left at once.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { isPromiseLike } from '../base/promise-like.ts';

/** What items can be pulled from: a Web or Node stream is one too. */
export type Pullable<T> = AsyncIterable<T> | Iterable<T>;

/** @throws {TypeError} If it cannot be iterated. */
export function requirePullable(source: unknown): void {
  if (isPullable(source)) return;
  throw new TypeError(`Cannot pull from what cannot be iterated: received ${inspectShort(source)}`);
}

/** Whether it can be iterated. */
export function isPullable(source: unknown): source is Pullable<unknown> {
  const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = (source ?? {}) as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >;
  return typeof later === 'function' || typeof now === 'function';
}

/** Whether it is iterated asynchronously. */
export function isAsynchronous<T>(source: Pullable<T>): source is AsyncIterable<T> {
  return typeof (source as Partial<AsyncIterable<T>>)[Symbol.asyncIterator] === 'function';
}

/** Begins to pull. */
export function openSource<T>(source: Pullable<T>): AsyncIterator<T, unknown> {
  if (!isAsynchronous(source)) return new Steps(source[Symbol.iterator]());
  if (source instanceof ReadableStream) return new WebSteps<T>(source);
  const iterator = source[Symbol.asyncIterator]();
  return isNodeStream(source) ? new NodeSteps(iterator, source) : iterator;
}

/** A synchronous iterator. As `for await` does, it waits for items that are promises. */
class Steps<T> implements AsyncIterator<T, unknown> {
  readonly #iterator: Iterator<T, unknown>;

  constructor(iterator: Iterator<T, unknown>) {
    this.#iterator = iterator;
  }

  async next(): Promise<IteratorResult<T, unknown>> {
    const step = this.#iterator.next();
    if (step.done === true || !isPromiseLike(step.value)) return step;
    try {
      return { done: false, value: (await step.value) as T };
    } catch (error) {
      this.#iterator.return?.();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<T, unknown>> {
    this.#iterator.return?.();
    return { done: true, value: undefined };
  }
}

class WebSteps<T> implements AsyncIterator<T, unknown> {
  readonly #reader: ReadableStreamDefaultReader<T>;

  constructor(stream: ReadableStream<T>) {
    this.#reader = stream.getReader();
  }

  async next(): Promise<IteratorResult<T, unknown>> {
    const step = await this.#reader.read();
    if (!step.done) return step;
    this.#reader.releaseLock();
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<T, unknown>> {
    const cancelled = this.#reader.cancel();
    this.#reader.releaseLock();
    await cancelled;
    return { done: true, value: undefined };
  }
}

interface NodeStream {
  destroy(): unknown;
}

class NodeSteps<T> implements AsyncIterator<T, unknown> {
  readonly #iterator: AsyncIterator<T, unknown>;
  readonly #stream: NodeStream;

  constructor(iterator: AsyncIterator<T, unknown>, stream: NodeStream) {
    this.#iterator = iterator;
    this.#stream = stream;
  }

  next(): Promise<IteratorResult<T, unknown>> {
    return this.#iterator.next();
  }

  async return(): Promise<IteratorResult<T, unknown>> {
    this.#stream.destroy();
    await this.#iterator.return?.();
    return { done: true, value: undefined };
  }
}

function isNodeStream(source: unknown): source is NodeStream {
  const { destroy, pipe } = source as Partial<NodeStream & { pipe: unknown }>;
  return typeof destroy === 'function' && typeof pipe === 'function';
}
