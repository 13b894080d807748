/**
 * From opening a pool, whose code is loaded, to the first result; and the memory of a worker. Milliseconds, MiB.
 */

import { checkValue, type PoolCase } from '../pool-case.ts';

/** Workers over which the memory of one is counted. */
const manyWorkers = 5;
/** Long enough that every worker gets one while the others are busy. */
const pauseMs = 30;

/** Measures starting. */
export const start: PoolCase = async ({ open }) => {
  const startMs = performance.now();
  const single = await open(1);
  checkValue(await single.submit('increment', 1), 2);
  const firstMs = performance.now() - startMs;
  const before = memoryAfterCollection();
  const many = await open(manyWorkers);
  // Twice: the first ones may all be taken by a worker that is ready before the others.
  for (let i = 0; i < 2; i++) {
    await Promise.all(Array.from({ length: manyWorkers * 2 }, () => many.submit('pause', pauseMs)));
  }
  const perWorker = (memoryAfterCollection() - before) / manyWorkers / 2 ** 20;
  return { firstMs, perWorker };
};

function memoryAfterCollection(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}
