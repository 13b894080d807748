/**
 * A worker that its host reaches by standard streams, through any command that joins them: `ssh`, `docker run`, `srun`.
 *
 * This process is the keeper of the worker, which is another one: what comes by stdin goes to the worker's pipe for
 * messages, and stdout _is_ the worker's pipe for answers. The worker's own stdin is empty, and its stdout and stderr are
 * both the stderr of this process, so nothing that a task or what it has started prints can get among the messages.
 *
 * - **Ends with its host:** when stdin ends, or this process is told to by a signal, the worker is ended with all
 *   that it has started, also in an endless loop; and if this process is killed, as `living-processes.ts` says. On another
 *   machine nobody else would look after them.
 * - **Room:** what the host has sent and the worker has not read is kept here, as otherwise the end of stdin would not be
 *   seen. The host sends a worker some calls ahead, not more.
 */

import type { Writable } from 'node:stream';
import { printsByMessage } from './frames.ts';
import { inheritedOptions } from './inherited-options.ts';
import { endGroup, LivingProcesses } from './living-processes.ts';
import { processEntryPath } from './process-entry.ts';

/** What ends a program, with the number that shells add to 128 for its exit code. */
const endingSignals = [
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const;
/** For signals whose number is not known, and ends without a code. */
const failedCode = 1;
const signalCode = 128;

/** Keeps a worker; see `workOverStdio` of `heddle/worker`. */
export function keepWorker(): Promise<number> {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const { signals } = process.getBuiltinModule('node:os').constants;
  const args = [...inheritedOptions(process.execArgv), processEntryPath(), printsByMessage];
  const worker = spawn(process.execPath, args, {
    stdio: ['ignore', 2, 2, 'pipe', 1],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const { pid } = worker;
  const living = new LivingProcesses();
  if (pid !== undefined) living.add(pid);
  const end = (): void => {
    if (pid !== undefined) endGroup(pid);
  };
  return new Promise((resolve, reject) => {
    let endedBy: number | undefined;
    const listeners = endingSignals.map(([name, number]) => {
      const listener = (): void => {
        endedBy = signalCode + number;
        end();
      };
      process.on(name, listener);
      return { name, listener };
    });
    const over = (): void => {
      for (const { name, listener } of listeners) process.removeListener(name, listener);
      process.stdin.removeAllListeners('data').pause();
      if (pid !== undefined) living.delete(pid);
    };
    worker.once('error', (error) => {
      over();
      reject(error);
    });
    worker.once('exit', (code, signal) => {
      // What it has started ends with it.
      end();
      over();
      resolve(endedBy ?? code ?? (signal === null ? failedCode : signalCode + signals[signal]));
    });
    const toWorker = worker.stdio[3] as Writable;
    // A worker that is gone does not read any more; its exit tells why.
    toWorker.on('error', () => undefined);
    process.stdin.on('data', (bytes: Buffer) => void toWorker.write(bytes));
    process.stdin.once('end', end);
    process.stdin.once('error', end);
  });
}
