/**
 * Counts of runs, calls and stages as Prometheus reads them: its text format 0.0.4.
 */

import type { Event, Sink } from '../events/event.ts';

/** Counts, for whoever asks. */
export interface Metrics extends Sink {
  /** The content type of {@link text}. */
  readonly contentType: string;
  /** What was counted so far, to be given to Prometheus. */
  text(): string;
}

/** Upper bounds of what calls take, in seconds. Arbitrary: from a lone call to a worker up to an hour. */
const bounds = [0.001, 0.01, 0.1, 1, 10, 60, 600, 3600];

interface TaskCounts {
  added: number;
  running: number;
  /** By `is`, then by `how`: keys that are made anew for each call would cost more than all else here. */
  readonly settled: Map<string, Map<string, number>>;
  /** How many took no more than each bound, and more than the one before. */
  readonly within: number[];
  seconds: number;
  timed: number;
}

/**
 * Makes a sink that counts, for any number of runs and as long as a server lives.
 *
 * - **Memory:** a few numbers for each name of a task.
 *
 * @example
 * ```ts
 * import { run, task } from 'heddle';
 * import { openMetrics } from 'heddle/traces';
 * const metrics = openMetrics();
 * await run(task(() => 42, { name: 'answer' })(), { sinks: metrics });
 * assert.match(metrics.text(), /heddle_calls_total\{task="answer",is="success",how="computed"\} 1/);
 * ```
 */
export function openMetrics(): Metrics {
  return new Counting();
}

class Counting implements Metrics {
  readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';
  readonly #tasks = new Map<string, TaskCounts>();
  readonly #runs = new Map<string, number>();
  /** Of calls that run, by run and number: the task's. */
  readonly #running = new Map<number, Map<number, TaskCounts>>();
  readonly #stages = new Map<string, { taken: number; waiting: number; busyMs: number }>();
  /** What pipelines that go on have told last. */
  readonly #pipelines = new Map<number, { readonly names: readonly string[]; last: readonly Stage[] }>();
  #going = 0;

  emit(event: Event): void {
    switch (event.kind) {
      case 'run-started':
        this.#going++;
        this.#running.set(event.run, new Map());
        return;
      case 'calls-added':
        if (!event.builtin) this.#countsOf(event.task).added += event.count;
        return;
      case 'call-started': {
        if (event.builtin) return;
        const counts = this.#countsOf(event.task);
        const running = this.#running.get(event.run);
        if (running === undefined || running.has(event.call)) return;
        running.set(event.call, counts);
        counts.running++;
        return;
      }
      case 'call-retrying':
        if (event.builtin) return;
        this.#stop(event.run, event.call);
        count(this.#countsOf(event.task), 'retry', '');
        return;
      case 'call-settled': {
        if (event.builtin) return;
        const counts = this.#countsOf(event.task);
        this.#stop(event.run, event.call);
        count(counts, event.is, event.how);
        if (event.is === 'skipped' || event.how !== 'computed') return;
        const seconds = (event.ran?.tookMs ?? event.durationMs) / 1000;
        counts.seconds += seconds;
        counts.timed++;
        for (let at = 0; at < bounds.length; at++) {
          if (seconds > (bounds[at] as number)) continue;
          counts.within[at] = (counts.within[at] as number) + 1;
          break;
        }
        return;
      }
      case 'run-settled':
        this.#going--;
        for (const counts of this.#running.get(event.run)?.values() ?? []) counts.running--;
        this.#running.delete(event.run);
        add(this.#runs, event.is, 1);
        return;
      case 'pipeline-started':
        this.#pipelines.set(event.run, {
          names: event.stages.map(({ name }) => name),
          last: event.stages.map(() => ({ taken: 0, waiting: 0, busyMs: 0 })),
        });
        return;
      case 'pipeline-progressed':
      case 'pipeline-settled':
        this.#stagesTold(event.run, event.stages, event.kind === 'pipeline-settled');
        return;
      default:
    }
  }

  text(): string {
    const lines: string[] = [];
    const metric = (
      name: string,
      type: string,
      help: string,
      values: Iterable<readonly [string, number]>,
    ): void => {
      const rows = Array.from(
        values,
        ([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}`,
      );
      if (rows.length > 0) lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...rows);
    };
    const tasks = Array.from(this.#tasks, ([task, counts]) => [label('task', task), counts] as const);
    metric('heddle_runs_going', 'gauge', 'Runs that go on.', [['', this.#going]]);
    metric(
      'heddle_runs_total',
      'counter',
      'Runs that have ended, by how.',
      Array.from(this.#runs, ([is, count]) => [label('is', is), count] as const),
    );
    metric(
      'heddle_calls_added_total',
      'counter',
      'Calls that became part of runs.',
      tasks.map(([task, { added }]) => [task, added] as const),
    );
    metric(
      'heddle_calls_running',
      'gauge',
      'Calls that run, or wait where they will run.',
      tasks.map(([task, { running }]) => [task, running] as const),
    );
    metric(
      'heddle_calls_total',
      'counter',
      'Calls that have ended, by how, and attempts that are made again.',
      tasks.flatMap(([task, { settled }]) =>
        Array.from(settled).flatMap(([is, byHow]) =>
          Array.from(
            byHow,
            ([how, times]) => [`${task},is="${is}"${how === '' ? '' : `,how="${how}"`}`, times] as const,
          ),
        ),
      ),
    );
    const histogram = tasks.flatMap(([task, { within, seconds, timed }]) => [
      ...bounds.map((bound, at) => {
        const upTo = within.slice(0, at + 1).reduce((sum, times) => sum + times, 0);
        return `heddle_call_seconds_bucket{${task},le="${bound}"} ${upTo}`;
      }),
      `heddle_call_seconds_bucket{${task},le="+Inf"} ${timed}`,
      `heddle_call_seconds_sum{${task}} ${seconds}`,
      `heddle_call_seconds_count{${task}} ${timed}`,
    ]);
    if (histogram.length > 0) {
      lines.push(
        '# HELP heddle_call_seconds How long calls took that were computed.',
        '# TYPE heddle_call_seconds histogram',
        ...histogram,
      );
    }
    const stages = Array.from(this.#stages, ([stage, counts]) => [label('stage', stage), counts] as const);
    metric(
      'heddle_stage_items_total',
      'counter',
      'Items that stages of pipelines are done with.',
      stages.map(([stage, { taken }]) => [stage, taken] as const),
    );
    metric(
      'heddle_stage_items_waiting',
      'gauge',
      'Items that wait at stages, or are in them.',
      stages.map(([stage, { waiting }]) => [stage, waiting] as const),
    );
    metric(
      'heddle_stage_busy_seconds_total',
      'counter',
      'How long stages ran, on all their workers.',
      stages.map(([stage, { busyMs }]) => [stage, busyMs / 1000] as const),
    );
    return `${lines.join('\n')}\n`;
  }

  #stagesTold(run: number, told: readonly Stage[], isOver: boolean): void {
    const pipeline = this.#pipelines.get(run);
    if (pipeline === undefined) return;
    pipeline.names.forEach((name, at) => {
      const now = told[at] as Stage;
      const last = pipeline.last[at] as Stage;
      let counts = this.#stages.get(name);
      if (counts === undefined) this.#stages.set(name, (counts = { taken: 0, waiting: 0, busyMs: 0 }));
      counts.taken += now.taken - last.taken;
      counts.busyMs += now.busyMs - last.busyMs;
      counts.waiting += (isOver ? 0 : now.waiting) - last.waiting;
    });
    pipeline.last = told;
    if (isOver) this.#pipelines.delete(run);
  }

  #stop(run: number, call: number): void {
    const running = this.#running.get(run);
    const counts = running?.get(call);
    if (counts === undefined) return;
    running?.delete(call);
    counts.running--;
  }

  #countsOf(task: string): TaskCounts {
    let counts = this.#tasks.get(task);
    if (counts === undefined) {
      const within = bounds.map(() => 0);
      counts = { added: 0, running: 0, settled: new Map(), within, seconds: 0, timed: 0 };
      this.#tasks.set(task, counts);
    }
    return counts;
  }
}

interface Stage {
  readonly taken: number;
  readonly waiting: number;
  readonly busyMs: number;
}

function count({ settled }: TaskCounts, is: string, how: string): void {
  let byHow = settled.get(is);
  if (byHow === undefined) settled.set(is, (byHow = new Map()));
  add(byHow, how, 1);
}

function add(counts: Map<string, number>, key: string, more: number): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}

function label(name: string, value: string): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `${name}="${escaped}"`;
}
