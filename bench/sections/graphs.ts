/**
 * What running a graph in this thread costs, by shape and size: a cost a call that grows with the graph is a
 * scheduler that looks at what it need not. Leaves the first run of a program to `cold.ts`.
 */

import { run } from 'heddle';
import type { Figure, Settings } from '../figure.ts';
import { type Case, collectYoung, inTurns } from '../in-turns.ts';
import { deep, type Shape, tree, wide } from '../shapes.ts';

const shapes = { wide, deep, tree } as const;
type ShapeName = keyof typeof shapes;
const names = Object.keys(shapes) as ShapeName[];

/** Measures the section `graphs`. */
export async function measureGraphs({ quick, process }: Settings): Promise<readonly Figure[]> {
  const [small, middle, large] = quick ? [1_000, 3_000, 10_000] : [1_000, 10_000, 100_000];
  const sizes = [small, middle, large] as const;
  const cases: Record<string, Case> = {};
  for (const size of sizes) {
    for (const name of names) cases[`${name} ${sizeText(size)}`] = () => runCost(shapes[name](size))();
  }
  for (const name of ['wide', 'deep'] as const) {
    cases[`${name} built and run`] = () => buildAndRunMs(() => shapes[name](middle));
  }
  const costs = await inTurns(cases, quick ? 3 : 7);
  const figures: Figure[] = [];
  for (const name of names) {
    for (const size of sizes) {
      const key = `${name} ${sizeText(size)}`;
      figures.push({ name: key, unit: 'µs a call', value: costs[key]!, atMost: 3 });
    }
    figures.push({
      name: `${name} ${sizeText(large)} over ${sizeText(small)}`,
      unit: 'times',
      value: costs[`${name} ${sizeText(large)}`]! / costs[`${name} ${sizeText(small)}`]!,
      atMost: 2,
    });
  }
  figures.push(
    {
      name: `wide ${sizeText(middle)}, built and run`,
      unit: 'ms',
      value: costs['wide built and run']!,
      atMost: 50,
      beside: 'Noodles 0.3.4: 13.5 s for 10k, measured elsewhere',
    },
    {
      name: `deep ${sizeText(middle)}, built and run`,
      unit: 'ms',
      value: costs['deep built and run']!,
      atMost: 50,
      beside: 'Noodles 0.3.4: 20 s to build 10k, measured elsewhere',
    },
  );
  if (process === 0 && !quick) figures.push(...(await measureMillion()));
  return figures;
}

/** Runs a graph that is built already; the cost of one call in microseconds. */
function runCost({ target, calls, isRight }: Shape): Case {
  return async () => {
    collectYoung(); // What building left behind is not part of the run.
    const startMs = performance.now();
    const value = await run(target);
    const costUs = ((performance.now() - startMs) * 1000) / calls;
    check(isRight(value), calls);
    return costUs;
  };
}

async function buildAndRunMs(make: () => Shape): Promise<number> {
  const startMs = performance.now();
  const { target, calls, isRight } = make();
  const value = await run(target);
  const tookMs = performance.now() - startMs;
  check(isRight(value), calls);
  return tookMs;
}

/** A graph of a million calls, once: it is there to end at all. */
async function measureMillion(): Promise<Figure[]> {
  const startMs = performance.now();
  let shape: Shape | undefined = tree(1_000_000);
  const builtMs = performance.now();
  const value = await run(shape.target);
  const endMs = performance.now();
  const { calls } = shape;
  check(shape.isRight(value), calls);
  // Only now: whole collections make V8 forget compiled code. What goes with the graph is what it held.
  const withGraphBytes = heapAfterCollection();
  shape = undefined;
  const graphKib = (withGraphBytes - heapAfterCollection()) / 1024;
  return [
    { name: 'tree 1M, built', unit: 's', value: (builtMs - startMs) / 1000 },
    { name: 'tree 1M, run', unit: 's', value: (endMs - builtMs) / 1000 },
    { name: 'tree 1M, run a call', unit: 'µs a call', value: ((endMs - builtMs) * 1000) / calls, atMost: 3 },
    { name: 'tree 1M, heap of the graph', unit: 'KiB', value: graphKib },
  ];
}

function heapAfterCollection(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function check(isRight: boolean, calls: number): void {
  if (!isRight) throw new Error(`Cannot quote a run of ${calls} calls as it gave a wrong value`);
}

function sizeText(calls: number): string {
  return `${calls / 1000}k`;
}
