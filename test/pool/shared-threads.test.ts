import { describe, expect, test } from 'vitest';
import { threadAllocation, withThreads } from '../../src/artifacts.ts';
import { openPool, openThreads, type PoolOptions, run, type Task, type WorkerPool } from '../../src/index.ts';
import { dies, heavy, light, type Metered, meter, never } from '../fixtures/tasks/thread-share-tasks.ts';

const limit = { timeout: 20_000 };

type MeteredPool = WorkerPool<[Metered], number>;

/** Pools for a function, which are gone after it. */
async function withPools(
  tasks: readonly Task<[Metered], number>[],
  options: PoolOptions<[Metered]>,
  act: (...pools: MeteredPool[]) => Promise<void>,
): Promise<void> {
  const pools = tasks.map((task) => openPool(task, options));
  try {
    await act(...pools);
  } finally {
    await Promise.all(pools.map((pool) => pool.dispose()));
  }
}

async function whenCalled(metered: Metered, calls: number): Promise<void> {
  await expect.poll(() => Atomics.load(metered.meter, 2), { interval: 2, timeout: 8000 }).toBe(calls);
}

function inputs(count: number, metered: Metered): Metered[] {
  return Array.from({ length: count }, () => metered);
}

const kind = 'threads';

describe('pools share threads', limit, () => {
  test('several pools at once never take more than there are', async () => {
    await withThreads(2, () =>
      withPools([light, light, light], { kind, workers: 2 }, async (...pools) => {
        // Together far longer than workers take to start: two run at once for most of it.
        const metered = { meter: meter(), takesMs: 20 };
        await Promise.all(pools.map((pool) => pool.map(inputs(20, metered)).toArray()));
        expect([...metered.meter]).toEqual([0, 2, 60]);
        expect(threadAllocation().free).toBe(2);
      }),
    );
  });

  test('a heavy call gets its turn among light ones without end, and none is beside it', async () => {
    await withThreads(2, () =>
      withPools([light, heavy], { kind, workers: 2 }, async (lights, heavies) => {
        const metered = { meter: meter(), takesMs: 1 };
        let hasEnded = false;
        function* untilEnded(): Generator<Metered> {
          while (!hasEnded) yield metered;
        }
        const all = lights?.map(untilEnded()).toArray();
        await whenSome(metered);
        await Promise.all(Array.from({ length: 3 }, () => heavies?.submit(metered)));
        hasEnded = true;
        await all;
        expect(metered.meter[1]).toBe(2);
        expect(threadAllocation().free).toBe(2);
      }),
    );
  });

  test('a pool told to have more workers than there are threads has them, and takes none', async () => {
    await withThreads(1, () =>
      withPools([light], { kind, workers: 3 }, async (pool) => {
        // As long as three workers take to start on a busy machine.
        const metered = { meter: meter(), takesMs: 1500 };
        await threadAllocation().hold(1, () =>
          Promise.all(inputs(3, metered).map((one) => pool?.submit(one))),
        );
        expect([...metered.meter]).toEqual([0, 3, 3]);
      }),
    );
  });

  test('a pool that is told not to share has workers of its own, though others have all threads', async () => {
    await withThreads(1, async () => {
      await using pool = openPool(never, { kind, workers: 1 });
      await using other = openPool(light, { kind, workers: 1, sharesThreads: false });
      const metered = { meter: meter(), takesMs: 1 };
      pool.submit(metered).catch(() => undefined);
      await whenCalled(metered, 1);
      expect(threadAllocation().free).toBe(0);
      await other.submit(metered);
      expect(Atomics.load(metered.meter, 2)).toBe(2);
    });
    expect(() => openPool(light, { kind, sharesThreads: 1 as never })).toThrow(
      "Cannot open a pool as 'sharesThreads' must be true or false: received 1",
    );
  });

  test('a pool that is made as large takes none any more, one that is made smaller does', async () => {
    await withThreads(1, () =>
      withPools([light], { kind, workers: 1 }, async (pool) => {
        const share = await threadAllocation().take(1);
        const metered = { meter: meter(), takesMs: 1 };
        const waits = pool?.submit(metered);
        expect(threadAllocation().waiting).toBe(0);
        pool?.resize(2);
        await waits;
        pool?.resize(1);
        const again = pool?.submit(metered);
        await expect.poll(() => threadAllocation().waiting).toBe(1);
        expect(metered.meter[2]).toBe(1);
        share[Symbol.dispose]();
        await again;
      }),
    );
  });

  test('who holds all threads and waits for a pool does not wait for itself', async () => {
    await withThreads(2, () =>
      withPools([light], { kind, workers: 2 }, async (pool) => {
        const metered = { meter: meter(), takesMs: 1 };
        const outside: Promise<unknown>[] = [];
        const gate = Promise.withResolvers<void>();
        const held = threadAllocation().hold(2, async () => {
          await gate.promise;
          const one = await pool?.submit(metered);
          const more = await pool?.map(inputs(6, metered)).toArray();
          const graph = await run([light(metered), light(metered)] as const, { threads: 2 });
          return [one, more?.length, graph.length];
        });
        // These stand in front of what the holder hands over, and wait for what it holds.
        for (let n = 0; n < 4; n++) outside.push(pool?.submit(metered) ?? Promise.resolve());
        await expect.poll(() => threadAllocation().waiting).toBe(1);
        expect(metered.meter[2]).toBe(0);
        gate.resolve();
        expect(await held).toEqual([1, 6, 2]);
        await Promise.all(outside);
        expect(metered.meter[1]).toBe(2);
        expect([threadAllocation().free, threadAllocation().waiting]).toEqual([2, 0]);
      }),
    );
  });

  test('a call that needs more than its holder has fails at once', async () => {
    await withThreads(2, () =>
      withPools([heavy], { kind, workers: 2 }, async (pool) => {
        const metered = { meter: meter(), takesMs: 1 };
        await expect(threadAllocation().hold(1, () => pool?.submit(metered))).rejects.toThrow(
          "Cannot run task 'heavy' as it needs 2 threads and there are fewer where it was called: received 1",
        );
        expect(await pool?.submit(metered)).toBe(2);
        expect(threadAllocation().free).toBe(2);
      }),
    );
  });

  test('a call that needs more threads than its pool has workers fails at once', async () => {
    await withThreads(4, () =>
      withPools([heavy], { kind, workers: 1 }, async (pool) => {
        await expect(pool?.submit({ meter: meter(), takesMs: 1 })).rejects.toThrow(
          "Cannot run task 'heavy' as it needs 2 threads and there cannot be as many workers: received 1",
        );
      }),
    );
  });

  test('threads come back from a worker that is lost, and from one that is ended', async () => {
    await withThreads(2, () =>
      withPools([dies, never, light], { kind, workers: 2 }, async (dying, endless, lights) => {
        const metered = { meter: meter(), takesMs: 1 };
        await expect(dying?.submit(metered)).rejects.toThrow(/worker/);
        expect(threadAllocation().free).toBe(2);
        const stuck = Promise.allSettled(inputs(3, metered).map((one) => endless?.submit(one)));
        await whenCalled(metered, 2);
        const waiting = lights?.submit(metered);
        await expect.poll(() => threadAllocation().waiting).toBeGreaterThan(0);
        await endless?.dispose();
        expect((await stuck).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
        expect(await waiting).toBe(1);
        expect([threadAllocation().free, threadAllocation().waiting]).toEqual([2, 0]);
      }),
    );
  });

  test('a pool that is disposed of, or a run that is aborted, gives its place up', async () => {
    await withThreads(2, () =>
      withPools([light], { kind, workers: 2 }, async (pool) => {
        const metered = { meter: meter(), takesMs: 1 };
        const allocation = threadAllocation();
        const share = await allocation.take(2);
        const threads = openThreads({ workers: 2 });
        const controller = new AbortController();
        const aborted = run(heavy(metered), { executor: threads, signal: controller.signal });
        await expect.poll(() => allocation.waiting).toBe(1);
        const closed = pool?.submit(metered);
        await expect.poll(() => allocation.waiting).toBe(2);
        controller.abort(new Error('no longer'));
        await expect(aborted).rejects.toThrow('no longer');
        await expect.poll(() => allocation.waiting).toBe(1);
        const refused = Promise.allSettled([closed]);
        await pool?.dispose();
        expect(await refused).toMatchObject([{ status: 'rejected', reason: { name: 'ClosedError' } }]);
        expect(allocation.waiting).toBe(0);
        share[Symbol.dispose]();
        expect(await threads.submit(light, metered)).toBe(1);
        await threads.dispose();
        expect([allocation.free, allocation.waiting]).toEqual([2, 0]);
      }),
    );
  });

  test('default workers are as many as there are threads', async () => {
    await withThreads(3, async () => {
      const threads = openThreads();
      expect(threads.slots).toBe(3);
      await threads.dispose();
    });
  });
});

async function whenSome({ meter: noted }: Metered): Promise<void> {
  await expect.poll(() => Atomics.load(noted, 2), { interval: 2, timeout: 8000 }).toBeGreaterThan(0);
}
