/**
 * Caching with pools, three ways: tasks that take their cache with them, functions that remember what a pool promises, and
 * pools that remember.
 *
 * Each function is one cell of the notebook "Concurrent Execution with Fleche". It prints what the cell prints, and asserts it.
 */

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  bind,
  type Cache,
  cachedExecutor,
  type Executor,
  memoize,
  openCache,
  openProcesses,
  openThreads,
  run,
  type Task,
  withCache,
} from 'heddle';
import PQueue from 'p-queue';
import workerpool from 'workerpool';
import { add, cube, square, triple } from './tasks.ts';

const numbers = [0, 1, 2, 3, 4];

/** 1a. A task is bound to the cache that holds here, and remembers in it there: in threads. */
async function bindForThreads(cache: Cache): Promise<void> {
  await using threads = openThreads({ workers: 2 });
  const results = await withCache(cache, () =>
    Promise.all([0, 1, 2, 3].map((x) => threads.submit(bind(add), x, x + 1))),
  );
  show('Results', results, [1, 3, 5, 7]);
  show('In the cache', await cache.has(cache.digest(add, 0, 1)), true);
}

/** 1b. Bound once, it goes wherever a task goes: who has it needs to know of no cache. */
async function bindOnce(cache: Cache): Promise<void> {
  const bound = withCache(cache, () => bind(add));
  await using threads = openThreads({ workers: 2 });
  show('Results', await sums(threads, bound), [1, 3, 5, 7]);
  show('In the cache', await cache.has(cache.digest(add, 0, 1)), true);
  show('In a graph', await run(bound(bound(0, 1), 2), { executor: threads }), 3);
}

/** Stands for another module, which is given a pool and a task. */
function sums(pool: Executor, sum: Task<[number, number], number>): Promise<number[]> {
  return Promise.all([0, 1, 2, 3].map((x) => pool.submit(sum, x, x + 1)));
}

/** 1c. The same in processes. */
async function bindForProcesses(cache: Cache): Promise<void> {
  await using processes = openProcesses({ workers: 2 });
  const results = await Array.fromAsync(processes.map(bind(cube, { cache }), numbers));
  show('Results', results, [0, 1, 8, 27, 64]);
  show('In the cache', await cache.has(cache.digest(cube, 3)), true);
}

/** 1d. Processes of which a call takes as many as it needs. What a call needs is no part of what is remembered. */
async function bindWithResources(cache: Cache): Promise<void> {
  await using processes = openProcesses({ workers: 2 });
  const wide = bind(cube.with({ resources: { threads: 2 } }), { cache });
  show('Results', await Promise.all(numbers.map((x) => processes.submit(wide, x))), [0, 1, 8, 27, 64]);
  show('In the cache', await cache.has(cache.digest(cube, 3)), true);
}

/** 2. A function that hands its work to a pool, and gives what the pool promises. */
async function rememberPromises(): Promise<void> {
  await using cache = await openCache(':memory:');
  await using threads = openThreads({ workers: 2 });
  const squareThere = memoize((x: number) => threads.submit(square, x), { cache });

  const first = squareThere(4);
  show('First call gives a promise', first instanceof Promise, true);
  show('Result', await first, 16);
  show('In the cache', await squareThere.contains(4), true);

  const second = squareThere(4);
  show('Second call gives one, too', second instanceof Promise, true);
  show('Result', await second, 16);
  show('Calls in the pool', threads.stats().succeeded, 1);
}

/** 3a. What is remembered never reaches the pool: the second one has not even started a thread. */
async function skipThePool(): Promise<void> {
  await using cache = await openCache(':memory:');
  for (const [pass, calls] of [
    ['First', 4],
    ['Second', 0],
  ] as const) {
    await using threads = cachedExecutor(openThreads({ workers: 2 }), { cache });
    const results = await Promise.all([0, 1, 2, 3].map((x) => threads.submit(triple, x)));
    show(`${pass} pass`, results, [0, 3, 6, 9]);
    const { succeeded, workers } = threads.stats();
    show('Calls in the pool', succeeded, calls);
    if (calls === 0) show('Threads in the pool', workers, 0);
  }
}

/** 3b. A pool of processes, and a cache in a folder: nobody has to think of `bind`. */
async function wrapProcesses(cache: Cache): Promise<void> {
  await using processes = cachedExecutor(openProcesses({ workers: 2 }), { cache });
  const results = await Promise.all(numbers.map((x) => processes.submit(cube, x)));
  show('Results', results, [0, 1, 8, 27, 64]);
  show('In the cache', await cache.has(cache.digest(cube, 3)), true);
}

/** 3c. Options are for the pool, arguments for the task. Each pool has options of its own, which TypeScript knows. */
async function splitOptions(): Promise<void> {
  await using cache = await openCache(':memory:');

  await using processes = cachedExecutor(openProcesses({ workers: 2 }), { cache });
  const result = await processes.submitWith({ resources: { threads: 2 }, timeoutMs: 10_000 }, cube, 5);
  show('In processes of heddle', result, 125);

  // It starts when three calls wait, so that it has a choice.
  const queue = new PQueue({ concurrency: 1, autoStart: false });
  queue.addEventListener('add', () => {
    if (queue.size === 3) queue.start();
  });
  const ordered = cachedExecutor(queue, { cache });
  const order: number[] = [];
  await Promise.all(
    [1, 3, 2].map(async (priority) => order.push(await ordered.submitWith({ priority }, triple, priority))),
  );
  show('In a queue, by priority', order, [9, 6, 3]);

  const workers = workerpool.pool({ maxWorkers: 1, workerType: 'process' });
  try {
    const there = cachedExecutor(workers, { cache });
    show('In a pool of workerpool', await there.submitWith({ on: () => undefined }, cube, 6), 216);
    show('As before, without options', await there.submit(cube, 5), 125);
    show('Of which were retrieved', (await cache.stats()).calls.retrieved, 1);
  } finally {
    await workers.terminate();
  }
}

function show(what: string, value: unknown, expected: unknown): void {
  console.log(`${what}:`, value);
  assert.deepEqual(value, expected);
}

/** Does something with a cache in a folder, which is removed. */
async function inFolder(use: (cache: Cache) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'concurrent-caching-'));
  try {
    await using cache = await openCache(folder);
    await use(cache);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const cells: readonly (readonly [title: string, show: () => Promise<void>])[] = [
  ['1a. bind, threads', () => inFolder(bindForThreads)],
  ['1b. bind once, pass it around', () => inFolder(bindOnce)],
  ['1c. bind, processes', () => inFolder(bindForProcesses)],
  ['1d. bind, processes with resources', () => inFolder(bindWithResources)],
  ['2.  memoize what a pool promises', rememberPromises],
  ['3a. cachedExecutor: hits skip the pool', skipThePool],
  ['3b. cachedExecutor, processes', () => inFolder(wrapProcesses)],
  ['3c. cachedExecutor: options of the pool', splitOptions],
];

for (const [title, showCell] of cells) {
  console.log(`\n${title}`);
  await showCell();
}
