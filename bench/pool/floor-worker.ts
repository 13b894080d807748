/**
 * The worker of `floor-pool.ts`: a message holds inputs, then the number of the first and the name of the body; the
 * answer the values, then the mean time of a call in microseconds.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { bodies } from './bodies.ts';
import type { BodyName } from './contender.ts';

const claims = workerData as Int32Array;
const mask = claims.length - 1;

parentPort?.on('message', (message: unknown[]) => {
  const fn = bodies[message.pop() as BodyName] as (input: unknown) => unknown;
  const first = message.pop() as number;
  const startMs = performance.now();
  const values: unknown[] = [];
  for (let i = 0; i < message.length; i++) {
    if (Atomics.compareExchange(claims, (first + i) & mask, 0, 1) !== 0) continue;
    values.push(fn(message[i]));
    claims[(first + i) & mask] = 3;
  }
  // A call below the resolution of the clock still takes some time.
  values.push(Math.max(0.05, ((performance.now() - startMs) * 1000) / message.length));
  parentPort?.postMessage(values);
});
