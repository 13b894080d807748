/**
 * The executor over child processes.
 */

import { type Clock, systemClock } from '../base/clock.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { type WorkerLimits, workerLimitNames } from '../pool/worker-limits.ts';
import { type CodecsOptions, checkCodecs } from '../worker/codecs-option.ts';
import { defaultWorkers } from '../worker/default-workers.ts';
import { refuseWhileImporting } from '../worker/importing.ts';
import { type ProcessOptions, processOptionNames, processTransports } from '../worker/process-transport.ts';
import { type ReferencesOptions, referencesOf } from '../worker/references-option.ts';
import { type SetupOptions, setupOf, setupOptionNames } from '../worker/setup.ts';
import type { Executor } from './executor.ts';
import { PoolExecutor } from './pool-executor.ts';

export interface ProcessesOptions
  extends ProcessOptions,
    WorkerLimits,
    CodecsOptions,
    SetupOptions,
    ReferencesOptions {
  /**
   * The most processes at once; an integer, at least 1. They are started as they are needed.
   *
   * @defaultValue as many as there are threads: `HEDDLE_MAX_THREADS`, else as many as this process may use cores
   */
  readonly workers?: number;
  /** @defaultValue the clock of this machine */
  readonly clock?: Clock;
}

/** An executor over child processes. */
export interface ProcessesExecutor extends Executor {
  /**
   * Changes how many processes there may be. Processes beyond it end when their call does.
   *
   * @throws {RangeError} If it is not a positive integer.
   */
  resize(workers: number): void;
}

/**
 * Opens an executor over child processes, for tasks that threads cannot isolate: those that change the
 * working directory or the environment, crash, need more memory than a thread can have, or load native
 * code that threads cannot. Tasks must be defined in modules, with `tasks(import.meta, { … })`; each process
 * imports the modules that it needs.
 *
 * - **Values:** all that `openThreads` can send, but what processes cannot share or have a handle on, such
 *   as a `SharedArrayBuffer` or a `Blob`.
 * - **Large arrays** that calls give, of 1 MiB and more, go from process to process by reference: `references` says how.
 * - **Blame:** a process that dies fails the call that it ran. Which of several it was may not be known: those
 *   without an outcome are then run again one by one, so a call may be run twice.
 * - **Ends with you:** no process outlives this one, however it ends; one that is lost, or ended in the
 *   midst of a call, takes what it has started with it.
 * - **At rest:** idle processes do not keep this one alive.
 * - **Printing:** what tasks print goes to the streams of this process in whole lines, or where `output` says.
 * - **Elsewhere:** `command` starts them by any command that runs `heddle worker --stdio` in the end, such as `ssh`.
 *
 * @throws {RangeError} If `workers` is not a positive integer, or `output` makes no sense.
 * @throws {TypeError} If `command` or `verbose` makes no sense, or there is no such option.
 * @throws {ProgramInWorkerError} In a worker that is importing the module of a task.
 *
 * @example
 * ```ts
 * import { openProcesses, run, tasks } from 'heddle';
 * const { pid, add } = tasks(import.meta, { pid: () => process.pid, add: (a: number, b: number) => a + b });
 * if (import.meta.main) {
 *   const processes = openProcesses({ workers: 2, execArgv: ['--max-old-space-size=8192'] });
 *   const [there, sum] = await run([pid(), add(1, add(2, 3))] as const, { executor: processes });
 *   assert.notEqual(there, process.pid);
 *   assert.equal(sum, 6);
 *   await processes.dispose();
 * }
 * ```
 */
export function openProcesses(options: ProcessesOptions = {}): ProcessesExecutor {
  refuseWhileImporting('open worker processes');
  refuseUnknownOptions(
    options,
    [
      'workers',
      'clock',
      'codecs',
      'references',
      ...setupOptionNames,
      ...processOptionNames,
      ...workerLimitNames,
    ],
    'open worker processes',
  );
  checkCodecs(options.codecs, 'processes', 'open worker processes');
  const { workers = defaultWorkers(), clock = systemClock } = options;
  return new PoolExecutor({
    name: 'processes',
    plural: 'worker processes',
    transports: processTransports(options),
    workers,
    clock,
    limits: options,
    codecs: options.codecs,
    setup: setupOf(options, 'processes', 'open worker processes'),
    references: referencesOf(options, 'open worker processes'),
    isCounted: options.command === undefined,
  });
}
