/**
 * An end of a stream that several share: what one of them does to it is not the end of it.
 */

import { isAsynchronous, type Pullable, requirePullable } from './open-source.ts';
import { requireSink, type Sink } from './writer.ts';

/**
 * A sink that stays open when those who push into it end, or fail: for one that several push into. Whoever made it
 * closes it.
 *
 * @throws {TypeError} If it is not a sink.
 *
 * @example
 * ```ts
 * import { keepOpen, patch, Queue } from 'heddle/streams';
 * const queue = new Queue<string>();
 * await Promise.all([patch('ab', keepOpen(queue)), patch('c', keepOpen(queue))]);
 * queue.close();
 * assert.equal((await Array.fromAsync(queue)).length, 3);
 * ```
 */
export function keepOpen<In>(sink: Sink<In>): Sink<In> {
  requireSink(sink);
  return {
    open: () => {
      const writer = sink.open();
      const release = (): void | Promise<void> => writer.release?.();
      return {
        push: (item) => writer.push(item),
        close: release,
        fail: release,
        release,
        onEnd: (listener) => writer.onEnd?.(listener) ?? (() => undefined),
      };
    },
  };
}

/**
 * A source that stays open when one who pulls from it leaves, or fails: for a queue that several pull from.
 *
 * @throws {TypeError} If it cannot be pulled from.
 *
 * @example
 * ```ts
 * import { keepSource, patch, Queue, sinkMap } from 'heddle/streams';
 * const queue = new Queue<number>();
 * await queue.push(1);
 * await queue.push(2);
 * await assert.rejects(patch(keepSource(queue), sinkMap(() => { throw new Error('full'); })), /full/);
 * assert.deepEqual(await queue.pull(), { done: false, value: 2 });   // its pushers, too, go on
 * ```
 */
export function keepSource<Out>(source: Pullable<Out>): Pullable<Out> {
  requirePullable(source);
  if (!isAsynchronous(source)) return source;
  return { [Symbol.asyncIterator]: () => source[Symbol.asyncIterator]() };
}
