/**
 * What a pool may be told when it is opened.
 */

import type { Clock } from '../base/clock.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { checkWorkerLimits, type WorkerLimits, workerLimitNames } from '../pool/worker-limits.ts';
import type { CallEvent } from '../task/call-event.ts';
import { type CodecsOptions, checkCodecs } from '../worker/codecs-option.ts';
import { checkOutput, type Output } from '../worker/output.ts';
import { type ProcessOptions, processOptionNames } from '../worker/process-transport.ts';
import { type SetupOptions, setupOptionNames } from '../worker/setup.ts';
import { type ThreadOptions, threadOptionNames } from '../worker/thread-transport.ts';

/** Options that do not depend on where calls run. */
export interface CommonPoolOptions<Args extends readonly unknown[] = readonly unknown[]>
  extends WorkerLimits,
    CodecsOptions {
  /**
   * The most workers at once; an integer, at least 1. They are started as they are needed. Busy ones take of the threads that
   * the process shares, unless they may be more than those: see the guide, Thread allocation.
   *
   * @defaultValue as many as are listed, or as there are threads: `HEDDLE_MAX_THREADS`, else the cores of this process
   */
  readonly workers?: number;
  /**
   * Calls for whose arguments this gives the same key run at the same worker, in the order in which they were
   * handed over, as long as it lives and the pool has its size: for workers that keep something for each key, such
   * as a session or a part of a data set. Calls for which it gives `undefined` run anywhere.
   *
   * @defaultValue any worker runs any call
   */
  readonly affinity?: (...args: Args) => string | number | bigint | boolean | undefined;
  /**
   * Told what calls tell while they run, by `currentCall().report` and `.emit`. A map with an `onEvent` of its own
   * tells that instead. What it throws is an uncaught exception.
   *
   * @defaultValue nobody is told
   */
  readonly onEvent?: (event: CallEvent) => void;
  /** By which time limits are kept and retries wait. @defaultValue the clock of this machine */
  readonly clock?: Clock;
}

/** Options of `openPool`: those that all pools have, and those of the kind of worker. */
export type PoolOptions<Args extends readonly unknown[] = readonly unknown[]> = CommonPoolOptions<Args> &
  (ThreadPoolOptions | ProcessPoolOptions | InlinePoolOptions);

/** Calls run in worker threads. */
export interface ThreadPoolOptions extends ThreadOptions, SetupOptions {
  /** Where calls run. @defaultValue `'threads'` */
  readonly kind?: 'threads';
}

/** Calls run in child processes: for those that crash, or change what a process has one of. */
export interface ProcessPoolOptions extends ProcessOptions, SetupOptions {
  /** Where calls run. */
  readonly kind: 'processes';
}

/** Calls run in this thread, for tests and debuggers. There are no workers that could end, so limits of them mean nothing. */
export interface InlinePoolOptions {
  /** Where calls run. */
  readonly kind: 'inline';
}

/** Where the calls of a pool run. */
export type PoolKind = 'threads' | 'processes' | 'inline';

const commonNames = ['workers', 'kind', 'affinity', 'onEvent', 'clock', 'codecs', ...workerLimitNames];

const namesOf: Readonly<Record<PoolKind, readonly string[]>> = {
  threads: [...threadOptionNames, ...setupOptionNames],
  processes: [...processOptionNames, ...setupOptionNames],
  inline: [],
};

/** What pools of a kind may be told. */
export function poolOptionNames(kind: PoolKind): readonly string[] {
  return [...commonNames, ...namesOf[kind]];
}

/**
 * @throws {TypeError} If there is no such option.
 * @throws {RangeError} If an option makes no sense, naming it.
 */
export function checkPoolOptions(options: PoolOptions<never>): void {
  const { kind = 'threads', workers } = options;
  if (!Object.hasOwn(namesOf, kind)) {
    throw new RangeError(
      `Cannot open a pool as 'kind' must be 'threads', 'processes' or 'inline': received '${String(kind)}'`,
    );
  }
  refuseUnknownOptions(options, poolOptionNames(kind), `open a pool of kind '${kind}'`);
  if (workers !== undefined) checkWorkers(workers);
  checkOutput((options as { readonly output?: Output }).output, 'open a pool');
  checkWorkerLimits(options, 'open a pool');
  if (kind !== 'inline') checkCodecs(options.codecs, kind, 'open a pool');
  for (const name of ['affinity', 'onEvent'] as const) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`Cannot open a pool as '${name}' must be a function: received ${typeof value}`);
    }
  }
}

/** @throws {RangeError} If it is not a positive integer. */
export function checkWorkers(workers: number): void {
  if (!Number.isInteger(workers) || workers < 1) {
    throw new RangeError(
      `Cannot open a pool as 'workers' must be a positive integer: received ${String(workers)}`,
    );
  }
}
