/**
 * What can be pulled from, as a readable stream of the Web.
 */

import { leaveSource } from './leave.ts';
import { openSource, type Pullable, requirePullable } from './open-source.ts';

/**
 * Makes a Web stream of anything that can be pulled from. For a stream of Node, `Readable.from(source)` does it.
 *
 * - **Laziness:** an item is taken when the stream is read.
 * - **Cancelling** leaves the source, for good, as `patch` does.
 *
 * @throws {TypeError} If it cannot be pulled from.
 *
 * @example
 * ```ts
 * import { pullFrom, toReadable } from 'heddle/streams';
 * const bytes = toReadable(pullFrom(['one', 'two']).to((word) => `${word}\n`)).pipeThrough(new TextEncoderStream());
 * assert.equal(await new Response(bytes).text(), 'one\ntwo\n');
 * ```
 */
export function toReadable<T>(source: Pullable<T>): ReadableStream<T> {
  requirePullable(source);
  let iterator: AsyncIterator<T, unknown> | undefined;
  let isAsking = false;
  return new ReadableStream<T>(
    {
      pull: async (controller) => {
        iterator ??= openSource(source);
        isAsking = true;
        const step = await iterator.next();
        isAsking = false;
        if (step.done === true) controller.close();
        else controller.enqueue(step.value);
      },
      cancel: async (reason) => {
        const leaving = iterator?.return?.();
        leaveSource(source, reason === undefined ? undefined : { error: reason });
        // An item that was asked for may never come.
        if (isAsking) leaving?.catch(() => undefined);
        else await leaving;
      },
    },
    { highWaterMark: 0 },
  );
}
