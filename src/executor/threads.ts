/**
 * The executor over worker threads of this process.
 */

import { type Clock, systemClock } from '../base/clock.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { type WorkerLimits, workerLimitNames } from '../pool/worker-limits.ts';
import { type CodecsOptions, checkCodecs } from '../worker/codecs-option.ts';
import { defaultWorkers } from '../worker/default-workers.ts';
import { refuseWhileImporting } from '../worker/importing.ts';
import { type SetupOptions, setupOf, setupOptionNames } from '../worker/setup.ts';
import { type ThreadOptions, threadOptionNames, threadTransports } from '../worker/thread-transport.ts';
import type { Executor } from './executor.ts';
import { PoolExecutor } from './pool-executor.ts';

export interface ThreadsOptions extends ThreadOptions, WorkerLimits, CodecsOptions, SetupOptions {
  /**
   * The most threads at once; an integer, at least 1. They are started as they are needed.
   *
   * @defaultValue as many as there are threads: `HEDDLE_MAX_THREADS`, else as many as this process may use cores
   */
  readonly workers?: number;
  /** @defaultValue the clock of this machine */
  readonly clock?: Clock;
}

/** An executor over worker threads. */
export interface ThreadsExecutor extends Executor {
  /**
   * Changes how many threads there may be. Threads beyond it end when their call does.
   *
   * @throws {RangeError} If it is not a positive integer.
   */
  resize(workers: number): void;
}

/**
 * Opens an executor over worker threads. Tasks must be defined in modules, with
 * `tasks(import.meta, { … })`; each thread imports the modules that it needs.
 *
 * Disposing of it ends its threads. Idle threads do not keep the process alive. What tasks print goes to the
 * streams of this process, or where `output` says.
 *
 * @throws {RangeError} If `workers` is not a positive integer, or `output` makes no sense.
 * @throws {ProgramInWorkerError} In a worker that is importing the module of a task.
 */
export function openThreads(options: ThreadsOptions = {}): ThreadsExecutor {
  refuseWhileImporting('open worker threads');
  refuseUnknownOptions(
    options,
    ['workers', 'clock', 'codecs', ...setupOptionNames, ...threadOptionNames, ...workerLimitNames],
    'open worker threads',
  );
  checkCodecs(options.codecs, 'threads', 'open worker threads');
  const { workers = defaultWorkers(), clock = systemClock } = options;
  return new PoolExecutor({
    name: 'threads',
    plural: 'worker threads',
    transports: threadTransports(options),
    workers,
    clock,
    limits: options,
    codecs: options.codecs,
    setup: setupOf(options, 'threads', 'open worker threads'),
  });
}
