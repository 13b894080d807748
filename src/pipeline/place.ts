/**
 * The workers of a pipeline: those that stages without a state share, and one for each stage with a state and run.
 */

import { NotCloneableError } from '../codec/pack.ts';
import type { Executor } from '../executor/executor.ts';
import { Submitter } from '../executor/submitter.ts';
import { openPool } from '../parallel/open-pool.ts';
import type { PoolOptions, ThreadPoolOptions } from '../parallel/pool-options.ts';
import type { TaskPool } from '../parallel/task-pool.ts';
import type { WorkerPool } from '../parallel/worker-pool.ts';
import type { WorkerLimits } from '../pool/worker-limits.ts';
import { factoryOf, type StatefulWorker } from '../task/delayed-init.ts';
import { coreOfFunction, faceOf, type Task } from '../task/task.ts';
import type { TaskCore } from '../task/task-core.ts';
import { WorkerLostError } from '../worker/worker-lost-error.ts';
import { runSegment, type SegmentOutcome, SegmentRunner, type SegmentSpec } from './segment-runner.ts';

type RunnerPool = WorkerPool<[number, readonly unknown[], number?], SegmentOutcome>;

/** Where batches of one segment are run. */
export interface Place {
  readonly workers: number;
  submit(items: readonly unknown[]): Promise<SegmentOutcome>;
  /** Lets go of it: when all is done, or at once. */
  release(isEnd: boolean): Promise<void>;
}

/** Workers that all runs of a pipeline share. */
export class SharedPlaces {
  readonly #pool: RunnerPool | undefined;
  readonly #executor: Executor | undefined;
  readonly #specs: readonly SegmentSpec[];
  readonly #workers: number;

  constructor(
    specs: readonly SegmentSpec[],
    workers: number,
    options: PoolOptions,
    executor: Executor | undefined,
  ) {
    this.#specs = specs;
    this.#executor = executor;
    this.#workers = executor?.slots ?? workers;
    if (executor === undefined && specs.length > 0) this.#pool = openRunners(specs, workers, options);
  }

  /** That of one of the segments, for one run. The workers outlive it; calls under way are told when it is left. */
  placeOf(segment: number): Place {
    const executor = this.#executor;
    if (executor === undefined) {
      const pool = this.#pool as RunnerPool;
      const calls = (pool as unknown as TaskPool).group();
      return {
        workers: this.#workers,
        submit: apart(
          this.#specs[segment] as SegmentSpec,
          (items) => calls.submit(segment, items) as Promise<SegmentOutcome>,
        ),
        release: async (isEnd) => (isEnd ? undefined : calls.giveUp()),
      };
    }
    const task = segmentTask();
    const spec = this.#specs[segment] as SegmentSpec;
    const calls = new Submitter(executor);
    return {
      workers: this.#workers,
      submit: apart(spec, (items) => calls.submit(task, [spec, items]) as Promise<SegmentOutcome>),
      // What has not started never does, and what runs is told.
      release: async () => calls.close(),
    };
  }

  async dispose(): Promise<void> {
    await this.#pool?.dispose();
  }
}

/** Also one that a worker has told of, which is no object of the class here. */
function isNotCloneable(error: unknown): error is NotCloneableError {
  return error instanceof Error && (error as Partial<NotCloneableError>).code === 'HEDDLE_NOT_CLONEABLE';
}

/** Has a batch run in which something cannot be sent item by item: those before it have outcomes, and it is known which it is. */
function apart({ window }: SegmentSpec, submit: Place['submit']): Place['submit'] {
  return async (items) => {
    try {
      return await submit(items);
    } catch (error) {
      if (!isNotCloneable(error) || window > 0) throw error;
    }
    const values: unknown[] = [];
    let counts: number[] | undefined;
    for (const [at, item] of items.entries()) {
      let outcome: SegmentOutcome;
      try {
        outcome = await submit([item]);
      } catch (error) {
        if (!isNotCloneable(error)) throw error;
        // It is a stage that users know of.
        const text = error.message.replace(/task '(?:SegmentRunner|runSegment)'/, 'a stage');
        const told = new NotCloneableError(error.path, text, { cause: error });
        return {
          values,
          ...(counts === undefined ? {} : { counts }),
          failure: { stage: 0, at, error: told },
        };
      }
      values.push(...outcome.values);
      const own = outcome.counts;
      if (own !== undefined) counts = own.map((count, stage) => (counts?.[stage] ?? at) + count);
      else counts = counts?.map((count) => count + 1);
      if (outcome.failure !== undefined) {
        const { stage, error } = outcome.failure;
        return { values, counts: counts ?? [], failure: { stage, at: counts?.[stage] ?? at, error } };
      }
    }
    return { values, ...(counts === undefined ? {} : { counts }) };
  };
}

/**
 * A worker for one segment and one run. With it goes the state: so it is not ended for being idle, old or large, and one that
 * is lost is not replaced, but a failure.
 */
export function openOwnPlace(spec: SegmentSpec, options: PoolOptions): Place {
  const {
    idleTimeoutMs: _,
    maxCallsPerWorker: __,
    maxMemoryBytes: ___,
    ...own
  } = options as ThreadPoolOptions & WorkerLimits;
  const pool = openRunners([spec], 1, own);
  let batches = 0;
  return {
    workers: 1,
    submit: async (items) => {
      const outcome = await pool.submit(0, items, batches++);
      if (outcome.isStateLost !== true) return outcome;
      throw new WorkerLostError(
        'The worker of a stage with a state was lost, and the state with it',
        undefined,
      );
    },
    release: (isEnd) => (isEnd ? pool.stop() : pool.dispose()),
  };
}

function openRunners(specs: readonly SegmentSpec[], workers: number, options: PoolOptions): RunnerPool {
  type Runner = StatefulWorker<[number, readonly unknown[], number?], SegmentOutcome>;
  const runnerOf = factoryOf(coreIn('SegmentRunner')) as (specs: readonly SegmentSpec[]) => Runner;
  return openPool(runnerOf(specs), { ...options, workers });
}

function segmentTask(): Task<[SegmentSpec, readonly unknown[]], SegmentOutcome> {
  return faceOf(coreIn('runSegment')) as never;
}

/** What `src/stages.ts` defines, without loading it here. */
function coreIn(name: 'SegmentRunner' | 'runSegment'): TaskCore {
  // It has the extension of this very file, which is TypeScript in `src/pipeline/`, and JavaScript in `dist/chunks/`.
  const url = new URL(`../stages${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).href;
  const isClass = name === 'SegmentRunner';
  const fn = isClass ? SegmentRunner.prototype.call : runSegment;
  const core = coreOfFunction(fn as TaskCore['fn'], { name }, undefined);
  return { ...core, module: { url, name }, stateful: isClass ? (SegmentRunner as never) : undefined };
}
