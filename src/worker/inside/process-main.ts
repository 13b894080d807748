/**
 * The entry of a worker process: takes batches of calls from the host and answers with outcomes.
 *
 * - **Answers** are in the pipe before the worker does anything else, so that none is lost when it ends,
 *   however it does.
 * - **What is printed** is in its pipe before that.
 * - **Ends with its host:** when the host's end of the pipe is closed. One that is in a loop does not see it,
 *   and is ended by `living-processes.ts`.
 */

import { randomSerial } from '../../base/random.ts';
import { Packer } from '../../codec/pack.ts';
import { Border } from '../border.ts';
import { WorkerFileClaims, withClaims } from '../file-claims.ts';
import { FrameReader, type ProcessMessage, toFrame } from '../frames.ts';
import type { HostMessage } from '../protocol.ts';
import { BatchRunner } from './batch-runner.ts';
import { nowMs } from './now-ms.ts';
import { redirect } from './redirect.ts';
import { writeAll } from './write-all.ts';

const { Socket } = process.getBuiltinModule('node:net');

const [stdoutFd, stderrFd] = [1, 2];
/** The pipes that `process-transport.ts` gives a worker, after the three that every process has. */
const fromHost = 3;
const toHost = 4;
const claimsFile = 5;
/** How much is read at once. What Node.js reads at most. */
const readBytes = 65_536;

redirect(process.stdout, (bytes) => writeAll(stdoutFd, bytes));
redirect(process.stderr, (bytes) => writeAll(stderrFd, bytes));

// Tasks see the arguments of a program without any.
const [given] = process.argv.splice(2);
const claims = given === withClaims ? new WorkerFileClaims(claimsFile, nowMs) : undefined;

const runner = new BatchRunner({
  border: new Border(`p${process.pid}.${randomSerial().toString(36)}.`),
  claims,
  post,
  nowMs,
  memoryBytes: () => process.memoryUsage.rss(),
});

const reader = new FrameReader();
const input = new Socket({
  fd: fromHost,
  readable: true,
  writable: false,
  // One buffer for all that is read: a new one for each message is most of the cost of a small one.
  onread: { buffer: Buffer.allocUnsafeSlow(readBytes), callback: take },
});
input.resume();
input.on('error', () => undefined);
input.on('close', endWithHost);

// By process.exit() in a call: what is finished is handed over first.
process.on('exit', () => runner.end());
process.on('uncaughtException', (error: unknown) => {
  // A task's own listener decides, as it would in a program.
  if (process.listenerCount('uncaughtException') > 1) return;
  post(uncaught(error));
  process.exit(1);
});

post({ kind: 'ready' });

function take(length: number, buffer: Uint8Array): boolean {
  // It is the buffer given above.
  for (const message of reader.push(buffer.subarray(0, length) as Buffer)) {
    // The host is this very program, of this very version.
    runner.receive(message as HostMessage, () => process.exit());
  }
  return true;
}

/** Writes a message. It is in the pipe when this returns: the pipe waits for the host if it is full. */
function post(message: ProcessMessage): void {
  writeAll(toHost, toFrame(message));
}

function uncaught(error: unknown): ProcessMessage {
  const packer = new Packer();
  try {
    const { data, isPacked } = packer.pack(error, 'error');
    return { kind: 'uncaught', error: data, isPacked };
  } catch {
    return { kind: 'uncaught', error: String(error), isPacked: false };
  }
}

/** Nobody wants what this worker does any more, nor what its tasks have started. */
function endWithHost(): void {
  process.on('exit', () => {
    try {
      process.kill(-process.pid, 'SIGKILL');
    } catch {
      // It has no group of its own.
    }
  });
  process.exit();
}
