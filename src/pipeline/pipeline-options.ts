/**
 * What a pipeline and a run of it may be told.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import type { Sink } from '../events/event.ts';
import type { Executor } from '../executor/executor.ts';
import {
  checkPoolOptions,
  type PoolOptions,
  type ProcessPoolOptions,
  poolOptionNames,
  type ThreadPoolOptions,
} from '../parallel/pool-options.ts';
import type { WorkerLimits } from '../pool/worker-limits.ts';
import { checkSinks, listOfSinks } from '../run/listeners.ts';
import type { CodecsOptions } from '../worker/codecs-option.ts';

/** Options that do not depend on the kind of workers. */
export interface CommonPipelineOptions extends WorkerLimits, CodecsOptions {
  /**
   * How many workers there may be, with those of stages that have one to themselves; an integer, at least 1. Stages
   * without a state share what those leave, at least one.
   *
   * @defaultValue as many as this process may use cores, but one for this thread
   */
  readonly cpus?: number;
  /**
   * Runs the stages without a state. The pipeline does not dispose of it.
   *
   * @defaultValue workers of the pipeline's own
   */
  readonly executor?: Executor;
  /**
   * Whether all stages run in this thread, one item after the other, for debuggers. Results are the same.
   *
   * @defaultValue `false`
   */
  readonly sequential?: boolean;
  /**
   * Receives the events of all runs: a sink, or several. Without one, nothing is measured.
   *
   * @defaultValue none
   */
  readonly sinks?: Sink | readonly Sink[];
}

/** Options of `openPipeline`: those that all pipelines have, and those of the kind of worker. */
export type PipelineOptions = CommonPipelineOptions & (ThreadPoolOptions | ProcessPoolOptions);

/** Options of one run of a pipeline. */
export interface ApplyOptions {
  /** Ends the run, which then throws the signal's reason. @defaultValue it runs to its end */
  readonly signal?: AbortSignal;
}

/** A pipeline's options, read. */
export interface ReadOptions {
  readonly cpus: number | undefined;
  readonly executor: Executor | undefined;
  readonly isSequential: boolean;
  readonly sinks: readonly Sink[];
  readonly kind: 'threads' | 'processes';
  /** For its pools, which check them. */
  readonly pool: PoolOptions;
}

/** What a pool may be told, and a pipeline may not. */
const notOfPipelines: readonly string[] = ['workers', 'affinity', 'onEvent', 'clock'];

/** @throws {TypeError | RangeError} If an option makes no sense, naming it. */
export function readPipelineOptions(options: PipelineOptions): ReadOptions {
  if (typeof options !== 'object' || options === null) refuseUnknownOptions(options, [], 'open a pipeline');
  const { cpus, executor, sequential = false, sinks = [], ...pool } = options;
  const kind: unknown = pool.kind ?? 'threads';
  if (kind !== 'threads' && kind !== 'processes') {
    throw new RangeError(
      `Cannot open a pipeline as 'kind' must be 'threads' or 'processes': received ${inspectShort(kind)}\n` +
        '  to run all stages in this thread, give sequential: true',
    );
  }
  if (cpus !== undefined && (!Number.isInteger(cpus) || cpus < 1)) {
    throw new RangeError(
      `Cannot open a pipeline as 'cpus' must be a positive integer: received ${inspectShort(cpus)}`,
    );
  }
  if (typeof sequential !== 'boolean') {
    throw new TypeError(
      `Cannot open a pipeline as 'sequential' must be true or false: received ${inspectShort(sequential)}`,
    );
  }
  if (executor !== undefined && typeof (executor as Partial<Executor> | null)?.submit !== 'function') {
    throw new TypeError(
      `Cannot open a pipeline as 'executor' must be an executor: received ${inspectShort(executor)}`,
    );
  }
  const own = poolOptionNames(kind).filter((name) => !notOfPipelines.includes(name));
  checkSinks(sinks, 'open a pipeline');
  for (const name of notOfPipelines) {
    if (!Object.hasOwn(pool, name)) continue;
    const mend = name === 'workers' ? "\n  'cpus' says how many there may be" : '';
    throw new TypeError(`Cannot open a pipeline as there is no option '${name}'${mend}`);
  }
  refuseUnknownOptions(options, ['cpus', 'executor', 'sequential', 'sinks', ...own], 'open a pipeline');
  checkPoolOptions(pool);
  return { cpus, executor, isSequential: sequential, sinks: listOfSinks(sinks), kind, pool };
}
