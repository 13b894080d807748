/**
 * What a step of a tail recursion costs, and whether its space stays as it is however long it goes on.
 */

import { type Delayed, run, task } from 'heddle';
import type { Figure, Settings } from '../figure.ts';
import { inTurns, timeMs } from '../in-turns.ts';

function step(left: number): number | Delayed<number> {
  return left === 0 ? 0 : countDown(left - 1);
}
const countDown = task(step, { name: 'countDown' });

/** How many steps are done before the heap is looked at first: by then, what is made once is made. */
const settlingSteps = 5_000;

/** The same, and looks at the heap near the beginning and at the end. */
function watchedStep(left: number, from: number, heapBytes: number): number | Delayed<number> {
  if (left === 0) return heapNow() - heapBytes;
  return watchedDown(left - 1, from, left === from - settlingSteps ? heapNow() : heapBytes);
}
const watchedDown = task(watchedStep, { name: 'watchedDown' });

/** Measures the section `tail`. */
export async function measureTail({ quick, process }: Settings): Promise<readonly Figure[]> {
  const costOf = (steps: number) => async () => ((await timeMs(() => run(countDown(steps)))) * 1000) / steps;
  const { short, middle } = await inTurns({ short: costOf(10_000), middle: costOf(100_000) }, quick ? 3 : 7);
  const unit = 'µs a step';
  const beside = 'Noodles 0.3.4: 30 µs, measured elsewhere';
  const figures: Figure[] = [
    { name: '10k steps', unit, value: short, atMost: 5, beside },
    { name: '100k steps', unit, value: middle, atMost: 5, beside },
  ];
  // Once a process: a million steps are seconds.
  if (!quick) figures.push({ name: '1M steps', unit, value: await costOf(1_000_000)(), atMost: 5, beside });
  if (process > 0) return figures;
  const steps = quick ? 100_000 : 1_000_000;
  const grownBytes = await run(watchedDown(steps, steps, 0));
  figures.push({
    name: `heap growth over ${quick ? '100k' : '1M'} steps`,
    unit: 'KiB',
    value: grownBytes / 1024,
    // Half a byte a step of a million: far below the smallest thing that could be kept of each.
    atMost: 512,
  });
  return figures;
}

function heapNow(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
