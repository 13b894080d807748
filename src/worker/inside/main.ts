/**
 * The entry of a worker thread: takes calls from the host, one at a time, and answers with outcomes.
 */

import { parentPort, threadId } from 'node:worker_threads';
import { Border } from '../border.ts';
import type { HostMessage, OutcomeMessage, WorkerMessage } from '../protocol.ts';
import { CallRunner } from './call-runner.ts';

const port = parentPort;
if (port === null) throw new Error('Cannot start the worker of heddle as it is not in a worker thread');

const runner = new CallRunner(new Border(`w${threadId}.${process.pid}.`), (message: OutcomeMessage) =>
  port.postMessage(message),
);
port.on('message', (message: HostMessage) => runner.take(message));
port.postMessage({ kind: 'ready' } satisfies WorkerMessage);
