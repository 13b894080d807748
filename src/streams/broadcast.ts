/**
 * One sink that is many: each item goes to all of them.
 */

import { type Ending, requireSink, type Sink, type Writer } from './writer.ts';

/**
 * Makes a sink of several: each item is pushed into all of them, and the slowest is waited for.
 *
 * - **The end:** closing it closes all. One that takes no more is left out; when none is left, it takes no more either.
 * - **Failure:** if one fails, so does the push; all others fail with the same error.
 *
 * @throws {TypeError} If one is not a sink.
 *
 * @example
 * ```ts
 * import { broadcast, patch, Queue, sinkMap } from 'heddle/streams';
 * const log: string[] = [];
 * const queue = new Queue<string>();
 * await patch(['a', 'b'], broadcast(queue, sinkMap((text: string) => log.push(text))));
 * assert.deepEqual(await Array.fromAsync(queue), log);
 * ```
 */
export function broadcast<In>(...sinks: readonly Sink<In>[]): Sink<In> {
  for (const sink of sinks) requireSink(sink);
  return { open: () => new BroadcastWriter(openAll(sinks)) };
}

/** Opens all. If one cannot be opened, those that were fail with the error. */
function openAll<In>(sinks: readonly Sink<In>[]): readonly Writer<In>[] {
  const writers: Writer<In>[] = [];
  try {
    for (const sink of sinks) writers.push(sink.open());
    return writers;
  } catch (error) {
    new BroadcastWriter(writers).fail(error).catch(() => undefined); // The first error is told.
    throw error;
  }
}

class BroadcastWriter<In> implements Writer<In> {
  readonly #all: readonly Writer<In>[];
  /** Those that take more. */
  readonly #open: Set<Writer<In>>;

  constructor(writers: readonly Writer<In>[]) {
    this.#all = writers;
    this.#open = new Set(writers);
  }

  get #takesMore(): boolean {
    return this.#open.size > 0 || this.#all.length === 0;
  }

  push(item: In): boolean | Promise<boolean> {
    let waiting: Promise<void>[] | undefined;
    for (const writer of this.#open) {
      try {
        const pushed = writer.push(item);
        if (pushed === false) this.#open.delete(writer);
        else if (pushed !== true) (waiting ??= []).push(this.#wait(writer, pushed));
      } catch (error) {
        // With the others, so that none of them rejects unheard.
        (waiting ??= []).push(Promise.reject(error));
      }
    }
    return waiting === undefined ? this.#takesMore : Promise.all(waiting).then(() => this.#takesMore);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(async (writer) => writer.close()));
  }

  async fail(error: unknown): Promise<void> {
    await Promise.all(this.#all.map(async (writer) => writer.fail(error)));
  }

  async release(): Promise<void> {
    await Promise.all(this.#all.map(async (writer) => writer.release?.()));
  }

  onEnd(listener: (ending: Ending) => void): () => void {
    let left = this.#all.length;
    const stops = this.#all.map((writer) =>
      writer.onEnd?.((ending) => {
        left--;
        if (ending !== undefined || left === 0) listener(ending);
      }),
    );
    return () => {
      for (const stop of stops) stop?.();
    };
  }

  async #wait(writer: Writer<In>, pushed: Promise<boolean>): Promise<void> {
    if (!(await pushed)) this.#open.delete(writer);
  }
}
