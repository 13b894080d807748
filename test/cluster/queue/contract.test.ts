/** The executor over a queue passes the contract of executors, by a worker process with threads. */
import { afterAll, beforeAll, describe } from 'vitest';
import { openQueue } from '../../../src/cluster.ts';
import { testCluster } from '../../fixtures/cluster.ts';
import { queueName, startQueueWorker, type TestWorker } from '../../fixtures/queue.ts';
import { testContract } from '../../fixtures/run-contract.ts';

const { redis } = testCluster();

describe.skipIf(redis === undefined)('on a queue', () => {
  const queue = queueName();
  const connection = redis ?? '';
  let worker: TestWorker | undefined;
  beforeAll(async () => {
    worker = await startQueueWorker({ queue, connection });
  });
  afterAll(() => worker?.[Symbol.asyncDispose]());

  testContract('openQueue', { open: () => openQueue({ queue, connection, slots: 2 }) });
});
