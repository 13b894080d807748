/** Clients of a queue: those that die and come back, those that are gone, several at once; and that nothing is left of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openQueue, openQueueWorker, type QueueExecutor, type QueueOptions } from '../../../src/cluster.ts';
import { run } from '../../../src/index.ts';
import { testCluster } from '../../fixtures/cluster.ts';
import {
  queueName,
  startQueueWorker,
  type TestWorker,
  type TestWorkerOptions,
} from '../../fixtures/queue.ts';
import { double, failsOnce, logged, shard, untilAborted } from '../../fixtures/tasks/queue-tasks.ts';

const { redis } = testCluster();
const limit = { timeout: 60_000 };
const root = join(import.meta.dirname, '..', '..', '..');
const program = join(root, 'test', 'fixtures', 'programs', 'queue-client.ts');

describe.skipIf(redis === undefined)('openQueue()', limit, () => {
  const connection = redis ?? '';
  const at = { folder: '', queue: '', log: '' };
  let disposables: AsyncDisposable[] = [];
  let clients: ChildProcess[] = [];
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
  const startClient = (name: string, count: number, ms: number): ChildProcess => {
    const args = [program, connection, at.queue, name, at.log, String(count), String(ms)];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    clients.push(child);
    return child;
  };
  const saidBy = async (child: ChildProcess): Promise<string> => {
    let said = '';
    for await (const bytes of child.stdout as AsyncIterable<Buffer>) said += bytes.toString();
    return said;
  };
  const lines = (): string[] =>
    existsSync(at.log) ? readFileSync(at.log, 'utf8').trimEnd().split('\n') : [];
  const whenLogged = (count: number): Promise<void> =>
    expect.poll(() => lines().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
  const ask = async <T>(question: (client: ReturnType<typeof createClient>) => Promise<T>): Promise<T> => {
    const client = createClient({ url: connection });
    await client.connect();
    try {
      return await question(client as never);
    } finally {
      client.destroy();
    }
  };
  const keysOfClients = (): Promise<string[]> =>
    ask((client) => client.keys(`heddle-queue:${at.queue}:client:*`));
  /** BullMQ has a key of its own that looks like one. */
  const jobs = async (): Promise<string[]> =>
    (await ask((client) => client.keys(`heddle-jobs:${at.queue}:*-*`))).filter(
      (key) => !key.endsWith(':stalled-check'),
    );
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, x) => x);

  beforeEach(() => {
    at.folder = mkdtempSync(join(tmpdir(), 'heddle-queue-'));
    at.queue = queueName();
    at.log = join(at.folder, 'log');
    disposables = [];
    clients = [];
  });
  afterEach(async () => {
    for (const child of clients) child.kill('SIGKILL');
    for (const disposable of disposables.toReversed()) await disposable[Symbol.asyncDispose]();
    rmSync(at.folder, { recursive: true, force: true });
  });

  test('runs no call again for a client that was killed and comes back to its run', async () => {
    await worker({ threads: 2 });
    const first = startClient('mine', 30, 100);
    await whenLogged(10);
    first.kill('SIGKILL');
    await once(first, 'exit');
    const second = startClient('mine', 30, 100);
    expect(JSON.parse(await saidBy(second))).toEqual(numbers(30).map((x) => x * 2));
    expect(
      lines()
        .map((line) => Number(line.split(' ')[0]))
        .toSorted((a, b) => a - b),
    ).toEqual(numbers(30));
    // The program has forgotten its run, as it is complete.
    expect(await keysOfClients()).toEqual([]);
  });

  test('tells equal calls of a run apart, and runs those again that failed', async () => {
    await worker();
    const first = await open({ run: 'mine' });
    const graph = () => [logged(at.log, 3, 0), logged(at.log, 3, 0), double(4)];
    expect(await run(graph(), { executor: first })).toEqual([6, 6, 8]);
    await expect(first.submit(failsOnce, join(at.folder, 'once'), 5)).rejects.toThrow('the first time');
    await first.dispose();
    const second = await open({ run: 'mine' });
    expect(await run(graph(), { executor: second })).toEqual([6, 6, 8]);
    expect(lines()).toHaveLength(2);
    expect(await second.submit(failsOnce, join(at.folder, 'once'), 5)).toBe(5);
    await second.forget();
    const third = await open({ run: 'mine' });
    expect(await run(graph(), { executor: third })).toEqual([6, 6, 8]);
    expect(lines()).toHaveLength(4);
  });

  test('refuses a second client with the same run', async () => {
    await open({ run: 'mine' });
    const error = await open({ run: 'mine' }).catch((caught: unknown) => caught);
    expect(String(error)).toContain(`another client has the run 'mine': received process ${process.pid}`);
  });

  test('ends the calls of a client that was killed, and its keys expire', async () => {
    await worker();
    const client = startClient('', 20, 200);
    await whenLogged(1);
    client.kill('SIGKILL');
    await once(client, 'exit');
    const ttls = await ask(async (asked) =>
      Promise.all((await asked.keys(`heddle-queue:${at.queue}:client:*`)).map((key) => asked.pTTL(key))),
    );
    expect(ttls.length).toBeGreaterThan(0);
    for (const ttl of ttls) {
      expect(ttl).toBeGreaterThan(0);
      expect(ttl).toBeLessThanOrEqual(30_000);
    }
    // In place of waiting for half a minute.
    await ask(async (asked) => asked.del(await asked.keys(`heddle-queue:${at.queue}:client:*`)));
    await expect.poll(jobs, { timeout: 20_000 }).toEqual([]);
    expect(lines().length).toBeLessThan(20);
    expect(await (await open()).submit(double, 1)).toBe(2);
  });

  test('leaves no key behind when it is disposed of, nor calls that run', async () => {
    await worker();
    const executor = await open();
    expect(await executor.submit(double, 2)).toBe(4);
    const running = executor.submit(untilAborted, at.log);
    const waiting = executor.submit(double, 3);
    const ends = Promise.allSettled([running, waiting]);
    await whenLogged(1);
    await executor.dispose();
    for (const end of await ends) expect(end.status).toBe('rejected');
    expect(await keysOfClients()).toEqual([]);
    await expect.poll(jobs, { timeout: 20_000 }).toEqual([]);
    // The worker is free again.
    expect(await (await open()).submit(double, 4)).toBe(8);
  });

  test('tells a call to end that nobody waits for any more', async () => {
    await worker();
    const executor = await open();
    const abort = new AbortController();
    const value = run(untilAborted(at.log), { executor, signal: abort.signal });
    await whenLogged(1);
    abort.abort(new Error('enough'));
    await expect(value).rejects.toThrow('enough');
    await expect.poll(lines).toEqual(['began', 'aborted']);
    expect(await executor.submit(double, 1)).toBe(2);
    await expect.poll(jobs).toEqual([]);
  });

  test('serves several clients by the same workers', async () => {
    await worker({ threads: 2 });
    const executors = [await open(), await open(), await open({ slots: 2 })];
    const values = await Promise.all(
      executors.map((executor, client) =>
        run(
          numbers(50).map((x) => double(x + client)),
          { executor },
        ),
      ),
    );
    expect(values).toEqual([0, 1, 2].map((client) => numbers(50).map((x) => (x + client) * 2)));
  });

  test('serves clients that are calls of another queue', async () => {
    await worker({ threads: 2 });
    await worker({ queue: `${at.queue}-clients`, threads: 2 });
    const executor = await open({ queue: `${at.queue}-clients` });
    const sums = await run(
      [0, 100, 200].map((from) => shard(connection, at.queue, from, 100)),
      { executor },
    );
    expect(sums).toEqual([0, 100, 200].map((from) => 2 * (100 * from + 4_950)));
  });

  test('runs calls of higher priority first', async () => {
    const executor = await open({ batch: 1 });
    const values = [1, 2, 3].map((x) =>
      run(logged.with({ priority: x === 2 ? 5 : x === 1 ? -5 : 0 })(at.log, x, 0), { executor }),
    );
    await expect.poll(async () => (await jobs()).length).toBe(3);
    await worker();
    expect(await Promise.all(values)).toEqual([2, 4, 6]);
    expect(lines().map((line) => line.split(' ')[0])).toEqual(['2', '3', '1']);
  });

  test('begins no more calls in a time than rate says', async () => {
    await worker({ threads: 2 });
    const executor = await open({ rate: { calls: 2, perMs: 500 } });
    const beganMs = performance.now();
    await run(
      numbers(7).map((x) => double(x)),
      { executor },
    );
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(1_400);
  });

  test('a worker that is told to end finishes what it has begun', async () => {
    const executor = await open();
    const first = await worker();
    const value = executor.submit(logged, at.log, 5, 500);
    await whenLogged(1);
    const exit = once(first.process, 'exit');
    first.process.kill('SIGTERM');
    expect(await value).toBe(10);
    expect(await exit).toEqual([0, null]);
    expect(lines()).toHaveLength(1);
  });

  test('a worker that is told to end hands on what takes long', async () => {
    const executor = await open({ maxLosses: 1 });
    const first = await worker();
    const value = executor.submit(logged, at.log, 5, 4_000);
    await whenLogged(1);
    const second = await worker();
    first.process.kill('SIGTERM');
    expect(await value).toBe(10);
    expect(lines()).toEqual([`5 ${first.process.pid}`, `5 ${second.process.pid}`]);
  });

  test('a worker in this process serves as well', async () => {
    await using here = await openQueueWorker({ queue: at.queue, connection, threads: 1 });
    expect(here.threads).toBe(1);
    const executor = await open();
    expect(await executor.submit(double, 8)).toBe(16);
    await expect.poll(() => executor.stats().workers, { timeout: 10_000 }).toBe(1);
  });

  describe('programs in folders', () => {
    /** A program with one task, in a folder. */
    const makeProgram = (name: string, text: string): string => {
      const folder = join(at.folder, name);
      mkdirSync(join(folder, 'node_modules'), { recursive: true });
      writeFileSync(
        join(folder, 'package.json'),
        JSON.stringify({ name: 'queue-program', version: '1.0.0', type: 'module' }),
      );
      symlinkSync(root, join(folder, 'node_modules', 'heddle'));
      writeFileSync(
        join(folder, 'tasks.ts'),
        `import { tasks } from '${pathToFileURL(join(root, 'src', 'index.ts')).href}';\nexport const { answer } = tasks(import.meta, { answer: () => '${text}' });\n`,
      );
      return folder;
    };
    const importAnswer = async (folder: string): Promise<() => never> => {
      const url = pathToFileURL(join(folder, 'tasks.ts')).href;
      return ((await import(url)) as { answer: () => never }).answer;
    };

    test('the same program is found where the worker has it', async () => {
      const mine = makeProgram('mine', 'the same');
      const theirs = makeProgram('theirs', 'the same');
      const answer = await importAnswer(mine);
      const executor = await open();
      const value = run(answer(), { executor });
      await expect.poll(async () => (await jobs()).length).toBe(1);
      rmSync(mine, { recursive: true });
      await worker({ cwd: theirs });
      expect(await value).toBe('the same');
    });

    test('another version of it is refused, with what differs and the mend', async () => {
      const mine = makeProgram('mine', 'new');
      const theirs = makeProgram('theirs', 'old');
      const answer = await importAnswer(mine);
      const executor = await open();
      const value = run(answer(), { executor }).catch((error: unknown) => error);
      await expect.poll(async () => (await jobs()).length).toBe(1);
      rmSync(mine, { recursive: true });
      await worker({ cwd: theirs });
      const error = await value;
      expect(error).toMatchObject({ reason: 'not-loadable', cause: { code: 'HEDDLE_CODE_MISMATCH' } });
      expect(String(error)).toContain('received tasks.ts changed');
      expect(String(error)).toContain('install the same version of the program on both');
    });

    test('a worker without it refuses, too', async () => {
      const mine = makeProgram('mine', 'new');
      const answer = await importAnswer(mine);
      const executor = await open();
      const value = run(answer(), { executor }).catch((error: unknown) => error);
      await expect.poll(async () => (await jobs()).length).toBe(1);
      rmSync(mine, { recursive: true });
      await worker();
      expect(String(await value)).toContain("Cannot find the module 'queue-program/tasks.ts' of a task");
    });
  });
});
