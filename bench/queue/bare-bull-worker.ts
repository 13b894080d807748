/**
 * The program of a process that serves a queue by BullMQ alone: `node bare-bull-worker.ts <address> <queue>`. Its jobs do next
 * to nothing, on its main thread.
 */

import { Worker } from 'bullmq';
import { createClient } from 'redis';

const [url = '', queue = ''] = process.argv.slice(2);
const connection = createClient({ url, RESP: 2 });
connection.on('error', () => undefined);
await connection.connect();
const worker = new Worker<{ readonly x: number }, number>(
  queue,
  (job) => Promise.resolve(job.data.x + 1),
  // Ten at a time was best of 1, 10 and 50.
  { connection: connection as never, concurrency: 10, removeOnComplete: { count: 0 } },
);
worker.on('error', () => undefined);
await worker.waitUntilReady();
process.stderr.write('serves the queue\n');
