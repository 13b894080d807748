/**
 * The entry of a worker thread: takes batches of calls from the host and answers with outcomes.
 */

import { Border } from '../border.ts';
import { Claims } from '../claims.ts';
import { type PrintedMessage, PrintRing, printStreams } from '../print-ring.ts';
import type { HostMessage, WorkerMessage } from '../protocol.ts';
import { BatchRunner } from './batch-runner.ts';
import { nowMs } from './now-ms.ts';
import { redirect } from './redirect.ts';

const { parentPort: port, threadId, workerData } = process.getBuiltinModule('node:worker_threads');
if (port === null) throw new Error('Cannot start the worker of heddle as it is not in a worker thread');

/** What `thread-transport.ts` gives a thread. */
const { claims, ring: ringBuffer } = workerData as {
  readonly claims: SharedArrayBuffer;
  /** For what is printed; `undefined` if nobody wants it. */
  readonly ring: SharedArrayBuffer | undefined;
};
const ring = ringBuffer === undefined ? undefined : new PrintRing(ringBuffer);
const tellPrinted = (): void => port.postMessage({ kind: 'printed' } satisfies PrintedMessage);
for (const stream of printStreams) {
  redirect(process[stream], (bytes) => ring?.write(stream, bytes, tellPrinted));
}

const runner = new BatchRunner({
  border: new Border(`w${threadId}.${process.pid}.`),
  claims: new Claims(claims),
  post: (message, moves) => port.postMessage(message, moves),
  nowMs,
  memoryBytes: () => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },
});
port.on('message', (message: HostMessage) => runner.receive(message, () => process.exit()));
// By process.exit() in a call: what is finished is handed over first.
process.on('exit', () => runner.end());
port.postMessage({ kind: 'ready' } satisfies WorkerMessage);
