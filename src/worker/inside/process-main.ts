/**
 * The entry of a worker process: takes batches of calls from the host and answers with outcomes.
 *
 * - **Answers** are in the pipe before the worker does anything else, so that none is lost when it ends,
 *   however it does.
 * - **What is printed** is in its pipe before that; where there is none, it goes in messages. Then both of its own
 *   streams lead to stderr, so that what native code and other processes print comes there, too.
 * - **Says first who it is,** before anything that another runtime may not have.
 * - **Ends with its host:** when the host's end of the pipe is closed. One that is in a loop does not see it,
 *   and is ended by `living-processes.ts`.
 */

import { randomSerial } from '../../base/random.ts';
import { Packer } from '../../codec/pack.ts';
import { Border } from '../border.ts';
import { WorkerFileClaims, withClaims } from '../file-claims.ts';
import { FrameReader, type ProcessMessage, printsByMessage, toFrame, toGreetingFrame } from '../frames.ts';
import { notGreetedText, ownGreeting, readGreeting, refusalOf } from '../greeting.ts';
import { printStreams } from '../print-ring.ts';
import type { HostMessage } from '../protocol.ts';
import { BatchRunner } from './batch-runner.ts';
import { nowMs } from './now-ms.ts';
import { redirect } from './redirect.ts';
import { writeAll } from './write-all.ts';

const { Socket } = process.getBuiltinModule('node:net');

/** The pipes that `process-transport.ts` gives a worker, after the three that every process has. */
const fromHost = 3;
const toHost = 4;
const claimsFile = 5;
const stderrFd = 2;
/** How much is read at once. What Node.js reads at most. */
const readBytes = 65_536;

writeAll(toHost, toGreetingFrame(ownGreeting()));

// Tasks see the arguments of a program without any.
const given = new Set(process.argv.splice(2));
const claims = given.has(withClaims) ? new WorkerFileClaims(claimsFile, nowMs) : undefined;
for (const stream of printStreams) {
  const { fd } = process[stream];
  redirect(
    process[stream],
    given.has(printsByMessage)
      ? // V8 writes all of the memory that a view is of: it may be a part of much.
        (bytes) => post({ kind: 'written', stream, bytes: new Uint8Array(bytes) })
      : (bytes) => writeAll(fd, bytes),
  );
}

const runner = new BatchRunner({
  border: new Border(`p${process.pid}.${randomSerial().toString(36)}.`),
  claims,
  post,
  nowMs,
  memoryBytes: () => process.memoryUsage.rss(),
});

const reader = new FrameReader((greeting) => {
  const refusal = refusalOf(readGreeting(greeting), ownGreeting());
  if (refusal !== undefined) refuseHost(refusal);
});
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
    if (!reader.isGreeted) refuseHost(notGreetedText('program'));
    runner.receive(message as HostMessage, () => process.exit());
  }
  return true;
}

/** The host will say so itself, if it can read who this worker is. */
function refuseHost(reason: string): never {
  writeAll(stderrFd, Buffer.from(`${reason}\n`));
  process.exit(1);
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
