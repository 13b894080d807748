/**
 * Folds the events of pipelines into what is so now: how fast each stage is, what waits before it, and what all wait for.
 *
 * **Cost**: O(stages) an event, of which there are ten a second; memory for the runs that go on, and those not forgotten.
 */

import type { Event } from '../events/event.ts';
import type { FailureFact } from '../events/failure-fact.ts';
import type {
  PipelineEvent,
  PipelineSettled,
  PipelineStarted,
  StageFact,
  StageSums,
} from '../events/pipeline-event.ts';
import { type Bottleneck, bottleneckOf } from './bottleneck.ts';
import { ExponentialRate } from './rate.ts';

/** What is so at one stage. */
export interface StageSnapshot extends StageFact, StageSums {
  /** Items, or windows of items, that it takes a second: lately, or, after the end, on the whole. */
  readonly perSecond: number;
  /** The share of the time in which it ran, of all its workers; from 0 to 1. */
  readonly busy: number;
}

/** What is so in one run of a pipeline. */
export interface PipelineSnapshot {
  readonly run: number;
  readonly startedAtMs: number;
  /** `undefined` while it goes on. */
  readonly settledAtMs: number | undefined;
  /** How it ended; `'running'` before. */
  readonly is: 'running' | PipelineSettled['is'];
  readonly failure: FailureFact | undefined;
  /** How many inputs were taken. */
  readonly inputs: number;
  readonly stages: readonly StageSnapshot[];
  /** What all else waits for: lately, or, after the end, on the whole. `undefined` if nothing stands out. */
  readonly bottleneck: Bottleneck | undefined;
}

/**
 * Keeps up with the events of pipelines, and gives a snapshot whenever asked.
 *
 * @example
 * ```ts
 * import { openPipeline, PipelineWatch, stage } from 'heddle';
 * const watch = new PipelineWatch();
 * const double = stage((x: number) => 2 * x, { inMaster: true });
 * const pipeline = openPipeline([double], { sinks: { emit: (event) => watch.add(event) } });
 * await pipeline.apply([1, 2, 3]).toArray();
 * assert.equal(watch.snapshot()[0]?.stages[0]?.taken, 3);
 * await pipeline.dispose();
 * ```
 */
export class PipelineWatch {
  readonly #runs = new Map<number, PipelineProgress>();

  /** Takes in one event. Those of graphs, and of runs whose start was not seen, are left out. */
  add(event: Event): void {
    if (event.kind === 'pipeline-started') this.#runs.set(event.run, new PipelineProgress(event));
    else this.#runs.get(event.run)?.add(event as PipelineEvent);
  }

  /** A run as it is; what it gives changes with the events to come. */
  live(run: number): PipelineSnapshot | undefined {
    return this.#runs.get(run);
  }

  /** A copy of everything, plain data that no longer changes, in the order in which the runs started. */
  snapshot(): readonly PipelineSnapshot[] {
    return Array.from(this.#runs.values(), (run) => run.copy());
  }

  /** Drops a run, so that a long-lived watch does not grow. */
  forget(run: number): void {
    this.#runs.delete(run);
  }
}

/** One run, kept up to date. */
class PipelineProgress implements PipelineSnapshot {
  readonly run: number;
  readonly startedAtMs: number;
  settledAtMs: number | undefined;
  is: PipelineSnapshot['is'] = 'running';
  failure: FailureFact | undefined;
  inputs = 0;
  stages: readonly StageSnapshot[];
  bottleneck: Bottleneck | undefined;
  readonly #facts: readonly StageFact[];
  readonly #taken: readonly ExponentialRate[];
  /** Of milliseconds. */
  readonly #busy: readonly ExponentialRate[];
  readonly #inputs = new ExponentialRate();
  readonly #results = new ExponentialRate();

  constructor({ run, atMs, stages }: PipelineStarted) {
    this.run = run;
    this.startedAtMs = atMs;
    this.#facts = stages;
    this.#taken = stages.map(() => new ExponentialRate());
    this.#busy = stages.map(() => new ExponentialRate());
    for (const rate of [...this.#taken, ...this.#busy, this.#inputs, this.#results]) rate.start(atMs);
    const none = { taken: 0, given: 0, waiting: 0, busyMs: 0, perSecond: 0, busy: 0 };
    this.stages = stages.map((stage) => ({ ...stage, ...none }));
  }

  add(event: PipelineEvent): void {
    if (event.kind === 'pipeline-started' || this.settledAtMs !== undefined) return;
    const { atMs, inputs, inputsMs, resultsMs, stages } = event;
    this.inputs = inputs;
    let per: (lately: ExponentialRate, sum: number) => number;
    if (event.kind === 'pipeline-settled') {
      this.settledAtMs = atMs;
      this.is = event.is;
      this.failure = event.failure;
      const seconds = Math.max(event.durationMs, 1e-3) / 1000;
      per = (_, sum) => sum / seconds;
    } else {
      per = (lately, sum) => {
        lately.measure(sum, atMs);
        return lately.perSecond;
      };
    }
    const shares = {
      inputs: per(this.#inputs, inputsMs) / 1000,
      results: per(this.#results, resultsMs) / 1000,
      stages: stages.map(({ busyMs }, at) => per(this.#busy[at] as ExponentialRate, busyMs) / 1000),
    };
    this.stages = this.#facts.map((fact, at) => {
      const sums = stages[at] as StageSums;
      return {
        ...fact,
        ...sums,
        perSecond: per(this.#taken[at] as ExponentialRate, sums.taken),
        busy: Math.min(1, (shares.stages[at] as number) / fact.workers),
      };
    });
    this.bottleneck = bottleneckOf(this.#facts, shares);
  }

  copy(): PipelineSnapshot {
    const { run, startedAtMs, settledAtMs, is, failure, inputs, stages, bottleneck } = this;
    return { run, startedAtMs, settledAtMs, is, failure, inputs, stages, bottleneck };
  }
}
