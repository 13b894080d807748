/**
 * What a call on a worker thread costs beside a bare worker and `postMessage`: many at once, one alone, the very first.
 */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { gatherAll, openThreads, run } from 'heddle';
import type { Figure, Settings } from '../figure.ts';
import { inTurns, timeMs } from '../in-turns.ts';
import { median } from '../median.ts';
import { increment } from '../tiny-tasks.ts';

const bareWorker = new URL('../bare-worker.ts', import.meta.url);
const workers = 2;

/** Measures the section `threads`. */
export async function measureThreads({ quick }: Settings): Promise<readonly Figure[]> {
  const first = await inTurns({ heddle: firstResult, bare: bareFirstResult }, quick ? 3 : 9);
  const many = await measureMany(quick ? 1_000 : 10_000, quick ? 3 : 7);
  const lone = await measureLone(quick ? 300 : 2_000);
  return [
    { name: 'tiny calls, all at once', unit: 'µs a call', value: many.heddle },
    { name: 'bare postMessage, all at once', unit: 'µs a call', value: many.bare },
    { name: 'one call at a time, p50', unit: 'µs', value: median(lone.heddle) },
    { name: 'one call at a time, p99', unit: 'µs', value: median(lone.heddle, 0.99) },
    { name: 'one submit() at a time, p50', unit: 'µs', value: median(lone.submitted) },
    { name: 'one submit() at a time, p99', unit: 'µs', value: median(lone.submitted, 0.99) },
    { name: 'bare postMessage, p50', unit: 'µs', value: median(lone.bare) },
    { name: 'bare postMessage, p99', unit: 'µs', value: median(lone.bare, 0.99) },
    { name: 'first result', unit: 'ms', value: first.heddle },
    { name: 'bare worker, first result', unit: 'ms', value: first.bare },
    { name: 'first result over a bare worker', unit: 'times', value: first.heddle / first.bare, atMost: 1.1 },
  ];
}

/** From nothing to the value of one call, in milliseconds; ending the thread is not counted. */
async function firstResult(): Promise<number> {
  const startMs = performance.now();
  await using executor = openThreads({ workers: 1 });
  await run(increment(1), { executor });
  return performance.now() - startMs;
}

async function bareFirstResult(): Promise<number> {
  const startMs = performance.now();
  const worker = new Worker(bareWorker);
  await roundTrip(worker, 1);
  const tookMs = performance.now() - startMs;
  await worker.terminate();
  return tookMs;
}

async function measureMany(calls: number, turns: number): Promise<{ heddle: number; bare: number }> {
  const numbers = Array.from({ length: calls }, (_, i) => i);
  await using executor = openThreads({ workers });
  const bare = Array.from({ length: workers }, () => new Worker(bareWorker));
  try {
    await Promise.all(bare.map((worker) => roundTrip(worker, 0)));
    return await inTurns(
      {
        heddle: async () => {
          const target = gatherAll(numbers.map((x) => increment(x)));
          return ((await timeMs(() => run(target, { executor }))) * 1000) / calls;
        },
        bare: async () => ((await timeMs(() => roundTripOfAll(bare, numbers))) * 1000) / calls,
      },
      turns,
    );
  } finally {
    await Promise.all(bare.map((worker) => worker.terminate()));
  }
}

/** Latencies in microseconds, each one after another. */
async function measureLone(
  calls: number,
): Promise<Record<'heddle' | 'submitted' | 'bare', readonly number[]>> {
  await using executor = openThreads({ workers: 1 });
  const worker = new Worker(bareWorker);
  const us = { heddle: [] as number[], submitted: [] as number[], bare: [] as number[] };
  try {
    // A tenth is done before, uncounted: threads start, and code is compiled on both sides.
    for (let i = -calls / 10; i < calls; i++) {
      const heddleMs = await timeMs(() => run(increment(i), { executor }));
      const submittedMs = await timeMs(() => executor.submit(increment, i));
      const bareMs = await timeMs(() => roundTrip(worker, i));
      if (i < 0) continue;
      us.heddle.push(heddleMs * 1000);
      us.submitted.push(submittedMs * 1000);
      us.bare.push(bareMs * 1000);
    }
  } finally {
    await worker.terminate();
  }
  return us;
}

async function roundTrip(worker: Worker, x: number): Promise<void> {
  const answer = once(worker, 'message');
  worker.postMessage(x);
  await answer;
}

function roundTripOfAll(bare: readonly Worker[], numbers: readonly number[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = numbers.length;
  const onMessage = (): void => {
    if (--left > 0) return;
    for (const worker of bare) worker.off('message', onMessage);
    resolve();
  };
  for (const worker of bare) worker.on('message', onMessage);
  for (const [i, x] of numbers.entries()) bare[i % bare.length]?.postMessage(x);
  return promise;
}
