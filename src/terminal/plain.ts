/**
 * Tells of runs in a log: a line for each fact, never an escape code.
 *
 * Calls with a display text have a line when they start and when they settle; the others are counted in a
 * progress line, at most every 10 s or every 10 %. Every run ends with one line that says what it came to.
 */

import { type Clock, systemClock } from '../base/clock.ts';
import type { CallSettled, CallStarted, Event, RunSettled, Sink } from '../events/event.ts';
import type { PipelineSettled } from '../events/pipeline-event.ts';
import { clockText, countText, rateText } from '../observe/amount.ts';
import { oneLine } from '../observe/one-line.ts';
import { bottleneckText, pipelineSummary } from '../observe/pipeline-view.ts';
import { type PipelineSnapshot, PipelineWatch } from '../observe/pipeline-watch.ts';
import { type RunSnapshot, RunWatch } from '../observe/snapshot.ts';
import { subjectName } from '../observe/subject.ts';
import { summaryText } from '../observe/summary.ts';
import { StreamWriter, type TextStream } from './stream-writer.ts';

/** Options of {@link plain}. */
export interface PlainOptions {
  /** @defaultValue none */
  readonly title?: string | undefined;
  /** @defaultValue `process.stderr` */
  readonly stream?: TextStream | undefined;
  /** @defaultValue the clock of this machine */
  readonly clock?: Clock | undefined;
}

/** Between two progress lines of a run, unless it got on by a tenth meanwhile (arbitrary). */
const QUIET_MS = 10_000;
/** Between two progress lines in any case (arbitrary: short runs only tell their end). */
const LEAST_QUIET_MS = 1_000;
/** With fewer calls that have no line of their own, tenths are not worth telling (arbitrary). */
const LEAST_UNTOLD = 20;
/** A run with more calls than this tells only of failures and progress, so that logs stay readable (arbitrary). */
const MOST_CALLS_TOLD = 1_000;

/**
 * Makes a sink that writes a line for each fact.
 *
 * **Failure**: a closed stream (`| head`) is noticed, and nothing is written to it any more.
 * Nothing is held while no run goes on.
 *
 * @returns a sink for any number of runs; disposing it makes it silent
 * @example
 * ```ts
 * import { map, plain, run, task } from 'heddle';
 * const read = task((file: string) => file.length, { display: 'Reading {file}' });
 * await run(map(read, ['a.txt', 'b.txt']), { sinks: plain({ title: 'audit' }) });
 * // [run] audit
 * // [start] Reading a.txt
 * // [done] Reading a.txt
 * // [success] 5000 calls in 3.2 s (12 retrieved)
 * ```
 */
export function plain(options: PlainOptions = {}): Sink & Disposable {
  return new PlainDisplay(options);
}

/** When progress of a run was last told, and how far it was. */
interface Told {
  atMs: number;
  tenths: number;
}

class PlainDisplay implements Sink, Disposable {
  readonly #title: string | undefined;
  readonly #stream: TextStream;
  readonly #clock: Clock;
  readonly #watch = new RunWatch();
  readonly #pipelines = new PipelineWatch();
  /** The runs going on. Invariant: a writer and a timer are held exactly while this is not empty. */
  readonly #told = new Map<number, Told>();
  #writer: StreamWriter | undefined;
  #timer: Disposable | undefined;
  #isDisposed = false;

  constructor({ title, stream = process.stderr, clock = systemClock }: PlainOptions) {
    this.#title = title;
    this.#stream = stream;
    this.#clock = clock;
  }

  emit(event: Event): void {
    if (this.#isDisposed) return;
    try {
      this.#accept(event);
    } catch {
      this[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#told.clear();
    this.#leave('');
  }

  #accept(event: Event): void {
    switch (event.kind) {
      case 'pipeline-started':
        this.#pipelines.add(event);
        this.#begin(event);
        return;
      case 'pipeline-progressed':
        this.#pipelines.add(event);
        this.#passed(this.#pipelines.live(event.run), event.atMs);
        return;
      case 'pipeline-settled':
        this.#pipelines.add(event);
        this.#endPipeline(event);
        return;
      default:
        this.#watch.add(event);
    }
    switch (event.kind) {
      case 'run-started':
        this.#begin(event);
        return;
      case 'calls-added':
      case 'call-progressed':
        return;
      case 'run-settled':
        this.#settle(event);
        return;
      case 'call-retrying':
        if (!event.builtin) this.#line('retry', `${subjectName(event)}: ${event.failure.summary}`);
        return;
      default:
        this.#call(event);
    }
  }

  #begin({ run, atMs }: { readonly run: number; readonly atMs: number }): void {
    this.#told.set(run, { atMs, tenths: 0 });
    this.#writer ??= new StreamWriter(this.#stream);
    this.#timer ??= this.#clock.every(QUIET_MS, () => this.#tick(), { ref: false });
    if (this.#title !== undefined) this.#line('run', this.#title);
  }

  #passed(run: PipelineSnapshot | undefined, atMs: number): void {
    const told = run === undefined ? undefined : this.#told.get(run.run);
    const last = run?.stages.at(-1);
    if (run === undefined || told === undefined || last === undefined || atMs - told.atMs < QUIET_MS) return;
    told.atMs = atMs;
    const parts = [countText(run.inputs, 'input'), countText(last.given, 'result')];
    if (last.perSecond > 0) parts.push(rateText(last.perSecond));
    if (run.bottleneck !== undefined) parts.push(`bottleneck: ${bottleneckText(run.bottleneck, run.stages)}`);
    this.#line('progress', parts.join(', '));
  }

  #endPipeline({ run, is, failure }: PipelineSettled): void {
    const snapshot = this.#pipelines.live(run);
    if (snapshot === undefined) return;
    const reason = is === 'failure' && failure !== undefined ? `: ${failure.summary}` : '';
    this.#pipelines.forget(run);
    this.#end(run, lineOf(is === 'failure' ? 'failed' : is, `${pipelineSummary(snapshot)}${reason}`));
  }

  #end(run: number, line: string): void {
    this.#told.delete(run);
    if (this.#told.size === 0) this.#leave(line);
    else this.#writer?.write(line);
  }

  #call(event: CallStarted | CallSettled): void {
    const run = this.#watch.live(event.run);
    if (run === undefined) return;
    if (event.kind === 'call-settled' && isFailed(event)) {
      this.#line('failed', `${subjectName(event)}: ${event.failure?.summary ?? 'failed'}`);
    } else if (event.text !== undefined && !event.builtin && run.all.total <= MOST_CALLS_TOLD) {
      this.#line(wordOf(event), event.text);
    }
    if (event.kind === 'call-settled' && !event.builtin) this.#progress(run, event.atMs);
  }

  #progress(run: RunSnapshot, atMs: number): void {
    const told = this.#told.get(run.run);
    if (told === undefined) return;
    const quietMs = atMs - told.atMs;
    if (quietMs < LEAST_QUIET_MS) return;
    const { all, shownCalls } = run;
    const tenths = Math.floor((all.settled / Math.max(1, all.total)) * 10);
    const isDue = quietMs >= QUIET_MS || (tenths > told.tenths && all.total - shownCalls >= LEAST_UNTOLD);
    if (!isDue || all.settled >= all.total) return;
    told.atMs = atMs;
    told.tenths = Math.max(told.tenths, tenths);
    this.#watch.measure(atMs);
    const { perSecond, timeLeftMs, running, failed } = all;
    const parts = [`${all.settled}/${all.total} calls`];
    if (running > 0) parts.push(`${running} running`);
    if (failed > 0) parts.push(`${failed} failed`);
    if (perSecond > 0) parts.push(rateText(perSecond));
    if (timeLeftMs !== undefined) parts.push(`${clockText(timeLeftMs)} left`);
    this.#line('progress', parts.join(', '));
  }

  #settle(event: RunSettled): void {
    const run = this.#watch.live(event.run);
    if (run === undefined) return;
    const hasFailed = event.is === 'failure' || (event.is === 'success' && run.all.failed > 0);
    const word = hasFailed ? 'failed' : event.is;
    const reason = event.is === 'failure' && event.failure !== undefined ? `: ${event.failure.summary}` : '';
    const line = lineOf(word, `${summaryText(run)}${reason}`);
    this.#watch.forget(event.run);
    this.#end(event.run, line);
  }

  #tick(): void {
    try {
      const atMs = this.#clock.epochMs();
      for (const number of this.#told.keys()) {
        const run = this.#watch.live(number);
        if (run !== undefined) this.#progress(run, atMs);
        this.#passed(this.#pipelines.live(number), atMs);
      }
    } catch {
      this[Symbol.dispose]();
    }
  }

  #line(word: string, text: string): void {
    this.#writer?.write(lineOf(word, text));
  }

  #leave(text: string): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#writer?.end(text);
    this.#writer = undefined;
  }
}

function isFailed({ is, builtin }: CallSettled): boolean {
  return is === 'failure' || (is === 'failure-value' && !builtin);
}

function wordOf(event: CallStarted | CallSettled): string {
  if (event.kind === 'call-started') return event.attempt === 1 ? 'start' : `attempt ${event.attempt}`;
  if (event.is === 'skipped') return 'skipped';
  return event.how === 'computed' ? 'done' : event.how;
}

function lineOf(word: string, text: string): string {
  return `[${word}] ${oneLine(text).trimEnd()}\n`;
}
