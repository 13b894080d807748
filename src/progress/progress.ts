/**
 * A bar around any loop: the function that most programs want.
 *
 * This file only chooses between the two kinds of loop, and finds out how many items there are. Loops are in `loop.ts`,
 * counting is in `bar.ts`, drawing in `bar-line.ts` and `live-bars.ts`.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { AsyncLoop, type ProgressAsyncIterable, type ProgressIterable, SyncLoop } from './loop.ts';
import { barOptions, type ProgressOptions } from './options.ts';

/**
 * Shows a progress bar, as tqdm does, while a loop goes through the items of `input`: on stderr, if it is a terminal.
 *
 * ```text
 * squares:  76%|███████▌  | 7568/10000 [00:33<00:10, 229.00it/s, loss=0.1]
 * ```
 *
 * **Kind**: a synchronous input stays synchronous. **Order** and items are those of the input, pulled one by one as the
 * loop asks for them. **Leaving early**, or by an error of the loop or of the input, ends the bar and tells the input.
 * **Again**: every loop over what is returned has a bar of its own.
 * **Several** bars, nested or at once, stand below each other in the order in which they began, beside the displays of
 * `terminal()`. What the program prints meanwhile, in whichever way, appears above them.
 * **In workers**: a task's bars are shown by the program that has the worker, among its own, and end with the call.
 * **Cost**: some ten nanoseconds an item. An item counts as done when the next one is asked for.
 *
 * @throws {TypeError} If `input` is not iterable.
 * @throws {RangeError} If a number among the options is out of its range.
 * @example
 * ```ts
 * import { progress } from 'heddle';
 * let sum = 0;
 * for (const x of progress([1, 2, 3], { desc: 'adding' })) sum += x;
 * assert.equal(sum, 6);
 *
 * async function* lines() { yield 'a'; yield 'b'; }
 * const read = progress(lines(), { total: 2, unit: 'line' });
 * for await (const line of read) read.postfix = { line };
 * assert.equal(read.stats().done, 2);
 * ```
 */
export function progress<Item>(input: Iterable<Item>, options?: ProgressOptions): ProgressIterable<Item>;
export function progress<Item>(
  input: AsyncIterable<Item>,
  options?: ProgressOptions,
): ProgressAsyncIterable<Item>;
export function progress<Item>(
  input: Iterable<Item> | AsyncIterable<Item>,
  options: ProgressOptions = {},
): ProgressIterable<Item> | ProgressAsyncIterable<Item> {
  if (isIterable(input))
    return new SyncLoop(input, barOptions({ ...options, total: totalOf(input, options) }));
  if (isAsyncIterable(input)) {
    return new AsyncLoop(input, barOptions({ ...options, total: totalOf(input, options) }));
  }
  throw new TypeError(`Cannot show progress as the input is not iterable: received ${inspectShort(input)}`);
}

function totalOf(input: object | string, { total }: ProgressOptions): number | undefined {
  if (total !== undefined) return total;
  if (typeof input === 'string') {
    // The length is that of code units; the items are characters.
    let characters = 0;
    for (const _ of input) characters += 1;
    return characters;
  }
  for (const name of ['length', 'size']) {
    const size: unknown = Reflect.get(input, name);
    if (typeof size === 'number' && size >= 0 && Number.isSafeInteger(size)) return size;
  }
  return undefined;
}

function isIterable<Item>(input: Iterable<Item> | AsyncIterable<Item>): input is Iterable<Item> {
  if (typeof input === 'string') return true;
  return typeof input === 'object' && input !== null && Symbol.iterator in input;
}

function isAsyncIterable<Item>(input: unknown): input is AsyncIterable<Item> {
  return typeof input === 'object' && input !== null && Symbol.asyncIterator in input;
}
