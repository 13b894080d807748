/**
 * The worker of `bare-pool.ts`: a message a task, and one back.
 */

import { parentPort } from 'node:worker_threads';
import { bodies } from './bodies.ts';
import type { BodyName } from './contender.ts';

interface Question {
  readonly id: number;
  readonly body: BodyName;
  readonly input: never;
}

parentPort?.on('message', ({ id, body, input }: Question) => {
  parentPort?.postMessage({ id, value: bodies[body](input) });
});
