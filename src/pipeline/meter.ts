/**
 * Measures one run of a pipeline, and tells those who listen. Made only when somebody does.
 *
 * - **Cost:** a look at the clock for each batch and stage; in this thread, for each item and stage.
 * - **How often:** ten times a second at most, and at the end; a run that leaves timers no time is told of as results are
 *   taken.
 */

import type { Clock } from '../base/clock.ts';
import type { PipelineSettled, StageFact, StageSums } from '../events/pipeline-event.ts';
import type { Listeners } from '../run/listeners.ts';
import type { StageCount } from './flow.ts';

/** Between two events (arbitrary: a display is redrawn about as often). */
const periodMs = 100;

export interface MeterParts {
  /** Unique among the runs of this process. */
  readonly run: number;
  readonly clock: Clock;
  readonly listeners: Listeners;
  readonly stages: readonly StageFact[];
  /** By stage: how many items more than its windows it has to be given; 0 if it takes single ones. */
  readonly overlaps: readonly number[];
  readonly counts: readonly StageCount[];
}

export class Meter {
  readonly #parts: MeterParts;
  readonly #busyMs: number[];
  #inputs = 0;
  #inputsMs = 0;
  #resultsMs = 0;
  #startedAtMs = 0;
  #toldMs = 0;
  /** Since when results are there, or none is asked for; `undefined` while one is waited for. */
  #answeredMs: number | undefined;
  #timer: Disposable | undefined;

  constructor(parts: MeterParts) {
    this.#parts = parts;
    this.#busyMs = parts.counts.map(() => 0);
  }

  nowMs(): number {
    return this.#parts.clock.nowMs();
  }

  begin(): void {
    const { clock, listeners, run, stages } = this.#parts;
    this.#startedAtMs = clock.epochMs();
    this.#toldMs = clock.nowMs();
    this.#timer = clock.every(periodMs, () => this.#tell(), { ref: false });
    listeners.tell({ kind: 'pipeline-started', run, atMs: this.#startedAtMs, stages });
  }

  /** Inputs have come, after so long. */
  tookInputs(count: number, durationMs: number): void {
    this.#inputs += count;
    this.#inputsMs += durationMs;
  }

  /** A stage has run for so long. */
  wasBusy(stage: number, durationMs: number): void {
    this.#busyMs[stage] = (this.#busyMs[stage] as number) + durationMs;
  }

  /** The next results are asked for. */
  asked(): void {
    if (this.#answeredMs === undefined) return;
    const nowMs = this.#parts.clock.nowMs();
    this.#resultsMs += nowMs - this.#answeredMs;
    this.#answeredMs = undefined;
    if (nowMs - this.#toldMs >= periodMs) this.#tell();
  }

  /** Those that were asked for are there. */
  answered(): void {
    this.#answeredMs = this.#parts.clock.nowMs();
  }

  /** @param why - in a line, unless it was a success */
  end(is: PipelineSettled['is'], why?: string): void {
    const { clock, listeners, run } = this.#parts;
    this.#timer?.[Symbol.dispose]();
    const atMs = clock.epochMs();
    listeners.tell({
      kind: 'pipeline-settled',
      run,
      atMs,
      is,
      durationMs: atMs - this.#startedAtMs,
      ...this.#sums(),
      failure: why === undefined ? undefined : { reason: is, summary: why },
    });
  }

  #tell(): void {
    const { clock, listeners, run } = this.#parts;
    this.#toldMs = clock.nowMs();
    listeners.tell({ kind: 'pipeline-progressed', run, atMs: clock.epochMs(), ...this.#sums() });
  }

  #sums(): {
    readonly inputs: number;
    readonly inputsMs: number;
    readonly resultsMs: number;
    readonly stages: readonly StageSums[];
  } {
    const { clock, counts, overlaps } = this.#parts;
    const restMs = this.#answeredMs === undefined ? 0 : clock.nowMs() - this.#answeredMs;
    let before = this.#inputs;
    const stages = counts.map(({ taken, given }, stage) => {
      const waiting = Math.max(0, before - (taken === 0 ? 0 : (overlaps[stage] as number)) - taken);
      before = given;
      return { taken, given, waiting, busyMs: this.#busyMs[stage] as number };
    });
    return { inputs: this.#inputs, inputsMs: this.#inputsMs, resultsMs: this.#resultsMs + restMs, stages };
  }
}
