/**
 * Being a worker for another program, wherever it runs.
 */

import { bePilot } from './executor/cluster/pilot-process.ts';
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

/** To which program a job of a cluster belongs, as its script is told. */
export interface JobOptions {
  /** Where the program listens: `host:port`, or several with commas between. */
  readonly connect: string;
  /** The file with the secret of the run. */
  readonly secretFile: string;
  /** Which submission the job is of. */
  readonly batch: number;
  /** What the scheduler calls the job. */
  readonly job: string;
  /** How long the program is looked for, in milliseconds. @defaultValue 30,000 */
  readonly graceMs?: number;
}

/**
 * Keeps workers for the program that has submitted this job, until it needs them no more. It is what `heddle worker --connect`
 * does, for programs that have something to do before.
 *
 * - **Ends with its program:** when it is told to, or when the program has been gone for its time of grace.
 * - **Ends with its job:** told by SIGTERM, or shortly before its time is over, it takes no more calls.
 *
 * @returns the code to exit with: 0 if it was not needed any more, 3 if it was refused, 4 if the program is gone, 128 and more if
 *   it was ended by a signal
 * @throws {Error} If the secret cannot be read.
 */
export function workInJob(options: JobOptions): Promise<number> {
  return bePilot(options);
}
