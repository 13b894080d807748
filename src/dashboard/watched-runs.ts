/**
 * What a dashboard knows: all runs and pipelines whose events it has heard, within bounds.
 *
 * - **Memory:** the calls of runs that have ended are forgotten, oldest run first, as soon as there are too many.
 * - **Changes:** every change is stamped with a version, so that each who watches is told what is new to him, however long he
 *   was away. Nothing is kept for those who watch.
 */

import type { Event, RunStarted } from '../events/event.ts';
import { CallFold } from '../observe/calls/call-fold.ts';
import { type PipelineSnapshot, PipelineWatch } from '../observe/pipeline-watch.ts';
import { type RunSnapshot, RunWatch } from '../observe/snapshot.ts';
import type { TaskSnapshot } from '../observe/task-progress.ts';
import type { RunState, WatchedState } from '../observe/watched-state.ts';

interface Watched {
  readonly run: number;
  /** Missing for a pipeline. */
  readonly fold: CallFold | undefined;
  /** The version of the last change. */
  changed: number;
  hasEnded: boolean;
}

/** What is kept. */
export interface Bounds {
  /** Calls of all runs. */
  readonly mostCalls: number;
  readonly mostRuns: number;
}

/** Keeps what was heard. */
export class WatchedRuns {
  readonly #instance: string;
  readonly #command: string | undefined;
  readonly #bounds: Bounds;
  readonly #watch = new RunWatch();
  readonly #pipelines = new PipelineWatch();
  readonly #runs = new Map<number, Watched>();
  #last: Watched | undefined;
  #version = 1;
  #measuredAtMs = Number.NEGATIVE_INFINITY;

  constructor(instance: string, command: string | undefined, bounds: Bounds) {
    this.#instance = instance;
    this.#command = command;
    this.#bounds = bounds;
  }

  /** The version of what is told now. */
  get version(): number {
    return this.#version;
  }

  /** Takes in an event. */
  add(event: Event): void {
    if (event.kind === 'run-started') this.#begin(event);
    else if (event.kind === 'pipeline-started') this.#know({ run: event.run, fold: undefined });
    let watched = this.#last;
    if (watched?.run !== event.run) {
      watched = this.#runs.get(event.run);
      if (watched === undefined) return;
      this.#last = watched;
    }
    watched.changed = this.#version;
    if (event.kind === 'run-settled' || event.kind === 'pipeline-settled') watched.hasEnded = true;
    if ('stages' in event) {
      this.#pipelines.add(event);
      return;
    }
    this.#watch.add(event);
    watched.fold?.add(event);
  }

  /** The calls of a run. */
  foldOf(run: number): CallFold | undefined {
    return this.#runs.get(run)?.fold;
  }

  /** Whether anything has changed after a version. */
  hasNewsAfter(version: number): boolean {
    for (const { changed } of this.#runs.values()) if (changed > version) return true;
    return false;
  }

  /** What has changed after a version; all, after version 0. */
  stateAfter(version: number, nowMs: number): WatchedState {
    if (nowMs - this.#measuredAtMs >= leastMeasureMs) {
      this.#watch.measure(nowMs);
      this.#measuredAtMs = nowMs;
    }
    const runs: RunState[] = [];
    const pipelines: PipelineSnapshot[] = [];
    for (const { run, fold, changed } of this.#runs.values()) {
      if (changed <= version) continue;
      if (fold === undefined) {
        const pipeline = this.#pipelines.live(run);
        if (pipeline !== undefined) pipelines.push(pipeline);
      } else runs.push(this.#stateOf(run, fold));
    }
    return {
      instance: this.#instance,
      version: this.#version++,
      nowMs,
      command: this.#command,
      known: [...this.#runs.keys()],
      runs,
      pipelines: pipelines.map(plainPipeline),
    };
  }

  #stateOf(run: number, { columns }: CallFold): RunState {
    const snapshot = this.#watch.live(run) as RunSnapshot;
    const { executor, slots, startedAtMs, settledAtMs, is, failure, all, tasks } = snapshot;
    const hasEnded = settledAtMs !== undefined;
    return {
      run,
      executor,
      slots: Number.isFinite(slots) ? slots : undefined,
      startedAtMs,
      settledAtMs,
      is,
      failure,
      all: plainTask(all, hasEnded),
      tasks: tasks.map((task) => plainTask(task, hasEnded)),
      calls: columns.count,
      dropped: columns.dropped,
    };
  }

  #begin({ run, atMs }: RunStarted): void {
    let calls = 0;
    for (const { fold } of this.#runs.values()) calls += fold?.columns.count ?? 0;
    for (const { run: old, fold, hasEnded } of this.#runs.values()) {
      // Half is left for the run that begins: nobody knows how large it becomes.
      if (calls * 2 <= this.#bounds.mostCalls) break;
      if (!hasEnded) continue;
      calls -= fold?.columns.count ?? 0;
      this.#forget(old);
    }
    this.#know({ run, fold: new CallFold(atMs, Math.max(0, this.#bounds.mostCalls - calls)) });
  }

  #know({ run, fold }: Pick<Watched, 'run' | 'fold'>): void {
    for (const { run: old, hasEnded } of this.#runs.values()) {
      if (this.#runs.size < this.#bounds.mostRuns) break;
      if (hasEnded) this.#forget(old);
    }
    this.#runs.set(run, { run, fold, changed: this.#version, hasEnded: false });
  }

  #forget(run: number): void {
    this.#runs.delete(run);
    this.#watch.forget(run);
    this.#pipelines.forget(run);
    if (this.#last?.run === run) this.#last = undefined;
  }
}

/** Rates are measured no more often, however many ask. */
const leastMeasureMs = 90;

/** What a run has left when it ends was skipped, of which there are no events. */
function plainTask(progress: TaskSnapshot, hasEnded: boolean): TaskSnapshot {
  const { task, computed, retrieved, attached, failed, total, ranMs, longestMs, perSecond, timeLeftMs } =
    progress;
  const left = hasEnded ? progress.waiting + progress.running : 0;
  return {
    task,
    waiting: hasEnded ? 0 : progress.waiting,
    running: hasEnded ? 0 : progress.running,
    computed,
    retrieved,
    attached,
    failed,
    skipped: progress.skipped + left,
    total,
    settled: progress.settled + left,
    ranMs,
    longestMs,
    perSecond,
    timeLeftMs,
  };
}

function plainPipeline(pipeline: PipelineSnapshot): PipelineSnapshot {
  const { run, startedAtMs, settledAtMs, is, failure, inputs, stages, bottleneck } = pipeline;
  return { run, startedAtMs, settledAtMs, is, failure, inputs, stages, bottleneck };
}
