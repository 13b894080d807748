/**
 * Pipelines for users: stages, each as parallel as it says, through which items pass in order.
 */

import { systemClock } from '../base/clock.ts';
import { ClosedError } from '../base/errors.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { randomSerial } from '../base/random.ts';
import { Listeners } from '../run/listeners.ts';
import { isPullable } from '../streams/open-source.ts';
import { defaultWorkers } from '../worker/default-workers.ts';
import { refuseWhileImporting } from '../worker/importing.ts';
import type { Flow, StageCount } from './flow.ts';
import { HereFlow } from './here-flow.ts';
import { Meter } from './meter.ts';
import {
  type ApplyOptions,
  type PipelineOptions,
  type ReadOptions,
  readPipelineOptions,
} from './pipeline-options.ts';
import { type PipelineResults, PipelineRun } from './pipeline-results.ts';
import { openOwnPlace, SharedPlaces } from './place.ts';
import { type PipelinePlan, planOf } from './plan.ts';
import {
  type AnyStage,
  refuseUnsendable,
  type Segment,
  segmentsOf,
  sharedWorkers,
  specOf,
} from './segments.ts';
import { type Inputs, SourceFlow } from './source-flow.ts';
import type { Stage } from './stage.ts';
import { WorkerFlow } from './worker-flow.ts';

/** Stages of which each takes what the one before gives; where one does not, the stage that would fit stands there. */
export type Chained<Stages extends readonly AnyStage[]> = Stages extends readonly [
  infer First extends AnyStage,
  ...infer Rest extends readonly AnyStage[],
]
  ? readonly [First, ...Following<Rest, Given<First, TakenBy<First>>>]
  : Stages;

type Following<Stages extends readonly AnyStage[], Item> = Stages extends readonly [
  infer First extends AnyStage,
  ...infer Rest extends readonly AnyStage[],
]
  ? [Item] extends [TakenBy<First>]
    ? readonly [First, ...Following<Rest, Given<First, Item>>]
    : readonly [Stage<Item, unknown>, ...Rest]
  : Stages;

/** What a stage gives if it takes items of some type. */
type Given<S, Item> = S extends { readonly reshapes: infer How }
  ? How extends 'batch'
    ? readonly Item[]
    : How extends 'unbatch'
      ? Item extends Iterable<infer Inner>
        ? Inner
        : never
      : Item
  : GivenBy<S>;

type TakenBy<S> = S extends Stage<infer Input, unknown> ? Input : never;
type GivenBy<S> = S extends Stage<never, infer Output> ? Output : never;

/** What the first of the stages takes. */
export type PipelineInput<Stages extends readonly AnyStage[]> = TakenBy<Stages[0]>;

/** What the last of the stages gives. */
export type PipelineOutput<
  Stages extends readonly AnyStage[],
  Item = PipelineInput<Stages>,
> = Stages extends readonly [infer First, ...infer Rest extends readonly AnyStage[]]
  ? PipelineOutput<Rest, Given<First, Item>>
  : Stages extends readonly []
    ? Item
    : GivenBy<Stages[number]>;

/** Stages with their workers. */
export interface Pipeline<in Input, out Output> extends AsyncDisposable {
  /**
   * Sends items through the stages, as results are asked for. Several runs may go on at once: each has its own state.
   *
   * @param inputs - anything that can be iterated, also asynchronously, also without an end
   * @throws {TypeError} At once, if the inputs cannot be iterated. The results throw a `StageFailedError` in the place of
   *   the first item for which a stage fails, with what it threw as the cause; what the inputs throw; the signal's reason.
   * @throws {ClosedError} If the pipeline is disposed of.
   */
  apply(inputs: Iterable<Input> | AsyncIterable<Input>, options?: ApplyOptions): PipelineResults<Output>;
  /** Tells where each stage runs, and on how many workers. */
  plan(): PipelinePlan;
  /** Ends all runs, with a `ClosedError`, and the workers. */
  dispose(): Promise<void>;
}

/**
 * Opens a pipeline: a list of stages, each of which takes what the one before gives.
 *
 * - **Order:** every item, once, in order: results are those of the stages one after the other in one thread, item for
 *   item, whatever the workers and the sizes of batches.
 * - **Bound:** items are taken as results are asked for; no stage has more than its window ahead.
 * - **Where:** stages without a state share workers, and neighbours among them run together, so that items cross to a
 *   worker once. A stage with a state has a worker of its own for each run. `plan()` tells.
 * - **At rest:** an idle pipeline does not keep the process alive.
 *
 * @throws {RangeError} If an option makes no sense, naming it.
 * @throws {TypeError} If there are no stages, or workers cannot find one: it is not in a block `tasks(import.meta, { … })`.
 *
 * @example
 * ```ts
 * import { delayedInit, openPipeline, stage, tasks } from 'heddle';
 * const { square, Sum } = tasks(import.meta, {
 *   square: (x: number) => x * x,
 *   Sum: delayedInit(
 *     class {
 *       #sum = 0;
 *       call(x: number): number {
 *         return (this.#sum += x);
 *       }
 *     },
 *   ),
 * });
 * if (import.meta.main) {
 *   const pipeline = openPipeline([stage(square), stage(Sum(), { stateful: true })], { cpus: 2 });
 *   assert.deepEqual(await pipeline.apply([1, 2, 3]).toArray(), [1, 5, 14]);
 *   await pipeline.dispose();
 * }
 * ```
 */
export function openPipeline<const Stages extends readonly [AnyStage, ...AnyStage[]]>(
  stages: Stages & Chained<Stages>,
  options: PipelineOptions = {},
): Pipeline<PipelineInput<Stages>, PipelineOutput<Stages>> {
  refuseWhileImporting('open a pipeline');
  const read = readPipelineOptions(options);
  checkStages(stages);
  return new OpenedPipeline(stages, read) as unknown as Pipeline<
    PipelineInput<Stages>,
    PipelineOutput<Stages>
  >;
}

class OpenedPipeline implements Pipeline<unknown, unknown> {
  readonly #stages: readonly AnyStage[];
  readonly #segments: readonly Segment[];
  /** Those that share workers; their places are told apart by the position here. */
  readonly #sharing: readonly Segment[];
  readonly #options: ReadOptions;
  readonly #shared: SharedPlaces;
  readonly #plan: PipelinePlan;
  readonly #runs = new Set<PipelineRun>();
  /** What is still being let go of. */
  readonly #releasing = new Set<Promise<void>>();
  #isClosed = false;

  constructor(stages: readonly AnyStage[], options: ReadOptions) {
    const { cpus, executor, isSequential, kind, pool, sinks } = options;
    this.#stages = stages;
    this.#options = options;
    this.#segments = segmentsOf(stages, isSequential);
    this.#sharing = this.#segments.filter(({ place }) => place === 'workers');
    const own = this.#segments.filter(({ place }) => place === 'own-worker').length;
    for (const segment of this.#segments) if (segment.place !== 'here') refuseUnsendable(segment, kind);
    if (executor !== undefined) refuseStates(this.#sharing);
    const workers = executor?.slots ?? sharedWorkers(cpus, defaultWorkers(), own);
    this.#shared = new SharedPlaces(
      this.#sharing.map((segment) => specOf(segment, sinks.length > 0)),
      workers,
      pool,
      executor,
    );
    this.#plan = planOf(this.#segments, workers, executor?.name);
  }

  apply(inputs: Inputs<unknown>, options: ApplyOptions = {}): PipelineResults<unknown> {
    refuseUnknownOptions(options, ['signal'], 'apply a pipeline');
    if (!isPullable(inputs)) {
      throw new TypeError(
        `Cannot apply a pipeline as the inputs must be iterable: received ${inspectShort(inputs)}`,
      );
    }
    if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
      throw new TypeError(
        `Cannot apply a pipeline as 'signal' must be an AbortSignal: received ${inspectShort(options.signal)}`,
      );
    }
    if (this.#isClosed) throw closedError();
    const counts = this.#stages.map(() => ({ taken: 0, given: 0 }));
    const meter = this.#meterOf(counts);
    const run: PipelineRun = new PipelineRun({
      names: this.#stages.map(({ name }) => name),
      counts,
      signal: options.signal,
      meter,
      open: () => {
        if (this.#isClosed) throw closedError();
        this.#runs.add(run);
        return this.#flowFrom(inputs, counts, meter);
      },
      closed: () => this.#runs.delete(run),
    });
    return run;
  }

  plan(): PipelinePlan {
    return this.#plan;
  }

  async dispose(): Promise<void> {
    this.#isClosed = true;
    // Inputs that wait for ever are told to end, and not waited for; nor does it matter what they throw.
    for (const run of this.#runs) run.end(closedError()).catch(() => undefined);
    await Promise.all([this.#shared.dispose(), ...this.#releasing]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** If somebody listens. */
  #meterOf(counts: readonly StageCount[]): Meter | undefined {
    const { sinks } = this.#options;
    if (sinks.length === 0) return undefined;
    return new Meter({
      run: randomSerial(),
      clock: systemClock,
      listeners: new Listeners(sinks),
      stages: this.#plan.stages.map(({ name, where, workers }) => ({ name, where, workers: workers || 1 })),
      overlaps: this.#stages.map(({ options: { stateful } }) =>
        typeof stateful === 'number' ? stateful - 1 : 0,
      ),
      counts,
    });
  }

  #flowFrom(inputs: Inputs<unknown>, counts: readonly StageCount[], meter: Meter | undefined): Flow {
    const { pool, sinks } = this.#options;
    let flow: Flow = new SourceFlow(inputs, meter);
    // Of inputs, and of what runs here, nothing is taken that is not needed.
    let most = 1;
    for (const segment of this.#segments) {
      const source = flow;
      if (segment.place === 'here') {
        flow = new HereFlow({
          segment,
          source,
          most,
          counts,
          meter,
          release: (disposing) => this.#noteReleasing(disposing),
        });
        most = 1;
        continue;
      }
      const place =
        segment.place === 'own-worker'
          ? openOwnPlace(specOf(segment, sinks.length > 0), pool)
          : this.#shared.placeOf(this.#sharing.indexOf(segment));
      flow = new WorkerFlow({
        segment,
        source,
        counts,
        clock: systemClock,
        meter,
        workers: place.workers,
        submit: place.submit,
        release: (isEnd) => this.#noteReleasing(place.release(isEnd)),
      });
      most = Number.POSITIVE_INFINITY;
    }
    return flow;
  }

  async #noteReleasing(releasing: Promise<void>): Promise<void> {
    this.#releasing.add(releasing);
    try {
      await releasing;
    } finally {
      this.#releasing.delete(releasing);
    }
  }
}

function closedError(): ClosedError {
  return new ClosedError('Cannot go on with a pipeline as it was disposed of');
}

function checkStages(stages: readonly unknown[]): void {
  if (!Array.isArray(stages) || stages.length === 0) {
    throw new TypeError(
      `Cannot open a pipeline as it must be given stages, in a list: received ${inspectShort(stages)}`,
    );
  }
  for (const stage of stages as readonly (Partial<AnyStage> | null | undefined)[]) {
    if (stage?.parts !== undefined) continue;
    throw new TypeError(
      `Cannot open a pipeline as its stages must be made with stage(…): received ${inspectShort(stage)}`,
    );
  }
}

/** An executor has calls only: nothing stays on its workers between them. */
function refuseStates(segments: readonly Segment[]): void {
  for (const { stages } of segments) {
    const found = stages.find(({ parts }) => parts.args !== undefined);
    if (found === undefined) continue;
    throw new TypeError(
      `Cannot run stage '${found.name}' on an executor as its workers keep an object: received stateful: ${String(found.options.stateful)}\n` +
        '  give it stateful: true, or the pipeline workers of its own',
    );
  }
}
