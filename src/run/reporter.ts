/**
 * Turns what happens in a run into events, for the sinks that listen. Made only when there are some.
 */

import type { Clock } from '../base/clock.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { copyValue } from '../codec/copy.ts';
import type { AddedCall, Event, RanFact, RunSettled, Sink } from '../events/event.ts';
import type { FailureFact } from '../events/failure-fact.ts';
import type { Call } from '../task/call.ts';
import type { CallProgress } from '../task/call-event.ts';
import { valuesText } from '../task/call-text.ts';
import { isHarmless } from '../task/display.ts';
import { type Failure, failed, thrownLine } from '../task/failure.ts';
import type { AttemptFailure } from '../task/outcome.ts';
import type { Ran } from '../task/ran.ts';
import { Listeners } from './listeners.ts';

interface Started {
  readonly call: Call;
  readonly atMs: number;
  readonly text: string | undefined;
  /** The call in short, if a sink asks. */
  readonly shown: string | undefined;
  /** Where and when it ran, when that is told. */
  ran?: RanFact;
}

export class Reporter {
  readonly #run: number;
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #executor: { readonly name: string; readonly slots: number };
  readonly #hasDetails: boolean;
  /** Whether somebody listens who wants to know what calls need. */
  readonly tellsGraph: boolean;
  #hasEnded = false;
  readonly #listeners: Listeners;
  readonly #started = new Map<number, Started>();
  readonly #added = new Map<
    string,
    { count: number; readonly builtin: boolean; readonly calls: AddedCall[] | undefined }
  >();
  /** Calls whose outcome was found. */
  readonly #found = new Map<number, 'retrieved' | 'attached'>();
  #computed = 0;
  #retrieved = 0;
  #attached = 0;
  #failed = 0;

  constructor(
    run: number,
    clock: Clock,
    sinks: readonly Sink[],
    executor: { readonly name: string; readonly slots: number },
  ) {
    this.#run = run;
    this.#clock = clock;
    this.#executor = executor;
    this.#startMs = clock.epochMs();
    this.#listeners = new Listeners(sinks);
    this.#hasDetails = sinks.some(({ details }) => details === true);
    this.tellsGraph = sinks.some(({ graph }) => graph === true);
  }

  /** Tells that the run began. First of all. */
  begin(): void {
    const { name, slots } = this.#executor;
    this.#emit({ kind: 'run-started', run: this.#run, atMs: this.#startMs, executor: name, slots });
  }

  /** @param node - if the graph is told */
  added(call: Call, node?: AddedCall): void {
    const { name, builtin } = call.task;
    let entry = this.#added.get(name);
    if (entry === undefined) {
      entry = { count: 0, builtin: builtin !== undefined, calls: this.tellsGraph ? [] : undefined };
      this.#added.set(name, entry);
    }
    entry.count++;
    if (node !== undefined) entry.calls?.push(node);
  }

  /** Tells of the calls added since the last time, by task. */
  flushAdded(): void {
    if (this.#added.size === 0) return;
    const atMs = this.#clock.epochMs();
    for (const [task, { count, builtin, calls }] of this.#added) {
      const told = { kind: 'calls-added', run: this.#run, atMs, task, count, builtin } as const;
      this.#emit(calls === undefined ? told : { ...told, calls });
    }
    this.#added.clear();
  }

  started(serial: number, call: Call, args: readonly unknown[], attempt: number): void {
    const atMs = this.#clock.epochMs();
    const started = this.#begun(serial, call, args, atMs);
    this.#emit({ kind: 'call-started', ...this.#fact(serial, call, atMs, started), attempt });
  }

  #begun(serial: number, call: Call, args: readonly unknown[], atMs: number): Started {
    const shown = this.#hasDetails ? valuesText(call.task.name, args) : undefined;
    const started = { call, atMs, text: displayText(call, args), shown };
    this.#started.set(serial, started);
    return started;
  }

  /** Where and when an attempt ran; how it ended is told next. */
  ran(serial: number, { worker, beganAgoMs, tookMs }: Ran): void {
    const started = this.#started.get(serial);
    if (started === undefined) return;
    // Clocks of workers may go a little apart from ours.
    const beganAtMs = Math.max(started.atMs, this.#clock.epochMs() - beganAgoMs);
    started.ran = { worker, beganAtMs, tookMs };
  }

  /** The outcome of a call was found; it is told next. */
  found(serial: number, call: Call, args: readonly unknown[], how: 'retrieved' | 'attached'): void {
    this.#found.set(serial, how);
    this.#begun(serial, call, args, this.#clock.epochMs());
  }

  progressed(serial: number, call: Call, { done, total, text: note }: CallProgress): void {
    const fact = this.#fact(serial, call, this.#clock.epochMs(), this.#started.get(serial));
    this.#emit({ kind: 'call-progressed', ...fact, done, total, note });
  }

  settled(serial: number, call: Call, value: unknown): void {
    const isFailure = failed(value);
    if (call.task.builtin === undefined) {
      const how = this.#found.get(serial);
      if (isFailure) this.#failed++;
      else if (how === 'retrieved') this.#retrieved++;
      else if (how === 'attached') this.#attached++;
      else this.#computed++;
    }
    const failure = isFailure
      ? { reason: value.reason, summary: thrownLine(rootCauseOf(value).error) }
      : undefined;
    const shown = this.#hasDetails ? inspectShort(value) : undefined;
    this.#settle(serial, call, isFailure ? 'failure-value' : 'success', failure, shown);
  }

  failed(serial: number, call: Call, failure: Omit<AttemptFailure, 'is'>): void {
    if (call.task.builtin === undefined) this.#failed++;
    this.#settle(serial, call, 'failure', factOf(failure));
  }

  /** A call that ran was cancelled. */
  skipped(serial: number, call: Call): void {
    this.#settle(serial, call, 'skipped', undefined);
  }

  retrying(
    serial: number,
    call: Call,
    attempt: number,
    delayMs: number,
    failure: Omit<AttemptFailure, 'is'>,
  ): void {
    const fact = this.#fact(serial, call, this.#clock.epochMs(), this.#started.get(serial));
    const ran = this.#started.get(serial)?.ran;
    this.#emit({
      kind: 'call-retrying',
      ...fact,
      attempt,
      delayMs,
      failure: factOf(failure),
      ...(ran === undefined ? {} : { ran }),
    });
  }

  ended(is: RunSettled['is'], error: unknown, skipped: number): void {
    // Calls that returned a graph have been started, but will not settle any more.
    for (const [serial, { call }] of this.#started) this.skipped(serial, call);
    const atMs = this.#clock.epochMs();
    this.#emit({
      kind: 'run-settled',
      run: this.#run,
      atMs,
      is,
      durationMs: atMs - this.#startMs,
      counts: {
        computed: this.#computed,
        retrieved: this.#retrieved,
        attached: this.#attached,
        failed: this.#failed,
        skipped,
      },
      failure: is === 'success' ? undefined : { reason: is, summary: thrownLine(error) },
    });
  }

  #settle(
    serial: number,
    call: Call,
    is: 'success' | 'failure-value' | 'failure' | 'skipped',
    failure: FailureFact | undefined,
    value?: string,
  ): void {
    const atMs = this.#clock.epochMs();
    const started = this.#started.get(serial);
    const how = this.#found.get(serial) ?? 'computed';
    this.#started.delete(serial);
    this.#found.delete(serial);
    const durationMs = started === undefined ? 0 : atMs - started.atMs;
    this.#emit({
      kind: 'call-settled',
      ...this.#fact(serial, call, atMs, started),
      is,
      how,
      durationMs,
      failure,
      ...(value === undefined ? {} : { value }),
      ...(started?.ran === undefined ? {} : { ran: started.ran }),
    });
  }

  #fact(
    serial: number,
    { task, hints }: Call,
    atMs: number,
    started: Started | undefined,
  ): {
    run: number;
    atMs: number;
    call: number;
    task: string;
    builtin: boolean;
    text: string | undefined;
    confirm: boolean;
    shown?: string;
  } {
    const { text, shown } = started ?? {};
    return {
      run: this.#run,
      atMs,
      call: serial,
      task: task.name,
      builtin: task.builtin !== undefined,
      text,
      confirm: hints.confirm === true,
      ...(shown === undefined ? {} : { shown }),
    };
  }

  #emit(event: Event): void {
    // The end is the last event, whatever a sink does when it hears of it.
    if (this.#hasEnded) return;
    this.#hasEnded = event.kind === 'run-settled';
    this.#listeners.tell(event);
  }
}

/** Where it began: the first failed argument of the first failed argument, down to what was thrown. */
function rootCauseOf(failure: Failure): Failure {
  let cause = failure;
  for (let next = cause.failedArguments[0]; next !== undefined; next = cause.failedArguments[0])
    cause = next.failure;
  return cause;
}

/** What the `display` hint says of a call. A display that throws must not fail the run: then nothing is said. */
function displayText({ hints }: Call, args: readonly unknown[]): string | undefined {
  if (typeof hints.display !== 'function') return undefined;
  try {
    const shown = isHarmless(hints.display) ? args : args.map((arg) => copyValue(arg));
    return String(hints.display(...(shown as never[])));
  } catch {
    return undefined;
  }
}

function factOf({ reason, error }: Omit<AttemptFailure, 'is'>): FailureFact {
  return { reason, summary: thrownLine(error) };
}
