/**
 * A look at what is pulled: each item goes to sinks as it passes.
 */

import { broadcast } from './broadcast.ts';
import { type Pull, pull } from './pull.ts';
import type { Sink } from './writer.ts';

/**
 * Makes a transformer that pushes each item into all the sinks, then gives it on unchanged.
 *
 * - **Back-pressure:** an item is given on when all sinks have taken it.
 * - **The end:** the sinks are closed when the items end, or the loop is left; with an error, they fail. Sinks that others
 *   push into, too, are given as `keepOpen(sink)`.
 * - **A sink that takes no more** is left out. One that fails ends the loop with its error.
 *
 * @throws {TypeError} If one is not a sink.
 *
 * @example
 * ```ts
 * import { branch, pullFrom, sinkMap } from 'heddle/streams';
 * const log: string[] = [];
 * const seen = branch(sinkMap((x: number) => log.push(`at ${x}`)));
 * assert.deepEqual(await Array.fromAsync(pullFrom([1, 2]).to(seen)), [1, 2]);
 * assert.deepEqual(log, ['at 1', 'at 2']);
 * ```
 */
export function branch<T>(...sinks: readonly Sink<T>[]): Pull<T, T> {
  const all = broadcast(...sinks);
  return pull(async function* (source: AsyncIterable<T>) {
    const writer = all.open();
    let failure: { readonly error: unknown } | undefined;
    let takesMore = true;
    try {
      for await (const item of source) {
        if (takesMore) takesMore = await writer.push(item);
        yield item;
      }
    } catch (error) {
      failure = { error };
      throw error;
    } finally {
      if (failure === undefined) await writer.close();
      else await failQuietly(writer, failure.error);
    }
  });
}

/** What sinks make of a failure is not told: the failure is. */
async function failQuietly(
  writer: { fail(error: unknown): void | Promise<void> },
  error: unknown,
): Promise<void> {
  try {
    await writer.fail(error);
  } catch {
    // It came second.
  }
}
