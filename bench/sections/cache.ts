/**
 * What remembering costs: hits and misses of memoized functions, over a memory, files and a database; large arguments; whole
 * graphs. The functions compute next to nothing, so that what is left is the cache's own.
 */

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cache, type Delayed, gatherAll, memoize, openCache, run, task, tasks } from 'heddle';
import { openFiles } from 'heddle/cache';
import type { Figure, Settings } from '../figure.ts';
import { inTurns, timeMs } from '../in-turns.ts';

export const { add, last, size } = tasks(import.meta, {
  add: task((a: number, b: number) => a + b, { cache: true, version: 1 }),
  last: task((xs: readonly number[]) => xs.at(-1), { cache: true, version: 1 }),
  size: task((xs: Float64Array) => xs.length, { cache: true, version: 1 }),
});

/** Measures the section `cache`. */
export async function measureCache({ quick }: Settings): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-cache-'));
  const caches = {
    memory: await openCache(':memory:'),
    files: await openCache(openFiles(join(folder, 'files'))),
    database: await openCache(join(folder, 'database')),
  };
  try {
    return [
      ...(await smallCalls(caches, quick)),
      ...(await largeArguments(caches.database, quick)),
      ...(await graphs(caches.database, quick)),
    ];
  } finally {
    for (const cache of Object.values(caches)) await cache.close();
    rmSync(folder, { recursive: true });
  }
}

async function smallCalls(
  caches: Record<'memory' | 'files' | 'database', Cache>,
  quick: boolean,
): Promise<readonly Figure[]> {
  const count = quick ? 200 : 1_000;
  let next = 0;
  const eachUs = async (work: () => Promise<unknown>): Promise<number> =>
    ((await timeMs(async () => {
      for (let i = 0; i < count; i++) await work();
    })) *
      1000) /
    count;
  const cases: Record<string, () => Promise<number>> = {};
  for (const [name, cache] of Object.entries(caches)) {
    const f = memoize(add, { cache });
    cases[`${name} hit`] = async () => {
      await f(1, 1);
      await cache.flush();
      return eachUs(() => f(1, 1));
    };
    cases[`${name} miss`] = async () =>
      ((await timeMs(async () => {
        for (let i = 0; i < count; i++) await f(2, next++);
        await cache.flush();
      })) *
        1000) /
      count;
  }
  const costs = await inTurns(cases, quick ? 3 : 11);
  const beside = { memory: '61', files: '83', database: '487' };
  const most = { memory: 10, files: 100, database: 60 };
  return [
    ...(['memory', 'files', 'database'] as const).map((name) => ({
      name: `a hit in ${name}`,
      unit: 'µs a call' as const,
      value: costs[`${name} hit`] as number,
      atMost: most[name],
      beside: `${beside[name]} µs: fleche, on the reference machine`,
    })),
    ...(['memory', 'files', 'database'] as const).map((name) => ({
      name: `a miss in ${name}, kept`,
      unit: 'µs a call' as const,
      value: costs[`${name} miss`] as number,
      atMost: 200,
      beside: '142 to 1,878 µs: fleche, on the reference machine',
    })),
  ];
}

async function largeArguments(cache: Cache, quick: boolean): Promise<readonly Figure[]> {
  const array = new Float64Array(quick ? 2 ** 17 : (10 * 2 ** 20) / 8).map((_, i) => Math.sqrt(i));
  const bytes = new Uint8Array(array.buffer);
  const f = memoize(size, { cache });
  await f(array);
  await cache.flush();
  const costs = await inTurns(
    {
      hit: () => timeMs(() => f(array)),
      bare: () => timeMs(() => createHash('sha256').update(bytes).digest('hex')),
    },
    quick ? 5 : 21,
  );
  return [
    { name: 'a hit with an argument of 10 MiB', unit: 'ms', value: costs.hit },
    { name: 'bare SHA-256 of its bytes', unit: 'ms', value: costs.bare },
    {
      name: 'speed of the hit over bare SHA-256',
      unit: 'times',
      value: costs.bare / costs.hit,
      atLeast: 0.9,
    },
  ];
}

async function graphs(cache: Cache, quick: boolean): Promise<readonly Figure[]> {
  const wide = (): Delayed<number[]> => gatherAll(Array.from({ length: 1000 }, (_, i) => add(i, 7)));
  const depth = quick ? 2_000 : 100_000;
  const chain = (): Delayed<number | undefined> => {
    let x = add(0, 0);
    const some: Delayed<number>[] = [];
    for (let i = 1; i < depth; i++) {
      x = add(x, i);
      if (i % 1000 === 0) some.push(x);
    }
    return last([...some, x]);
  };
  await run(wide(), { cache });
  await run(chain(), { cache });
  let other = 1e6;
  const costs = await inTurns(
    {
      // One call more than was remembered as a whole: each is looked up.
      calls: async () => {
        const graph = gatherAll([wide(), add(0, other++)]);
        return timeMs(() => run(graph, { cache }));
      },
      whole: async () => {
        const graph = chain();
        return timeMs(() => run(graph, { cache }));
      },
    },
    quick ? 3 : 11,
  );
  return [
    {
      name: '1,000 calls that are remembered, one that is not',
      unit: 'ms',
      value: costs.calls,
      atMost: 25,
      beside: '260 ms: Noodles, on the reference machine',
    },
    {
      name: `an unchanged graph of ${depth.toLocaleString('en')} calls`,
      unit: 'ms',
      value: costs.whole,
      atMost: 50,
    },
  ];
}
