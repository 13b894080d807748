/**
 * What can be pushed into, as a writable stream of the Web.
 */

import { ClosedError } from '../base/errors.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { requireSink, type Sink } from './writer.ts';

/**
 * Makes a Web stream of a sink. For a stream of Node, `Writable.fromWeb(toWritable(sink))` does it.
 *
 * Writing waits as pushing does. Closing and aborting the stream close and fail the sink; when the sink takes no more, or
 * fails, so does the stream.
 *
 * @throws {TypeError} If it is not a sink.
 *
 * @example
 * ```ts
 * import { Queue, toWritable } from 'heddle/streams';
 * const queue = new Queue<string>();
 * await new Blob(['heddle']).stream().pipeThrough(new TextDecoderStream()).pipeTo(toWritable(queue));
 * assert.deepEqual(await Array.fromAsync(queue), ['heddle']);
 * ```
 */
export function toWritable<In>(sink: Sink<In>): WritableStream<In> {
  requireSink(sink);
  const writer = sink.open();
  let hasEnded = false;
  let stopListening: (() => void) | undefined;
  const end = (): void => {
    hasEnded = true;
    stopListening?.();
  };
  return new WritableStream<In>({
    start: (controller) => {
      stopListening = writer.onEnd?.((ending) => {
        if (!hasEnded) controller.error(ending === undefined ? closedError() : ending.error);
      });
    },
    write: async (item) => {
      try {
        if (await writer.push(item)) return;
      } catch (error) {
        end();
        await writer.fail(error);
        throw error;
      }
      throw closedError(item);
    },
    close: () => {
      end();
      return writer.close();
    },
    abort: (reason) => {
      end();
      return writer.fail(reason);
    },
  });
}

function closedError(...items: readonly unknown[]): ClosedError {
  const received = items.map((item) => `: received ${inspectShort(item)}`).join('');
  return new ClosedError(`Cannot write as the sink takes no more${received}`);
}
