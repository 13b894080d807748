/**
 * The entry of a worker thread: takes batches of calls from the host and answers with outcomes.
 */

import { Border } from '../border.ts';
import { Claims } from '../claims.ts';
import type { HostMessage, WorkerMessage } from '../protocol.ts';
import { BatchRunner } from './batch-runner.ts';
import { nowMs } from './now-ms.ts';

const { parentPort: port, threadId, workerData } = process.getBuiltinModule('node:worker_threads');
if (port === null) throw new Error('Cannot start the worker of heddle as it is not in a worker thread');

const runner = new BatchRunner({
  border: new Border(`w${threadId}.${process.pid}.`),
  claims: new Claims((workerData as { readonly claims: SharedArrayBuffer }).claims),
  post: (message) => port.postMessage(message),
  nowMs,
});
port.on('message', (message: HostMessage) => runner.receive(message, () => process.exit()));
// By process.exit() in a call: what is finished is handed over first.
process.on('exit', () => runner.flush());
port.postMessage({ kind: 'ready' } satisfies WorkerMessage);
