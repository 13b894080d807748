/**
 * Tasks of 50 and 1 ms in turns, in order and as they come: a map that waits for a slow task before it goes on is twice
 * as slow. Milliseconds.
 */

import type { OpenPool } from '../contender.ts';
import { checkValue, type PoolCase, workerCount } from '../pool-case.ts';

const longMs = 50;
const shortMs = 1;
const tasks = 40;

/** What no pool can be faster than. */
export const idealMs: number = (tasks * (longMs + shortMs)) / 2 / workerCount;

/** Measures skewed tasks. */
export const skewed: PoolCase = async ({ open }) => {
  const pool = await open(workerCount);
  await throughMap(pool, [1, 1, 1, 1], true);
  const durations = Array.from({ length: tasks }, (_, i) => (i % 2 === 0 ? longMs : shortMs));
  const ordered = await throughMap(pool, durations, true);
  const unordered = await throughMap(pool, durations, false);
  return { ordered, unordered };
};

async function throughMap(pool: OpenPool, durations: readonly number[], isOrdered: boolean): Promise<number> {
  if (pool.map === undefined) throw new TypeError('Cannot map as the contender has no lazy map');
  let seen = 0;
  const startMs = performance.now();
  for await (const _ of pool.map('pause', durations, isOrdered)) seen++;
  const tookMs = performance.now() - startMs;
  checkValue(seen, durations.length);
  return tookMs;
}
