/**
 * Both ends of something: where its items come from, and where items go.
 */

import { Leavable, leaveSource } from './leave.ts';
import { openSource, type Pullable, requirePullable } from './open-source.ts';
import type { PullNext } from './pull.ts';
import { pullFrom } from './pull-from.ts';
import type { Source } from './source.ts';
import { type Ending, requireSink, type Sink, type Writer } from './writer.ts';

/**
 * The two ends of something that takes items and gives items, such as workers: jobs go in, results come out.
 *
 * It is a source (`for await`), and a sink (`patch(source, connection)`). The two ends know nothing of one another: what
 * becomes of the one when the other ends is up to what is between them.
 *
 * @example
 * ```ts
 * import { Connection, Queue, threadPool } from 'heddle/streams';
 * const jobs = new Queue<number>();
 * const workers: Connection<number, number> = jobs.to(threadPool(async (n: number) => n * n, async (n: number) => n * n));
 * const { source, sink } = workers.setup();
 * await sink.push(3);
 * await sink.close();
 * assert.deepEqual(await source.next(), { done: false, value: 9 });
 * assert.equal((await source.next()).done, true);
 * ```
 */
export class Connection<in In, out Out> extends Leavable implements AsyncIterable<Out, undefined>, Sink<In> {
  /** The end that is pulled from. */
  readonly source: Source<Out>;
  /** The end that is pushed into. */
  readonly sink: Sink<In>;

  /** @throws {TypeError} If it cannot be pulled from the one, or pushed into the other. */
  constructor(source: Pullable<Out>, sink: Sink<In>) {
    super();
    requirePullable(source);
    requireSink(sink);
    this.source = pullFrom(source);
    this.sink = sink;
  }

  /**
   * Joins a transformer to the end that is pulled from, or a function as `pullMap` does.
   *
   * @throws {TypeError} If it is what can be pushed to: that is joined by `patch`.
   */
  to<Next>(next: PullNext<Out, Next>): Connection<In, Next> {
    return new Connection(this.source.to(next), this.sink);
  }

  /** Opens both ends. */
  setup(): { readonly source: AsyncIterator<Out, unknown>; readonly sink: Writer<In> } {
    return { source: openSource(this.source), sink: this.open() };
  }

  open(): Writer<In> {
    return this.sink.open();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Out, undefined> {
    return this.source[Symbol.asyncIterator]();
  }

  /** Tells the beginning of the end that is pulled from that nobody pulls any more, as `Queue.leave` does. */
  override leave(ending?: Ending): void {
    leaveSource(this.source, ending);
  }
}
