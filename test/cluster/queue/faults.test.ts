/** What becomes of the calls of a queue when workers, Redis or the way to it are lost. Values are compared, runs are counted. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openQueue, type QueueExecutor, type QueueOptions } from '../../../src/cluster.ts';
import { CallFailedError, run } from '../../../src/index.ts';
import { killRedis, startRedis, stopRedis } from '../../../tools/cluster/redis.ts';
import { testCluster } from '../../fixtures/cluster.ts';
import { openLosableWay } from '../../fixtures/losable-way.ts';
import {
  queueName,
  startQueueWorker,
  type TestWorker,
  type TestWorkerOptions,
} from '../../fixtures/queue.ts';
import { double, killWorker, killWorkerOnce, logged } from '../../fixtures/tasks/queue-tasks.ts';

const { redis } = testCluster();
const limit = { timeout: 60_000 };

describe.skipIf(redis === undefined)('openQueue()', limit, () => {
  const connection = redis ?? '';
  const at = { folder: '', queue: '', log: '' };
  let disposables: AsyncDisposable[] = [];
  const worker = async (options: Partial<TestWorkerOptions> = {}): Promise<TestWorker> => {
    const started = await startQueueWorker({ queue: at.queue, connection, threads: 1, ...options });
    disposables.push(started);
    return started;
  };
  const open = async (options: Partial<QueueOptions> = {}): Promise<QueueExecutor> => {
    const executor = await openQueue({ queue: at.queue, connection, ...options });
    disposables.push(executor);
    return executor;
  };
  const lines = (): string[] =>
    existsSync(at.log) ? readFileSync(at.log, 'utf8').trimEnd().split('\n') : [];
  const whenLogged = (count: number): Promise<void> =>
    expect.poll(() => lines().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, x) => x);

  beforeEach(() => {
    at.folder = mkdtempSync(join(tmpdir(), 'heddle-queue-'));
    at.queue = queueName();
    at.log = join(at.folder, 'log');
    disposables = [];
  });
  afterEach(async () => {
    for (const disposable of disposables.toReversed()) await disposable[Symbol.asyncDispose]();
    rmSync(at.folder, { recursive: true, force: true });
  });

  test('gives all values when a worker is killed in a call', async () => {
    const executor = await open();
    const [first] = [await worker({ threads: 2 }), await worker({ threads: 2 })];
    const values = run(
      numbers(40).map((x) => logged(at.log, x, 100)),
      { executor },
    );
    await whenLogged(8);
    await first.kill();
    expect(await values).toEqual(numbers(40).map((x) => x * 2));
    expect(new Set(lines().map((line) => line.split(' ')[0])).size).toBe(40);
    // Those that the worker had begun, and no more than its batches held, run again.
    expect(lines().length).toBeLessThanOrEqual(40 + 16);
  });

  test('gives a value once when a worker stood still, and goes on late', async () => {
    const executor = await open();
    const still = await worker();
    const value = executor.submit(logged, at.log, 21, 300);
    await whenLogged(1);
    still.process.kill('SIGSTOP');
    const other = await worker();
    expect(await value).toBe(42);
    expect(lines()).toEqual([`21 ${still.process.pid}`, `21 ${other.process.pid}`]);
    still.process.kill('SIGCONT');
    // Both take calls again, and what the first one tells late changes nothing.
    expect(
      await run(
        numbers(20).map((x) => logged(at.log, x, 20)),
        { executor },
      ),
    ).toEqual(numbers(20).map((x) => x * 2));
    expect(executor.stats()).toMatchObject({ succeeded: 21, failed: 0, running: 0 });
  });

  test('gives up on a call that kills each worker it meets, names them, and runs the others', async () => {
    const executor = await open({ batch: 8 });
    // As something would that starts a worker anew when one has ended.
    const killed: number[] = [];
    let isOver = false;
    const keepWorker = async (): Promise<void> => {
      while (!isOver) {
        const started = await worker();
        await new Promise<void>((resolve) => started.process.once('exit', () => resolve()));
        if (!isOver) killed.push(started.process.pid ?? 0);
      }
    };
    const keeping = [keepWorker(), keepWorker()];
    const poisoned = run(killWorker(at.log), { executor }).catch((error: unknown) => error);
    const values = run(
      numbers(20).map((x) => double(x)),
      { executor },
    );
    expect(await values).toEqual(numbers(20).map((x) => x * 2));
    const error = await poisoned;
    isOver = true;
    expect(error).toBeInstanceOf(CallFailedError);
    expect(error).toMatchObject({ reason: 'worker-lost' });
    expect(String(error)).toContain("Cannot run task 'killWorker' as 3 workers were lost while they ran it");
    // The first loss is known only when the batch comes again: those after it are named.
    for (const pid of killed.slice(1)) expect(String(error)).toContain(String(pid));
    expect(lines()).toHaveLength(3);
    for (const disposable of disposables.toReversed()) await disposable[Symbol.asyncDispose]();
    await Promise.all(keeping);
  });

  test('runs a call again that has lost one worker, and those that were with it in a batch', async () => {
    const executor = await open();
    await worker();
    // So that it is known how short these calls are, and many travel together.
    await run(
      numbers(200).map((x) => double(x)),
      { executor },
    );
    await worker();
    const once = join(at.folder, 'once');
    const graph = [killWorkerOnce(once, 7), ...numbers(50).map((x) => double(x))];
    expect(await run(graph, { executor })).toEqual([7, ...numbers(50).map((x) => x * 2)]);
  });

  test('gives all values while workers are killed again and again, and others come', async () => {
    const executor = await open({ maxLosses: 20 });
    const living = [await worker({ threads: 2 }), await worker({ threads: 2 })];
    const values = run(
      numbers(600).map((x) => logged(at.log, x, 10)),
      { executor },
    );
    for (const count of [100, 200, 300, 400, 500]) {
      await whenLogged(count);
      await living.shift()?.kill();
      living.push(await worker({ threads: 2 }));
    }
    expect(await values).toEqual(numbers(600).map((x) => x * 2));
    expect(executor.stats()).toMatchObject({ succeeded: 600, failed: 0, running: 0 });
  });

  test('takes an outcome once that is delivered twice', async () => {
    const executor = await open();
    const value = executor.submit(logged, at.log, 4, 0);
    const client = createClient({ url: connection, RESP: 2 });
    await client.connect();
    const queue = new Queue(at.queue, { connection: client as never, prefix: 'heddle-jobs' });
    await expect.poll(() => queue.getJobCounts('waiting').then(({ waiting }) => waiting)).toBe(1);
    const [job] = await queue.getJobs(['waiting']);
    await queue.add('batch', { ...job?.data, batch: job?.id }, { jobId: 'again' });
    await queue.close();
    client.destroy();
    await worker();
    expect(await value).toBe(8);
    await whenLogged(2);
    expect(await executor.submit(double, 1)).toBe(2);
    expect(executor.stats()).toMatchObject({ succeeded: 2, failed: 0, running: 0 });
  });

  test('finds what was lost when all keys are gone', async () => {
    const executor = await open();
    const own = mkdtempSync(join(at.folder, 'redis-'));
    const url = await startRedis(own);
    try {
      const lost = await openQueue({ queue: at.queue, connection: url });
      const value = lost.submit(double, 5);
      const client = createClient({ url });
      await client.connect();
      await expect.poll(() => client.keys('heddle-jobs:*:wait')).toHaveLength(1);
      await client.flushAll();
      client.destroy();
      await worker({ connection: url });
      expect(await value).toBe(10);
      await lost.dispose();
    } finally {
      await stopRedis(own);
    }
    expect(executor.stats().running).toBe(0);
  });

  describe('with a Redis of its own', () => {
    const own = { folder: '', url: '' };
    beforeEach(async () => {
      own.folder = mkdtempSync(join(tmpdir(), 'heddle-redis-'));
      own.url = await startRedis(own.folder);
    });
    afterEach(async () => {
      await stopRedis(own.folder);
      rmSync(own.folder, { recursive: true, force: true });
    });

    test('goes on when Redis was killed and started again', async () => {
      const executor = await open({ connection: own.url });
      await worker({ connection: own.url, threads: 2 });
      const values = run(
        numbers(60).map((x) => logged(at.log, x, 50)),
        { executor },
      );
      await whenLogged(6);
      await killRedis(own.folder);
      await whenLogged(8);
      await startRedis(own.folder);
      expect(await values).toEqual(numbers(60).map((x) => x * 2));
      expect(new Set(lines().map((line) => line.split(' ')[0])).size).toBe(60);
    });

    test('fails calls when Redis is gone for longer than timeoutMs', async () => {
      const executor = await open({ connection: own.url, timeoutMs: 2_000 });
      await worker({ connection: own.url });
      const value = executor.submit(logged, at.log, 1, 60_000);
      await whenLogged(1);
      await killRedis(own.folder);
      await expect(value).rejects.toThrow('Cannot run the call as Redis could not be used for 2000 ms');
      await expect(executor.submit(double, 1)).rejects.toThrow('Redis could not be used');
      await startRedis(own.folder);
    });

    test('fails at once, without the password, if that is wrong', async () => {
      const { password } = new URL(own.url);
      const wrong = own.url.replace(password, 'not-it');
      const error = await openQueue({ queue: at.queue, connection: wrong }).catch(
        (caught: unknown) => caught,
      );
      expect(error).toMatchObject({ code: 'HEDDLE_QUEUE' });
      expect(String(error)).toContain('WRONGPASS');
      expect(String(error)).not.toContain('not-it');
      await expect(worker({ connection: wrong })).rejects.toThrow('WRONGPASS');
    });

    test('fails with what is wrong if no Redis is there', async () => {
      await stopRedis(own.folder);
      await expect(openQueue({ queue: at.queue, connection: own.url })).rejects.toThrow(
        /^Cannot open the queue '.*' as Redis at 127\.0\.0\.1:\d+ does not let it: received .*ECONNREFUSED/,
      );
      await expect(worker({ connection: own.url })).rejects.toThrow('ECONNREFUSED');
    });

    test('refuses a Redis that forgets keys when its memory is full', async () => {
      const client = createClient({ url: own.url });
      await client.connect();
      await client.configSet('maxmemory-policy', 'allkeys-lru');
      client.destroy();
      await expect(open({ connection: own.url })).rejects.toThrow('received maxmemory-policy allkeys-lru');
    });

    test.each(['cut', 'hush'] as const)(
      'goes on when the way of a worker was lost (%s), and is back',
      async (how) => {
        const { port, host } = new URL(own.url);
        await using proxy = await openLosableWay(Number(port));
        const cut = own.url.replace(host, `127.0.0.1:${proxy.port}`);
        const executor = await open({ connection: own.url });
        const far = await worker({ connection: cut });
        const values = run(
          numbers(30).map((x) => logged(at.log, x, 50)),
          { executor },
        );
        await whenLogged(4);
        proxy[how]();
        await worker({ connection: own.url });
        expect(await values).toEqual(numbers(30).map((x) => x * 2));
        proxy.mend();
        // It comes back by itself, and takes calls again when the other one is gone.
        await disposables.pop()?.[Symbol.asyncDispose]();
        expect(await executor.submit(logged, at.log, 99, 0)).toBe(198);
        expect(lines().at(-1)).toBe(`99 ${far.process.pid}`);
      },
    );

    test.each(['cut', 'hush'] as const)(
      'goes on when the way of the client was lost (%s), and is back',
      async (how) => {
        const { port, host } = new URL(own.url);
        await using proxy = await openLosableWay(Number(port));
        const executor = await open({ connection: own.url.replace(host, `127.0.0.1:${proxy.port}`) });
        await worker({ connection: own.url, threads: 2 });
        const values = run(
          numbers(40).map((x) => logged(at.log, x, 50)),
          { executor },
        );
        await whenLogged(4);
        proxy[how]();
        await whenLogged(30);
        proxy.mend();
        expect(await values).toEqual(numbers(40).map((x) => x * 2));
        expect(lines()).toHaveLength(40);
        await executor.dispose();
      },
    );
  });
});
