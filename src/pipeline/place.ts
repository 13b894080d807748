/**
 * The workers of a pipeline: those that stages without a state share, and one for each stage with a state and run.
 */

import type { Executor } from '../executor/executor.ts';
import { openPool } from '../parallel/open-pool.ts';
import type { PoolOptions } from '../parallel/pool-options.ts';
import type { TaskPool } from '../parallel/task-pool.ts';
import type { WorkerPool } from '../parallel/worker-pool.ts';
import { factoryOf, type StatefulWorker } from '../task/delayed-init.ts';
import { coreOfFunction, faceOf, type Task } from '../task/task.ts';
import type { TaskCore } from '../task/task-core.ts';
import { runSegment, type SegmentOutcome, SegmentRunner, type SegmentSpec } from './segment-runner.ts';

type RunnerPool = WorkerPool<[number, readonly unknown[]], SegmentOutcome>;

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
        submit: (items) => calls.submit(segment, items) as Promise<SegmentOutcome>,
        release: async (isEnd) => (isEnd ? undefined : calls.giveUp()),
      };
    }
    const task = segmentTask();
    const spec = this.#specs[segment] as SegmentSpec;
    return {
      workers: this.#workers,
      submit: (items) => executor.submit(task, spec, items),
      release: async () => undefined,
    };
  }

  async dispose(): Promise<void> {
    await this.#pool?.dispose();
  }
}

/** A worker for one segment and one run. */
export function openOwnPlace(spec: SegmentSpec, options: PoolOptions): Place {
  const pool = openRunners([spec], 1, options);
  return {
    workers: 1,
    submit: (items) => pool.submit(0, items),
    release: (isEnd) => (isEnd ? pool.stop() : pool.dispose()),
  };
}

function openRunners(specs: readonly SegmentSpec[], workers: number, options: PoolOptions): RunnerPool {
  type Runner = StatefulWorker<[number, readonly unknown[]], SegmentOutcome>;
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
