/**
 * Tiny tasks: all at once, and as many at a time as a window holds. Thousands a second.
 */

import type { OpenPool } from '../contender.ts';
import { checkValue, type PoolCase, workerCount } from '../pool-case.ts';

/** Measures tiny tasks. */
export const tiny: PoolCase = async ({ quick, open }) => {
  const pool = await open(workerCount);
  const tasks = quick ? 10_000 : 100_000;
  await allAtOnce(pool, tasks / 20);
  const atOnce = await allAtOnce(pool, tasks);
  const window64 = await inWindow(pool, tasks / 2, 64);
  const window8 = await inWindow(pool, tasks / 5, 8);
  return { atOnce, window64, window8 };
};

async function allAtOnce(pool: OpenPool, tasks: number): Promise<number> {
  const startMs = performance.now();
  const values = await Promise.all(
    Array.from({ length: tasks }, (_, i) => pool.submit('add', { a: i, b: 1 })),
  );
  const tookMs = performance.now() - startMs;
  checkValue(values.at(-1), tasks);
  return tasks / tookMs;
}

/** So many loops, each of which submits when its last task has ended. */
async function inWindow(pool: OpenPool, tasks: number, window: number): Promise<number> {
  let next = 0;
  let sum = 0;
  const loop = async (): Promise<void> => {
    while (next < tasks) {
      const value = await pool.submit('add', { a: next++, b: 1 });
      sum += value as number;
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: window }, loop));
  const tookMs = performance.now() - startMs;
  checkValue(sum, (tasks * (tasks + 1)) / 2);
  return tasks / tookMs;
}
