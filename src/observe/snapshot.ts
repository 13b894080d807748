/**
 * Folds the events of one or several runs into what is so now: a snapshot.
 *
 * **Cost**: O(1) an event, some tenths of a microsecond, and memory for the calls that run at the moment,
 * the tasks, and a bounded number of recent calls and failures; never a list of all calls.
 * Calls of heddle's own tasks are left out, save their failures.
 */

import type { CallSettled, CallStarted, Event, RunEvent, RunSettled, RunStarted } from '../events/event.ts';
import type { FailureFact } from '../events/failure-fact.ts';
import type { PipelineEvent } from '../events/pipeline-event.ts';
import { TaskProgress, type TaskSnapshot } from './task-progress.ts';

/** What is so in one run. */
export interface RunSnapshot {
  readonly run: number;
  readonly executor: string;
  readonly slots: number;
  readonly startedAtMs: number;
  /** `undefined` while the run goes on. */
  readonly settledAtMs: number | undefined;
  /** How the run ended; `'running'` before. */
  readonly is: 'running' | RunSettled['is'];
  readonly failure: FailureFact | undefined;
  /** All tasks together. Its name is empty. */
  readonly all: TaskSnapshot;
  /** One for each task, in the order of first appearance. */
  readonly tasks: readonly TaskSnapshot[];
  /** How many calls with a display text have been seen. */
  readonly shownCalls: number;
  /** The calls that run now, oldest first. */
  readonly running: readonly CallStarted[];
  /** The calls with a display text that settled last, oldest first; at most 50. */
  readonly recent: readonly CallSettled[];
  /** The first failures, at most 50; `all.failed` counts them all. */
  readonly failures: readonly CallSettled[];
}

/** What is so in several runs, in the order in which they started. */
export interface Snapshot {
  readonly runs: readonly RunSnapshot[];
}

/** How many recent calls and failures are kept (arbitrary: more than a screen shows). */
const KEPT_CALLS = 50;

/**
 * Keeps up with the events of runs, and gives a snapshot whenever asked.
 *
 * @example
 * ```ts
 * import { run, RunWatch, task } from 'heddle';
 * const watch = new RunWatch();
 * const double = task((x: number) => 2 * x);
 * await run(double(double(1)), { sinks: { emit: (event) => watch.add(event) } });
 * assert.equal(watch.snapshot().runs[0]?.all.computed, 2);
 * ```
 */
export class RunWatch {
  readonly #runs = new Map<number, RunProgress>();
  /** The run of the last event: most events in a row are of one run. */
  #last: RunProgress | undefined;

  /** Takes in one event. Events of pipelines, and of runs whose start was not seen, are left out. */
  add(event: Event): void {
    if (isOfPipeline(event)) return;
    if (event.kind === 'run-started') {
      this.#last = new RunProgress(event);
      this.#runs.set(event.run, this.#last);
      return;
    }
    if (this.#last?.run !== event.run) {
      const found = this.#runs.get(event.run);
      if (found === undefined) return;
      this.#last = found;
    }
    this.#last.add(event);
  }

  /** Brings rates and times left up to date. To be called at most a few times a second. */
  measure(atMs: number): void {
    for (const run of this.#runs.values()) run.measure(atMs);
  }

  /** A run as it is; what it gives changes with the events to come. */
  live(run: number): RunSnapshot | undefined {
    return this.#runs.get(run);
  }

  /** A copy of everything, plain data that no longer changes. */
  snapshot(): Snapshot {
    return { runs: Array.from(this.#runs.values(), (run) => run.copy()) };
  }

  /** Drops a run, so that a long-lived watch does not grow. */
  forget(run: number): void {
    this.#runs.delete(run);
    if (this.#last?.run === run) this.#last = undefined;
  }
}

/** One run, kept up to date. */
class RunProgress implements RunSnapshot {
  readonly run: number;
  readonly executor: string;
  readonly slots: number;
  readonly startedAtMs: number;
  settledAtMs: number | undefined;
  is: RunSnapshot['is'] = 'running';
  failure: FailureFact | undefined;
  readonly all = new TaskProgress('');
  shownCalls = 0;
  readonly recent: CallSettled[] = [];
  readonly failures: CallSettled[] = [];
  readonly #tasks = new Map<string, TaskProgress>();
  /** Invariant: holds a call from each start until its retrying or settling. */
  readonly #running = new Map<number, CallStarted>();
  /** Calls with a text that wait for another attempt: they are not counted as shown twice. */
  readonly #shownBefore = new Set<number>();

  constructor({ run, executor, slots, atMs }: RunStarted) {
    this.run = run;
    this.executor = executor;
    this.slots = slots;
    this.startedAtMs = atMs;
  }

  get tasks(): readonly TaskProgress[] {
    return [...this.#tasks.values()];
  }

  get running(): readonly CallStarted[] {
    return [...this.#running.values()];
  }

  add(event: Exclude<RunEvent, RunStarted>): void {
    switch (event.kind) {
      case 'calls-added':
        if (event.builtin) return;
        this.#task(event.task).add(event.count);
        this.all.add(event.count);
        return;
      case 'call-started':
        if (event.builtin) return;
        this.#running.set(event.call, event);
        this.#task(event.task).start(event.atMs);
        this.all.start(event.atMs);
        if (event.text !== undefined && !this.#shownBefore.delete(event.call)) this.shownCalls += 1;
        return;
      case 'call-retrying':
        if (event.builtin || !this.#running.delete(event.call)) return;
        this.#task(event.task).retry();
        this.all.retry();
        if (event.text !== undefined) this.#shownBefore.add(event.call);
        return;
      case 'call-settled':
        this.#settle(event);
        return;
      case 'call-progressed':
        return;
      case 'run-settled':
        this.settledAtMs = event.atMs;
        this.is = event.is;
        this.failure = event.failure;
        this.#running.clear();
    }
  }

  measure(atMs: number): void {
    this.all.measure(atMs);
    for (const task of this.#tasks.values()) task.measure(atMs);
  }

  copy(): RunSnapshot {
    const { run, executor, slots, startedAtMs, settledAtMs, is, failure, shownCalls, running } = this;
    return {
      run,
      executor,
      slots,
      startedAtMs,
      settledAtMs,
      is,
      failure,
      shownCalls,
      running,
      all: this.all.copy(),
      tasks: this.tasks.map((task) => task.copy()),
      recent: [...this.recent],
      failures: [...this.failures],
    };
  }

  #settle(event: CallSettled): void {
    if (event.builtin) {
      if (event.is === 'failure') this.#fail(event);
      return;
    }
    const wasRunning = this.#running.delete(event.call);
    this.#task(event.task).settle(event, wasRunning);
    this.all.settle(event, wasRunning);
    if (event.is === 'failure' || event.is === 'failure-value') this.#fail(event);
    if (event.text === undefined) return;
    // Retrieved and skipped calls settle without having started.
    if (!wasRunning && !this.#shownBefore.delete(event.call)) this.shownCalls += 1;
    this.recent.push(event);
    if (this.recent.length > KEPT_CALLS) this.recent.shift();
  }

  #fail(event: CallSettled): void {
    if (this.failures.length < KEPT_CALLS) this.failures.push(event);
  }

  #task(name: string): TaskProgress {
    const known = this.#tasks.get(name);
    if (known !== undefined) return known;
    const task = new TaskProgress(name);
    this.#tasks.set(name, task);
    return task;
  }
}

function isOfPipeline(event: Event): event is PipelineEvent {
  return 'stages' in event;
}
