/**
 * What the same work costs in plain JavaScript, in turns with heddle: calling a function, and waiting for many
 * asynchronous ones.
 */

import { gatherAll, run, task } from 'heddle';
import type { Figure, Settings } from '../figure.ts';
import { inTurns, timeMs } from '../in-turns.ts';

function addPlain(a: number, b: number): number {
  return a + b;
}
async function addAsync(a: number, b: number): Promise<number> {
  return a + b;
}
const add = task(addPlain);
const addLater = task(addAsync);

/** Measures the section `baselines`. */
export async function measureBaselines({ quick }: Settings): Promise<readonly Figure[]> {
  const calls = quick ? 1_000 : 10_000;
  const numbers = Array.from({ length: calls }, (_, i) => i);
  const costOf = (work: () => unknown) => async () => ((await timeMs(work)) * 1000) / calls;
  const costs = await inTurns(
    {
      plain: costOf(() => numbers.map((x) => addPlain(x, 1))),
      all: costOf(() => Promise.all(numbers.map((x) => addAsync(x, 1)))),
      oneByOne: costOf(async () => {
        for (const x of numbers) await addAsync(x, 1);
      }),
      heddle: costOf(() => run(gatherAll(numbers.map((x) => add(x, 1))))),
      heddleAsync: costOf(() => run(gatherAll(numbers.map((x) => addLater(x, 1))))),
    },
    quick ? 5 : 15,
  );
  const unit = 'µs a call';
  return [
    { name: 'plain calls', unit, value: costs.plain },
    { name: 'Promise.all of async calls', unit, value: costs.all },
    { name: 'await, one by one', unit, value: costs.oneByOne },
    { name: 'heddle, built and run', unit, value: costs.heddle, atMost: 5 },
    { name: 'heddle, async task, built and run', unit, value: costs.heddleAsync },
    { name: 'heddle, async task, over Promise.all', unit: 'times', value: costs.heddleAsync / costs.all },
  ];
}
