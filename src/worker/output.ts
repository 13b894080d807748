/**
 * What becomes of what workers print: the option, and what is told of a line.
 */

import { inspectShort } from '../base/inspect-short.ts';
import type { PrintStream } from './print-ring.ts';

/** A line that a worker printed. */
export interface OutputLine {
  /** Without the line break. */
  readonly text: string;
  readonly stream: PrintStream;
  /** The worker, from 1, within its pool. One that takes the place of another has its number. */
  readonly worker: number;
}

/** Where lines go; see `OutputOptions`. */
export type Output = 'lines' | 'labelled' | 'ignore' | ((line: OutputLine) => void);

/** What workers of every kind do with what is printed in them. */
export interface OutputOptions {
  /**
   * What becomes of what calls write to `process.stdout` and `process.stderr`, as `console` does.
   *
   * - `'lines'`: it goes to the same streams of this process.
   * - `'labelled'`: so it does, and each line begins with the name of its worker: `[thread 2] `.
   * - `'ignore'`: it is dropped.
   * - a function is given each line. A line for which it throws, or gives a promise that is rejected, goes to
   *   its stream instead; the first such error is told as a warning of the process.
   *
   * What is promised:
   *
   * - **Whole and in order,** for each worker and stream, and all of it, however the worker ends, and also when
   *   this program ends by itself. A line that has no end after a second comes as far as it is, as does one
   *   of more than 4 MB; if another worker prints before it goes on, it ends there.
   * - **Before the outcome** of the call that printed it, save with worker processes on Windows. A stream that
   *   is slow is waited for, for five seconds at most.
   * - **Bounded:** a worker that prints faster than this process takes waits.
   * - **Not included:** what native code in a thread writes to the file descriptors by itself, and what a
   *   module that `execArgv` loads prints before the thread has started.
   *
   * @defaultValue `'lines'`
   */
  readonly output?: Output;
}

/**
 * Refuses what is no `Output`.
 *
 * @param verb - what is attempted, for the message: `open a pool`
 * @throws {RangeError}
 */
export function checkOutput(output: unknown, verb: string): void {
  if (output === undefined || typeof output === 'function') return;
  if (output === 'lines' || output === 'labelled' || output === 'ignore') return;
  throw new RangeError(
    `Cannot ${verb} as 'output' must be 'lines', 'labelled', 'ignore' or a function: received ${inspectShort(output)}`,
  );
}
