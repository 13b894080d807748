/** Pools of all kinds of which calls are remembered. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pLimit from 'p-limit';
import PQueue from 'p-queue';
import { Piscina } from 'piscina';
import Tinypool from 'tinypool';
import { describe, expect, test } from 'vitest';
import workerpool from 'workerpool';
import { fileRecords } from '../../src/cache/file-records.ts';
import type { CacheOptions } from '../../src/cache/open-cache.ts';
import {
  bind,
  type Cache,
  type CachedSubmit,
  cachedExecutor,
  memoize,
  openCache,
  openInline,
  openPool,
  openProcesses,
  openThreads,
  run,
  task,
  withCache,
} from '../../src/index.ts';
import { fileStore } from '../../src/store/file-store.ts';
import { folders } from '../fixtures/folders.ts';
import {
  add,
  double,
  Money,
  money,
  outer,
  refuse,
  StateTasks,
  slow,
  square,
  through,
  where,
} from '../fixtures/tasks/remembering-tasks.ts';

/** Starting Node.js on a busy machine takes seconds. */
const limitMs = 60_000;
const folder = folders('cached');

function openFiles(path: string, options?: CacheOptions): Promise<Cache> {
  return openCache(
    { values: fileStore(join(path, 'values')), calls: fileRecords(join(path, 'calls')) },
    options,
  );
}

/** What was computed so far, in order of the alphabet. */
function linesOf(log: string): string[] {
  return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').sort() : [];
}

interface Opened extends AsyncDisposable {
  readonly pool: object;
}

function opened(pool: object, close: () => unknown): Opened {
  return {
    pool,
    [Symbol.asyncDispose]: async () => {
      await close();
    },
  };
}

const options = { codecs: money, workers: 2 };

/** How each is opened, and whether it runs calls in this thread. */
const kinds: readonly (readonly [string, isHere: boolean, () => Opened])[] = [
  [
    'openInline',
    true,
    () => {
      const pool = openInline();
      return opened(pool, () => pool.dispose());
    },
  ],
  [
    'openThreads',
    false,
    () => {
      const pool = openThreads(options);
      return opened(pool, () => pool.dispose());
    },
  ],
  [
    'openProcesses',
    false,
    () => {
      const pool = openProcesses(options);
      return opened(pool, () => pool.dispose());
    },
  ],
  [
    'piscina',
    false,
    () => {
      const pool = new Piscina({ maxThreads: 2 });
      return opened(pool, () => pool.destroy());
    },
  ],
  [
    'tinypool',
    false,
    () => {
      const pool = new Tinypool({ maxThreads: 2 });
      return opened(pool, () => pool.destroy());
    },
  ],
  [
    'tinypool with processes',
    false,
    () => {
      const pool = new Tinypool({ runtime: 'child_process', maxThreads: 2 });
      return opened(pool, () => pool.destroy());
    },
  ],
  [
    'workerpool',
    false,
    () => {
      const pool = workerpool.pool({ maxWorkers: 2, workerType: 'thread' });
      return opened(pool, () => pool.terminate());
    },
  ],
  [
    'workerpool with processes',
    false,
    () => {
      const pool = workerpool.pool({ maxWorkers: 2, workerType: 'process' });
      return opened(pool, () => pool.terminate());
    },
  ],
  ['p-queue', true, () => opened(new PQueue({ concurrency: 2 }), () => undefined)],
  ['p-limit', true, () => opened(pLimit(2), () => undefined)],
  [
    'anything with submit(fn)',
    true,
    () => opened({ submit: async (fn: () => unknown) => fn() }, () => undefined),
  ],
];

function cached(pool: object, cache?: Cache): CachedSubmit<object> {
  return cachedExecutor(pool, { cache }) as unknown as CachedSubmit<object>;
}

describe.for(kinds)('cachedExecutor() over %s', { timeout: limitMs }, ([, isHere, open]) => {
  test('computes once what is submitted again, and at the same time', async () => {
    const log = join(folder(), 'log');
    await using cache = await openCache(':memory:');
    await using other = open();
    const pool = cached(other.pool, cache);
    const first = pool.submit(square, log, 3);
    expect(first).toBeInstanceOf(Promise);
    expect(await Promise.all([first, pool.submit(square, log, 3), pool.submit(square, log, 4)])).toEqual([
      9, 9, 16,
    ]);
    expect(await pool.submit(square, log, 3)).toBe(9);
    expect(linesOf(log)).toEqual(['square 3', 'square 4']);
    expect(await memoize(square, { cache })(log, 4)).toBe(16);
  });

  test('runs misses where the pool does', async () => {
    await using other = open();
    const { pid, threadId } = await cached(other.pool).submit(where);
    const here = where.fn();
    expect(pid === here.pid && threadId === here.threadId).toBe(isHere);
  });

  test('gives the same, hit or miss', async () => {
    const log = join(folder(), 'log');
    await using cache = await openFiles(folder(), { codecs: money });
    await using other = open();
    const pool = cached(other.pool, cache);
    for (let i = 0; i < 2; i++) {
      const value = await pool.submit(double, log, { x: Number.NaN });
      expect(value).toEqual({ x: Number.NaN, at: new Date(0), map: new Map([[1, Number.NaN]]) });
      const sum = await pool.submit(add, new Money(1), new Money(2));
      expect(sum).toBeInstanceOf(Money);
      expect(sum.cents).toBe(3);
    }
    expect(linesOf(log)).toEqual(['double']);
  });

  test('rejects with what the task throws, as it was, and computes that again', async () => {
    const log = join(folder(), 'log');
    await using other = open();
    const pool = cached(other.pool);
    const ends = await Promise.allSettled([pool.submit(refuse, log), pool.submit(refuse, log)]);
    for (const end of [...ends, ...(await Promise.allSettled([pool.submit(refuse, log)]))]) {
      const { reason } = end as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(RangeError);
      expect(reason).toMatchObject({ message: 'refused', code: 'E_REFUSED' });
    }
    expect(linesOf(log)).toEqual(['refuse', 'refuse']);
  });

  test('has memoized functions and runs inside remember in the cache', async () => {
    const path = folder();
    const log = join(path, 'log');
    await using cache = await openFiles(path);
    await using other = open();
    const pool = cached(other.pool, cache);
    for (const x of [1, 3, 5]) expect(await pool.submit(outer, log, x)).toBe(100 + x);
    for (const x of [1, 3]) expect(await pool.submit(through, log, x)).toBe(1 + x);
    expect(linesOf(log)).toEqual(['inner 1', 'outer 1', 'outer 3', 'outer 5', 'square 1']);
  });

  test('takes bound tasks', async () => {
    const path = folder();
    const log = join(path, 'log');
    await using cache = await openFiles(path);
    await using other = open();
    const pool = cached(other.pool, cache);
    const bound = bind(square, { cache, args: [log] });
    expect(await Promise.all([pool.submit(bound, 3), pool.submit(bound, 3)])).toEqual([9, 9]);
    expect(await pool.submit(square, log, 3)).toBe(9);
    expect(linesOf(log)).toEqual(['square 3']);
  });

  test('refuses what is no task', async () => {
    await using other = open();
    await expect(cached(other.pool).submit((() => 1) as never)).rejects.toThrow(/as it must be a task/);
  });
});

describe('a hit', { timeout: limitMs }, () => {
  test('never reaches the pool', async () => {
    let asked = 0;
    const target = { add: (fn: () => unknown) => (asked++, Promise.resolve(fn())) };
    const pool = cachedExecutor(target);
    const log = join(folder(), 'log');
    for (let i = 0; i < 5; i++) await pool.submit(square, log, 3);
    expect(asked).toBe(1);
  });

  test('is found though the pool is closed', async () => {
    const log = join(folder(), 'log');
    const threads = openThreads({ workers: 1 });
    const pool = cachedExecutor(threads);
    await pool.submit(square, log, 3);
    await pool.dispose();
    expect(await pool.submit(square, log, 3)).toBe(9);
    await expect(pool.submit(square, log, 4)).rejects.toMatchObject({ code: 'HEDDLE_CLOSED' });
  });
});

describe('options of the pool', { timeout: limitMs }, () => {
  const aborted = AbortSignal.abort();

  test('reach it: a signal of piscina', async () => {
    await using other = opened(new Piscina({ maxThreads: 1 }), () => undefined);
    const pool = cachedExecutor(other.pool as Piscina);
    await expect(pool.submitWith({ signal: aborted }, square, join(folder(), 'log'), 3)).rejects.toThrow(
      /abort/,
    );
    await pool.destroy();
  });

  test('reach it: priorities and signals of p-queue', async () => {
    const queue = new PQueue({ concurrency: 1, autoStart: false });
    const pool = cachedExecutor(queue);
    const log = join(folder(), 'log');
    const calls = [
      pool.submitWith({ priority: 0 }, square, log, 1),
      pool.submitWith({ priority: 1 }, square, log, 2),
    ];
    pool.start();
    expect(await Promise.all(calls)).toEqual([1, 4]);
    expect(readFileSync(log, 'utf8')).toBe('square 2\nsquare 1\n');
    await expect(pool.submitWith({ signal: aborted }, square, log, 3)).rejects.toThrow(/abort/);
  });

  test('reach it: hints of heddle', async () => {
    await using threads = openThreads({ workers: 1 });
    const pool = cachedExecutor(threads);
    const log = join(folder(), 'log');
    await expect(pool.submitWith({ resources: { threads: 3 } }, square, log, 3)).rejects.toThrow(
      /needs 3 threads/,
    );
    await expect(pool.submitWith({ timeoutMs: 5 }, slow, log, 3)).rejects.toMatchObject({
      code: 'HEDDLE_TIMED_OUT',
    });
    expect(await pool.submit(slow, log, 3)).toBe(3);
  });

  test('are refused where there are none', async () => {
    const pool = cachedExecutor(pLimit(1)) as unknown as CachedSubmit<object>;
    await expect(pool.submitWith({}, square, 'log', 3)).rejects.toThrow(/its pool takes none/);
  });

  test('that end a call end it for who gave them alone', async () => {
    await using other = opened(new Piscina({ maxThreads: 1 }), () => undefined);
    const pool = cachedExecutor(other.pool as Piscina);
    const log = join(folder(), 'log');
    const controller = new AbortController();
    const given = pool.submitWith({ signal: controller.signal }, slow, log, 3);
    const waiting = pool.submit(slow, log, 3);
    controller.abort();
    await expect(given).rejects.toThrow(/abort/);
    expect(await waiting).toBe(3);
    await pool.destroy();
  });
});

describe('the face of a pool', { timeout: limitMs }, () => {
  test('does all else as the pool does, which stays as it is', async () => {
    await using threads = openThreads({ workers: 2 });
    const { submit } = threads;
    const pool = cachedExecutor(threads);
    expect([pool.slots, pool.name, pool.stats().running]).toEqual([2, threads.name, 0]);
    expect(await run(square(join(folder(), 'log'), 3), { executor: pool as never })).toBe(9);
    expect(threads.submit).toBe(submit);
    const queue = cachedExecutor(new PQueue({ concurrency: 3 }));
    expect(queue.concurrency).toBe(3);
  });

  test('maps in order over executors', async () => {
    const log = join(folder(), 'log');
    await using cache = await openFiles(folder());
    const bound = bind(square, { cache, args: [log] });
    await using pool = cachedExecutor(openThreads({ workers: 2 }), { cache });
    const squares: number[] = [];
    for await (const x of pool.map(bound, [3, 1, 3, 2, 1])) squares.push(x);
    expect(squares).toEqual([9, 1, 9, 4, 1]);
    expect(linesOf(log)).toEqual(['square 1', 'square 2', 'square 3']);
  });

  test('of a pool for one task takes its arguments alone', async () => {
    await using cache = await openCache(':memory:');
    await using threads = openPool(where, { workers: 1 });
    const pool = cachedExecutor(threads, { cache });
    const [first, second] = [await pool.submit(), await pool.submit()];
    expect(second).toEqual(first);
    const inverse = openPool(
      task((x: number) => 1 / x, { name: 'inverse' }),
      { kind: 'inline' },
    );
    await using inline = cachedExecutor(inverse, { cache });
    const results: number[] = [];
    for await (const y of inline.map([1, 2, 1, 2, 4], { window: 2 })) results.push(y);
    expect(results).toEqual([1, 0.5, 1, 0.5, 0.25]);
    expect(pool.stats().succeeded + inline.stats().succeeded).toBe(4);
    expect(() => inline.map([1], { window: 0 })).toThrow(/'window' must be a positive integer/);
  });

  test('is in the cache around', async () => {
    await using cache = await openCache(':memory:');
    const log = join(folder(), 'log');
    const pool = cachedExecutor(pLimit(1)) as unknown as CachedSubmit<object>;
    await withCache(cache, () => pool.submit(square, log, 3));
    expect(await memoize(square, { cache }).contains(log, 3)).toBe(true);
  });

  test('refuses what is no pool, and pools of workers with a state', async () => {
    expect(() => cachedExecutor({})).toThrow(/has no way to take one/);
    expect(() => cachedExecutor(3 as never)).toThrow(/has no way to take one: received 3/);
    expect(() => cachedExecutor(pLimit(1), { cache: {} as never })).toThrow(/'cache' must be one/);
    await using states = openPool(StateTasks.Counter(), { kind: 'inline' });
    expect(() => cachedExecutor(states)).toThrow(/depend on the state of a worker/);
  });

  test('refuses tasks that stay, where they would have to travel', async () => {
    await using other = opened(new Piscina({ maxThreads: 1 }), () => undefined);
    const pool = cachedExecutor(other.pool as Piscina);
    const stays = task((x: number) => x, { name: 'stays' });
    await expect(pool.submit(stays, 1)).rejects.toThrow(
      /Cannot submit task 'stays' as it stays in its process/,
    );
    await pool.destroy();
  });
});
