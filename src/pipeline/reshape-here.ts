/**
 * What the stages of `reshape.ts` make of items in this thread.
 */

import type { StageCount } from './flow.ts';
import type { Reshape } from './stage.ts';

type Items = AsyncGenerator<unknown, void, undefined>;

/** @param look - of `tee` */
export function reshaped(
  reshape: Exclude<Reshape, { readonly is: 'unbatch' }>,
  items: AsyncIterable<unknown>,
  look: (item: unknown) => unknown,
  count: StageCount,
  failure: (error: unknown) => Error,
): Items {
  return reshape.is === 'batch' ? lists(items, reshape.size, count) : teed(items, look, count, failure);
}

async function* lists(items: AsyncIterable<unknown>, size: number, count: StageCount): Items {
  let list: unknown[] = [];
  for await (const item of items) {
    list.push(item);
    if (list.length < size) continue;
    count.taken += size;
    count.given++;
    yield list;
    list = [];
  }
  if (list.length === 0) return;
  count.taken += list.length;
  count.given++;
  yield list;
}

async function* teed(
  items: AsyncIterable<unknown>,
  look: (item: unknown) => unknown,
  count: StageCount,
  failure: (error: unknown) => Error,
): Items {
  for await (const item of items) {
    try {
      await look(item);
    } catch (error) {
      throw failure(error);
    }
    count.given++;
    yield item;
    count.taken++;
  }
}
