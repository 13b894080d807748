/** Large values of calls of a queue: apart, each once, in Redis or in a folder that all share. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openQueue, type QueueExecutor, type QueueOptions } from '../../../src/cluster.ts';
import { run } from '../../../src/index.ts';
import { testCluster } from '../../fixtures/cluster.ts';
import { queueName, startQueueWorker } from '../../fixtures/queue.ts';
import { large, sum } from '../../fixtures/tasks/queue-tasks.ts';

const { redis } = testCluster();
const limit = { timeout: 60_000 };
const megabyte = 2 ** 17;

describe.skipIf(redis === undefined)('values of openQueue()', limit, () => {
  const connection = redis ?? '';
  const at = { folder: '', queue: '' };
  let disposables: AsyncDisposable[] = [];
  const open = async (options: Partial<QueueOptions> = {}): Promise<QueueExecutor> => {
    const executor = await openQueue({ queue: at.queue, connection, ...options });
    disposables.push(executor);
    return executor;
  };
  beforeEach(async () => {
    at.folder = mkdtempSync(join(tmpdir(), 'heddle-queue-'));
    at.queue = queueName();
    disposables = [await startQueueWorker({ queue: at.queue, connection, threads: 2 })];
  });
  afterEach(async () => {
    for (const disposable of disposables.toReversed()) await disposable[Symbol.asyncDispose]();
    rmSync(at.folder, { recursive: true, force: true });
  });

  test('travel once, however many calls they are given to', async () => {
    const executor = await open();
    const client = createClient({ url: connection });
    await client.connect();
    try {
      const received = async (): Promise<number> =>
        Number(/total_net_input_bytes:(\d+)/.exec(await client.info('stats'))?.[1]);
      const before = await received();
      const values = new Float64Array(megabyte).fill(1);
      const sums = await run(
        Array.from({ length: 20 }, (_, x) => sum(values, x)),
        { executor },
      );
      expect(sums).toEqual(Array.from({ length: 20 }, () => megabyte));
      expect(await received()).toBeLessThan(before + 2.5 * megabyte * 8);
      // What a call gives and others take is sent by its worker, and by nobody else.
      const made = large(megabyte, 2);
      const between = await received();
      expect(await run([sum(made, 1), sum(made, 2), sum(made, 3)], { executor })).toEqual([
        2 * megabyte,
        2 * megabyte,
        2 * megabyte,
      ]);
      expect(await received()).toBeLessThan(between + 1.5 * megabyte * 8);
      const [key = ''] = await client.keys(`heddle-queue:${at.queue}:client:*:values`);
      expect(await client.hLen(key)).toBe(2);
      await executor.dispose();
      expect(await client.keys(`heddle-queue:${at.queue}:client:*`)).toEqual([]);
    } finally {
      client.destroy();
    }
  });

  test('are in a folder, which goes with the client', async () => {
    const executor = await open({ values: { folder: at.folder } });
    const made = large(megabyte, 3);
    expect(await run([sum(made, 1), sum(made, 2)], { executor })).toEqual([3 * megabyte, 3 * megabyte]);
    const [folder = ''] = readdirSync(at.folder);
    expect(folder).toMatch(/^heddle-queue@/);
    await executor.dispose();
    expect(readdirSync(at.folder)).toEqual([]);
  });

  test('of a client that was killed go with the next one, when they are old', async () => {
    const folders = ['gone', 'young'].map((name) => join(at.folder, `heddle-queue@${at.queue}@${name}`));
    for (const folder of folders) mkdirSync(folder);
    const other = join(at.folder, 'heddle-queue@other@gone');
    mkdirSync(other);
    for (const folder of [folders[0] as string, other]) utimesSync(folder, 1, 1);
    await open({ values: { folder: at.folder } });
    expect(readdirSync(at.folder).toSorted()).toEqual(
      [`heddle-queue@${at.queue}@young`, 'heddle-queue@other@gone'].toSorted(),
    );
  });

  test('are not read by a client that only passes them on, if they are in a folder', async () => {
    const executor = await open({ values: { folder: at.folder } });
    // So that all modules are there.
    expect(await run(sum(large(megabyte, 1), 0), { executor })).toBe(megabyte);
    const read = (): number => Number(/^rchar: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
    const before = read();
    const made = large(8 * megabyte, 2);
    expect(await run([sum(made, 1), sum(made, 2)], { executor })).toEqual([16 * megabyte, 16 * megabyte]);
    expect(read() - before).toBeLessThan(megabyte);
    // Who asks for it gets it.
    expect((await run(made, { executor }))[5]).toBe(2);
    expect(await executor.submit(large, megabyte, 4)).toHaveLength(megabyte);
  });

  // Mounting takes the rights of root.
  test.skipIf(process.getuid?.() !== 0)(
    'stay in their messages when the folder is on a disk that is full',
    async () => {
      const small = join(at.folder, 'small');
      mkdirSync(small);
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small]);
      expect(mounted.status).toBe(0);
      try {
        const executor = await open({ values: { folder: small } });
        const made = large(megabyte, 5);
        expect(await run([sum(made, 1), sum(new Float64Array(megabyte).fill(1), 2)], { executor })).toEqual([
          5 * megabyte,
          megabyte,
        ]);
        await executor.dispose();
      } finally {
        spawnSync('umount', [small]);
      }
      expect(existsSync(small)).toBe(true);
    },
  );
});
