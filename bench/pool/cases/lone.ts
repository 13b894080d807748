/**
 * One task at a time. Microseconds.
 *
 * A round trip takes three times as long when it wakes a core that fell asleep: on such a machine the median jumps from
 * one process to the next, while the tenth percentile tells what the code costs.
 */

import { median } from '../../median.ts';
import { checkValue, type PoolCase, workerCount } from '../pool-case.ts';

/** Measures lone tasks. */
export const lone: PoolCase = async ({ quick, open }) => {
  const pool = await open(workerCount);
  const us: number[] = [];
  const tasks = quick ? 1_000 : 5_000;
  // As many before, uncounted: code is compiled on both sides.
  for (let i = -tasks; i < tasks; i++) {
    const startMs = performance.now();
    const value = await pool.submit('add', { a: i, b: 1 });
    if (i >= 0) us.push((performance.now() - startMs) * 1000);
    checkValue(value, i + 1);
  }
  return { p10: median(us, 0.1), p50: median(us), p99: median(us, 0.99) };
};
