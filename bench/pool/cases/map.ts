/**
 * A million items from a generator through a lazy map, in order and as they come. Thousands a second.
 *
 * A contender that takes long gets as many items as it does in a second: its rate is the same.
 */

import type { OpenPool } from '../contender.ts';
import { checkValue, type PoolCase, workerCount } from '../pool-case.ts';

/** Measures maps. */
export const map: PoolCase = async ({ quick, open }) => {
  const pool = await open(workerCount);
  const perMs = await throughMap(pool, 20_000, true);
  const items = Math.min(1_000_000, Math.round(perMs * (quick ? 100 : 1_000)));
  const ordered = await throughMap(pool, items, true);
  const unordered = await throughMap(pool, items, false);
  return { ordered, unordered };
};

async function throughMap(pool: OpenPool, items: number, isOrdered: boolean): Promise<number> {
  if (pool.map === undefined) throw new TypeError('Cannot map as the contender has no lazy map');
  let sum = 0;
  const startMs = performance.now();
  for await (const value of pool.map('increment', count(items), isOrdered)) sum += value as number;
  const tookMs = performance.now() - startMs;
  checkValue(sum, (items * (items + 1)) / 2);
  return items / tookMs;
}

function* count(items: number): Generator<number> {
  for (let i = 0; i < items; i++) yield i;
}
