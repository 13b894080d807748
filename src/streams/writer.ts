/**
 * The pushing half of a stream: what a sink is, and the open end of one.
 *
 * A {@link Sink} describes where items go, as an iterable describes where they come from; opening it gives a
 * {@link Writer}, as iterating gives an iterator.
 */

import { inspectShort } from '../base/inspect-short.ts';

/** How something ended: with an error, or `undefined` if quietly. */
export type Ending = { readonly error: unknown } | undefined;

/**
 * The open end of a sink.
 *
 * One at a time: who pushes waits for the answer before pushing, closing or failing. Only `fail` may come at any time.
 */
export interface Writer<in In> {
  /**
   * Hands an item over, and waits until there is room for the next.
   *
   * @returns `false` once the sink takes no more: there is no use in pushing again
   * @throws what the sink fails with. The writer is then to be told by `fail`, so that all behind it learn of it.
   */
  push(item: In): boolean | Promise<boolean>;
  /** No more items come. Waits until what was pushed has been dealt with. */
  close(): void | Promise<void>;
  /** The items end with an error: whoever waits for more gets it. */
  fail(error: unknown): void | Promise<void>;
  /** Ends this use of the sink as `close` does, and leaves the sink open for others. See `keepOpen`. */
  release?(): void | Promise<void>;
  /**
   * Calls the listener once, when the sink takes no more items by itself; at once, if it does not now. A sink that takes all
   * there are leaves it out.
   *
   * @returns what takes the listener away
   */
  onEnd?(listener: (ending: Ending) => void): () => void;
}

/** Where items can be pushed to. Opened anew for everyone who pushes. */
export interface Sink<in In> {
  open(): Writer<In>;
}

/** @throws {TypeError} If it is no sink. */
export function requireSink(sink: unknown): void {
  if (typeof (sink as Partial<Sink<never>> | undefined)?.open === 'function') return;
  const mend =
    typeof sink === 'object' && sink !== null && ('getWriter' in sink || 'write' in sink)
      ? 'fromWritable(stream) makes a sink of a writable stream'
      : 'sinks are queues, connections, sinkMap(…), broadcast(…), and what push(…).to(sink) gives';
  throw new TypeError(`Cannot push into what is not a sink: received ${inspectShort(sink)}\n  ${mend}`);
}
