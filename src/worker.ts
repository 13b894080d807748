/**
 * Being a worker for another program, wherever it runs.
 */

import { keepWorker } from './worker/stdio-worker.ts';

/**
 * Is a worker for the program at the other end of stdin and stdout, until that one ends it. It is what
 * `heddle worker --stdio` does, for programs that have something to do before.
 *
 * - **Printing:** what tasks print goes to the other program as what they print; what native code and other processes
 *   write, to stderr. Nothing else of this process may write to stdout.
 * - **Ends with its host:** when stdin ends, whatever its tasks do, and with what they have started.
 * - **Cost:** two processes, of which one waits.
 *
 * @returns the code to exit with, as shells tell it: 128 and more if the worker was ended by a signal
 * @throws {Error} If the worker cannot be started.
 *
 * @example
 * ```ts no-run
 * import { workOverStdio } from 'heddle/worker';
 * process.exit(await workOverStdio());
 * ```
 */
export function workOverStdio(): Promise<number> {
  return keepWorker();
}
