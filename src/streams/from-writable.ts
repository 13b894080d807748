/**
 * Writable streams of the Web and of Node, as sinks.
 */

import type { Writable } from 'node:stream';
import { inspectShort } from '../base/inspect-short.ts';
import type { Ending, Sink, Writer } from './writer.ts';

/**
 * Makes a sink of a writable stream.
 *
 * - **Back-pressure:** a push waits while the stream asks to.
 * - **The end:** closing ends the stream, and waits until all is written. A failure aborts or destroys it. One that is to stay
 *   open, such as `process.stdout`, is given as `keepOpen(fromWritable(stream))`.
 * - **The stream fails:** so does the push, and what is patched to it.
 *
 * @throws {TypeError} If it is no such stream.
 *
 * @example
 * ```ts
 * import { PassThrough } from 'node:stream';
 * import { text } from 'node:stream/consumers';
 * import { fromWritable, patch } from 'heddle/streams';
 * const stream = new PassThrough();
 * const [written] = await Promise.all([text(stream), patch(['a', 'b'], fromWritable(stream))]);
 * assert.equal(written, 'ab');
 * ```
 */
export function fromWritable<In = unknown>(stream: WritableStream<In> | Writable): Sink<In> {
  if (isWeb(stream)) return { open: () => new WebWriter<In>(stream.getWriter()) };
  const { write, end, on } = (stream ?? {}) as Partial<Writable>;
  if (typeof write !== 'function' || typeof end !== 'function' || typeof on !== 'function') {
    throw new TypeError(
      `Cannot make a sink as it is no writable stream of the Web or of Node: received ${inspectShort(stream)}`,
    );
  }
  return { open: () => new NodeWriter(stream) };
}

function isWeb<In>(stream: WritableStream<In> | Writable): stream is WritableStream<In> {
  return typeof (stream as Partial<WritableStream<In>> | undefined)?.getWriter === 'function';
}

class WebWriter<In> implements Writer<In> {
  readonly #writer: WritableStreamDefaultWriter<In>;

  constructor(writer: WritableStreamDefaultWriter<In>) {
    this.#writer = writer;
  }

  push(item: In): boolean | Promise<boolean> {
    // Told by `ready`, `close`, and `onEnd`.
    this.#writer.write(item).catch(() => undefined);
    return (this.#writer.desiredSize ?? 0) > 0 || this.#writer.ready.then(() => true);
  }

  async close(): Promise<void> {
    await this.#writer.close();
    this.#writer.releaseLock();
  }

  /** Does not wait: the stream ends a write that is under way first, which may never end. */
  fail(error: unknown): void {
    this.#writer.abort(error).catch(() => undefined); // It failed before, then.
    this.#writer.releaseLock();
  }

  async release(): Promise<void> {
    await this.#writer.ready;
    this.#writer.releaseLock();
  }

  onEnd(listener: (ending: Ending) => void): () => void {
    let isHeard = true;
    this.#writer.closed.then(
      () => isHeard && listener(undefined),
      (error: unknown) => isHeard && listener({ error }),
    );
    return () => {
      isHeard = false;
    };
  }
}

class NodeWriter implements Writer<unknown> {
  readonly #stream: Writable;
  readonly #listeners = new Set<(ending: Ending) => void>();
  #waiting: PromiseWithResolvers<boolean> | undefined;
  #closing: PromiseWithResolvers<void> | undefined;
  #isOver = false;
  #failure: Ending;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream
      .on('drain', this.#onDrain)
      .on('error', this.#onError)
      .on('finish', this.#onClose)
      .on('close', this.#onClose);
    if (stream.errored !== null) this.#onError(stream.errored);
    else if (stream.destroyed || stream.writableEnded) this.#end(undefined);
  }

  push(item: unknown): boolean | Promise<boolean> {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#isOver) return false;
    if (this.#stream.write(item)) return true;
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  close(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (this.#isOver) return Promise.resolve();
    this.#closing = Promise.withResolvers();
    this.#stream.end();
    return this.#closing.promise;
  }

  fail(error: unknown): void {
    this.#end({ error });
    // Its 'error' event is heard by `#onError`, which stays until the stream has closed.
    this.#stream.destroy(error instanceof Error ? error : new Error(inspectShort(error), { cause: error }));
  }

  release(): void {
    this.#stopListening();
  }

  onEnd(listener: (ending: Ending) => void): () => void {
    if (this.#isOver) listener(this.#failure);
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly #onDrain = (): void => {
    this.#waiting?.resolve(true);
    this.#waiting = undefined;
  };

  readonly #onError = (error: unknown): void => this.#end({ error });

  readonly #onClose = (): void => {
    this.#end(undefined);
    if (this.#stream.closed) this.#stopListening();
  };

  #end(ending: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = ending;
    if (ending === undefined) {
      this.#waiting?.resolve(false);
      this.#closing?.resolve();
    } else {
      this.#waiting?.reject(ending.error);
      this.#closing?.reject(ending.error);
    }
    for (const listener of this.#listeners) listener(ending);
    this.#listeners.clear();
  }

  #stopListening(): void {
    this.#stream
      .off('drain', this.#onDrain)
      .off('error', this.#onError)
      .off('finish', this.#onClose)
      .off('close', this.#onClose);
  }
}
