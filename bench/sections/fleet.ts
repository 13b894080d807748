/**
 * One client before very many workers, which are not there: what a call costs it, and how long calls must be for it to keep all
 * of them busy. The figures of `docs/guide/large-fleets.md`.
 */

import { type Delayed, gatherAll, run, task } from 'heddle';
import type { Figure, Settings } from '../figure.ts';
import { FakeFleet } from '../fleet/fake-fleet.ts';

const add = task((a: number, b: number) => a + b, { name: 'add' });

/** What writing a call and reading its outcome cost a client, of calls in batches: measured by the section `queue`. */
const messageUs = 10;

/** Measures the section `fleet`. */
export async function measureFleet({ quick }: Settings): Promise<readonly Figure[]> {
  // Ten threads on each of 1,000 nodes.
  const many = quick ? 1_000 : 10_000;
  const calls = 40 * many;
  await through(20_000, { workers: 100, meanMs: 0, messageUs: 0 });
  const few = await through(calls, { workers: 10, meanMs: 0, messageUs: 0 });
  const all = await through(calls, { workers: many, meanMs: 0, messageUs: 0 });
  const figures: Figure[] = [
    { name: 'scheduling over 10 workers', unit: 'µs a call', value: few.costUs, atMost: 10 },
    { name: `scheduling over ${text(many)} workers`, unit: 'µs a call', value: all.costUs, atMost: 10 },
    {
      name: `${text(many)} workers over 10`,
      unit: 'times',
      value: all.costUs / few.costUs,
      atMost: 2,
    },
    { name: 'memory of a call of a graph, while it runs', unit: 'KiB', value: all.bytes / 1024, atMost: 2 },
  ];
  for (const [meanMs, atLeast] of [
    [10, undefined],
    [100, undefined],
    [1_000, 0.9],
    [10_000, 0.9],
  ] as const) {
    const { share } = await through(calls, { workers: many, meanMs, messageUs });
    figures.push({
      name: `share of ${text(many)} workers that is busy, calls of ${text(meanMs)} ms`,
      unit: 'times',
      value: share,
      ...(atLeast === undefined ? {} : { atLeast }),
    });
  }
  return figures;
}

interface Passage {
  /** What a call costs the client. */
  readonly costUs: number;
  /** What a call takes in memory. */
  readonly bytes: number;
  /** How much of the time of all workers was used. */
  readonly share: number;
}

async function through(calls: number, options: ConstructorParameters<typeof FakeFleet>[0]): Promise<Passage> {
  // Two layers of twenty calls for each worker: with four in each of ten, a fifth of the time is lost to waiting for neighbours.
  const width = calls / 2;
  const before = heapBytes();
  const { target, made, isRight } = layers(calls, width);
  const fleet = new FakeFleet(options);
  const began = process.cpuUsage();
  const value = await run(target, { executor: fleet });
  const { user, system } = process.cpuUsage(began);
  if (!isRight(value)) throw new Error('the values are wrong');
  const tookMs = fleet.nowMs;
  return {
    costUs: (user + system) / made,
    bytes: Math.max(0, (process.memoryUsage().heapUsed - before) / made),
    share: options.meanMs === 0 ? 0 : fleet.busyMs / (tookMs * options.workers),
  };
}

/** Layers of calls, each of which needs two of the layer below, near to each other. */
function layers(
  calls: number,
  width: number,
): {
  readonly target: Delayed<unknown>;
  readonly made: number;
  readonly isRight: (value: unknown) => boolean;
} {
  let row: Delayed<number>[] = Array.from({ length: width }, () => add(1, 0));
  let made = width;
  let depth = 1;
  while (made < calls) {
    const below = row;
    row = below.map((call, at) => add(call, below[(at + 1) % width] as Delayed<number>));
    made += width;
    depth++;
  }
  const value = 2 ** (depth - 1);
  const isRight = (given: unknown): boolean =>
    Array.isArray(given) && given.length === width && given.every((sum) => sum === value);
  return { target: gatherAll(row), made: made + 1, isRight };
}

function text(count: number): string {
  return count.toLocaleString('en');
}

function heapBytes(): number {
  const collect = (globalThis as { gc?: () => void }).gc;
  collect?.();
  return process.memoryUsage().heapUsed;
}
