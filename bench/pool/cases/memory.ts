/**
 * What a million items streamed through a map leave in memory while they flow. MiB over what a warm pool has.
 *
 * The whole process is looked at, workers included, and what is alive on the heap of the host: the first holds garbage
 * that nobody has collected yet, the second only what is kept.
 */

import { checkValue, type PoolCase, workerCount } from '../pool-case.ts';

/** Between two looks. */
const itemsPerLook = 100_000;

/** Measures memory. */
export const memory: PoolCase = async ({ quick, open }) => {
  const pool = await open(workerCount);
  if (pool.map === undefined) throw new TypeError('Cannot map as the contender has no lazy map');
  const items = quick ? 200_000 : 1_000_000;
  for await (const value of pool.map('increment', count(itemsPerLook * 2), true))
    checkValue(typeof value, 'number');
  const before = look();
  let resident = 0;
  let alive = 0;
  let seen = 0;
  for await (const _ of pool.map('increment', count(items), true)) {
    if (++seen % itemsPerLook !== 0) continue;
    const now = look();
    resident = Math.max(resident, now.resident - before.resident);
    alive = Math.max(alive, now.alive - before.alive);
  }
  checkValue(seen, items);
  return { resident: resident / 2 ** 20, alive: alive / 2 ** 20 };
};

function look(): { readonly resident: number; readonly alive: number } {
  // Before the collection, which would flatter it.
  const resident = process.memoryUsage.rss();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return { resident, alive: heapUsed + external };
}

function* count(items: number): Generator<number> {
  for (let i = 0; i < items; i++) yield i;
}
