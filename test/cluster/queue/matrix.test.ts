/** The matrix of workflows on a queue: by workers with threads and with processes, with all memory apart, in a run with a name. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { openQueue } from '../../../src/cluster.ts';
import { testCluster } from '../../fixtures/cluster.ts';
import { queueName, startQueueWorker, type TestWorker } from '../../fixtures/queue.ts';
import { testMatrix } from '../../matrix/test-matrix.ts';

const { redis } = testCluster();

describe.skipIf(redis === undefined)('workers of a queue', () => {
  const [threads, processes] = [queueName(), queueName()];
  const connection = redis ?? '';
  const at: { workers: TestWorker[]; folder: string } = { workers: [], folder: '' };
  beforeAll(async () => {
    at.folder = await mkdtemp(join(tmpdir(), 'heddle-queue-'));
    at.workers = [
      await startQueueWorker({ queue: threads, connection }),
      await startQueueWorker({ queue: processes, connection, processes: 2 }),
    ];
  });
  afterAll(async () => {
    for (const worker of at.workers) await worker[Symbol.asyncDispose]();
    await rm(at.folder, { recursive: true, force: true });
  });

  testMatrix([
    {
      name: 'a queue, threads',
      where: 'elsewhere',
      open: (given) => openQueue({ queue: threads, connection, ...given }),
    },
    {
      name: 'a queue, processes, all memory apart in Redis, watched, each workflow twice',
      where: 'elsewhere',
      watched: true,
      times: 2,
      open: (given) => openQueue({ queue: processes, connection, values: { leastBytes: 1 }, ...given }),
    },
    {
      name: 'a queue, threads, all memory apart in a folder, and not read by the client',
      where: 'elsewhere',
      open: (given) =>
        openQueue({ queue: threads, connection, values: { leastBytes: 1, folder: at.folder }, ...given }),
    },
    {
      name: 'a queue, threads, all memory apart in a folder, a run with a name',
      where: 'elsewhere',
      open: (given) =>
        openQueue({
          queue: threads,
          connection,
          values: { leastBytes: 1, folder: at.folder },
          run: queueName(),
          ...given,
        }),
    },
  ]);
});
