/**
 * Events of heddle as those that Chrome's tracing and Perfetto show: a process for each run, a lane for each worker, or, where
 * none has told, for each call at a time, arrows from calls to those that need them, counters.
 *
 * Format: "Trace Event Format" of the Chromium project, its JSON array form, which may lack its end. Perfetto wants slices of
 * a lane not to overlap.
 */

import type { CallRetrying, CallSettled, CallStarted, Event, RanFact, RunStarted } from '../events/event.ts';
import type { FailureFact } from '../events/failure-fact.ts';
import type { PipelineEvent } from '../events/pipeline-event.ts';
import { Lanes } from './lanes.ts';

/** One record of the format. Times are microseconds. */
interface TraceRecord {
  readonly ph: 'X' | 'M' | 'C' | 's' | 'f' | 'i';
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly name?: string;
  readonly [field: string]: unknown;
}

/** What is known of a run while it goes on. */
interface RunTrace {
  readonly pid: number;
  readonly lanes: Lanes<number>;
  /** Lanes that have a name. */
  named: number;
  /** Lanes of workers, and when the last call in each ended, in microseconds. */
  readonly workers: Map<string, { readonly tid: number; endUs: number }>;
  /** Calls that run: since when, and the attempt. */
  readonly started: Map<number, { readonly atMs: number; readonly attempt: number }>;
  /** What calls need, until they start. */
  readonly needs: Map<number, readonly number[]>;
  /** How many calls are going to need each, as far as is known. */
  readonly wanted: Map<number, number>;
  /** Where a call that others need has ended. */
  readonly ends: Map<number, { readonly tid: number; readonly ts: number }>;
}

/** Lanes of workers are apart from those of calls. */
const firstWorkerTid = 1_000_001;

/** Makes records of events, one after the other. Keeps what runs, and what others are going to need. */
export class ChromeTrace {
  readonly #runs = new Map<number, RunTrace>();
  #nextPid = 1;
  #nextFlow = 1;
  #originMs: number | undefined;

  /** The records of an event, as JSON. */
  recordsOf(event: Event): readonly string[] {
    this.#originMs ??= event.atMs;
    return this.#records(event).map((record) => JSON.stringify(record));
  }

  #records(event: Event): readonly TraceRecord[] {
    if ('stages' in event) return this.#pipeline(event);
    if (event.kind === 'run-started') return this.#begin(event);
    const run = this.#runs.get(event.run);
    if (run === undefined) return [];
    switch (event.kind) {
      case 'calls-added':
        for (const { call, needs } of event.calls ?? []) {
          if (needs.length > 0) run.needs.set(call, needs);
          for (const need of needs) run.wanted.set(need, (run.wanted.get(need) ?? 0) + 1);
        }
        return [];
      case 'call-started':
        return this.#start(run, event);
      case 'call-retrying':
        return this.#end(run, event, 'failure', { failure: event.failure });
      case 'call-settled':
        return this.#settle(run, event);
      case 'call-progressed': {
        const tid = run.lanes.take(event.call) + 1;
        const name = event.note ?? `${event.done}${event.total === undefined ? '' : `/${event.total}`}`;
        return [{ ph: 'i', s: 't', pid: run.pid, tid, ts: this.#us(event.atMs), name }];
      }
      default: {
        this.#runs.delete(event.run);
        const { is, counts } = event;
        return [
          { ph: 'i', s: 'p', pid: run.pid, tid: 0, ts: this.#us(event.atMs), name: is, args: { ...counts } },
        ];
      }
    }
  }

  #begin({ run, atMs, executor, slots }: RunStarted): readonly TraceRecord[] {
    const pid = this.#nextPid++;
    this.#runs.set(run, {
      pid,
      lanes: new Lanes(),
      named: 0,
      workers: new Map(),
      started: new Map(),
      needs: new Map(),
      wanted: new Map(),
      ends: new Map(),
    });
    const name = `run ${pid}: ${executor}${Number.isFinite(slots) && slots > 1 ? ` × ${slots}` : ''}`;
    return [named('process_name', pid, 0, name), this.#counter(pid, atMs, 0)];
  }

  #start(run: RunTrace, { call, atMs, attempt }: CallStarted): readonly TraceRecord[] {
    run.lanes.take(call);
    run.started.set(call, { atMs, attempt });
    return [this.#counter(run.pid, atMs, run.started.size)];
  }

  /** From the end of each call that is needed to the start of the one that needs it. */
  #arrowsTo(run: RunTrace, call: number, tid: number, ts: number): TraceRecord[] {
    const needs = run.needs.get(call) ?? [];
    run.needs.delete(call);
    return needs.flatMap((need) => {
      const from = run.ends.get(need);
      this.#unwant(run, need);
      if (from === undefined) return [];
      const arrow = { pid: run.pid, name: 'needs', cat: 'needs', id: this.#nextFlow++ } as const;
      return [
        { ph: 's', ...arrow, tid: from.tid, ts: Math.min(from.ts, ts) },
        { ph: 'f', bp: 'e', ...arrow, tid, ts },
      ] as const;
    });
  }

  #unwant(run: RunTrace, call: number): void {
    const left = (run.wanted.get(call) ?? 0) - 1;
    if (left > 0) run.wanted.set(call, left);
    else {
      run.wanted.delete(call);
      run.ends.delete(call);
    }
  }

  #settle(run: RunTrace, event: CallSettled): readonly TraceRecord[] {
    const { is, how, shown, text, value, failure } = event;
    const args = { is, how, shown, text, value, failure };
    if (run.started.has(event.call)) return this.#end(run, event, is, args);
    // It was found, or never began.
    for (const need of run.needs.get(event.call) ?? []) this.#unwant(run, need);
    run.needs.delete(event.call);
    if (event.builtin || is === 'skipped') return [];
    const ts = this.#us(event.atMs);
    if (run.wanted.has(event.call)) run.ends.set(event.call, { tid: 0, ts });
    return [{ ph: 'i', s: 't', pid: run.pid, tid: 0, ts, name: `${event.task} ${how}`, args }];
  }

  #end(
    run: RunTrace,
    event: CallSettled | CallRetrying,
    is: CallSettled['is'],
    args: Readonly<Record<string, unknown>> & { readonly failure?: FailureFact | undefined },
  ): readonly TraceRecord[] {
    const { call, task, atMs, builtin, ran } = event;
    const started = run.started.get(call);
    run.started.delete(call);
    const lane = run.lanes.release(call);
    if (started === undefined || lane === undefined) return [];
    const records: TraceRecord[] = [];
    const { tid, ts, dur } =
      ran === undefined
        ? this.#inLane(run, lane, started.atMs, atMs, records)
        : this.#atWorker(run, ran, records);
    if (run.wanted.has(call)) run.ends.set(call, { tid, ts: ts + dur });
    const handedOverMs = ran === undefined ? undefined : ran.beganAtMs - started.atMs;
    records.push(
      {
        ph: 'X',
        pid: run.pid,
        tid,
        ts,
        dur,
        name: task,
        cat: builtin ? 'heddle' : 'task',
        ...(is === 'failure' ? { cname: 'terrible' } : {}),
        args: { call, attempt: started.attempt, waitedMs: handedOverMs, ...args },
      },
      ...(started.attempt === 1 ? this.#arrowsTo(run, call, tid, ts) : []),
      this.#counter(run.pid, atMs, run.started.size),
    );
    return records;
  }

  /** Where no worker has told: since it was handed over. */
  #inLane(
    run: RunTrace,
    lane: number,
    startedAtMs: number,
    atMs: number,
    records: TraceRecord[],
  ): { readonly tid: number; readonly ts: number; readonly dur: number } {
    while (lane >= run.named) {
      run.named++;
      records.push(named('thread_name', run.pid, run.named, `lane ${run.named}`));
    }
    const ts = this.#us(startedAtMs);
    return { tid: lane + 1, ts, dur: this.#us(atMs) - ts };
  }

  #atWorker(
    run: RunTrace,
    { worker, beganAtMs, tookMs }: RanFact,
    records: TraceRecord[],
  ): { readonly tid: number; readonly ts: number; readonly dur: number } {
    let lane = run.workers.get(worker);
    if (lane === undefined) {
      lane = { tid: firstWorkerTid + run.workers.size, endUs: 0 };
      run.workers.set(worker, lane);
      records.push(named('thread_name', run.pid, lane.tid, worker));
    }
    // It runs one at a time; clocks have grains.
    const ts = Math.max(lane.endUs, this.#us(beganAtMs));
    const end = Math.max(ts, this.#us(beganAtMs + tookMs));
    lane.endUs = end;
    return { tid: lane.tid, ts, dur: end - ts };
  }

  #pipeline(event: PipelineEvent): readonly TraceRecord[] {
    const { run, atMs } = event;
    if (event.kind === 'pipeline-started') {
      const pid = this.#nextPid++;
      this.#runs.set(run, {
        pid,
        lanes: new Lanes(),
        named: 0,
        workers: new Map(),
        started: new Map([[0, { atMs, attempt: 1 }]]),
        needs: new Map(),
        wanted: new Map(),
        ends: new Map(),
      });
      const names = event.stages.map(({ name }) => name).join(' → ');
      return [named('process_name', pid, 0, `pipeline ${pid}: ${names}`)];
    }
    const known = this.#runs.get(run);
    if (known === undefined) return [];
    const { pid } = known;
    const ts = this.#us(atMs);
    const records: TraceRecord[] = event.stages.flatMap(({ taken, waiting }, at) => [
      { ph: 'C', pid, tid: 0, ts, name: `stage ${at}: waiting`, args: { items: waiting } },
      { ph: 'C', pid, tid: 0, ts, name: `stage ${at}: done`, args: { items: taken } },
    ]);
    if (event.kind === 'pipeline-settled') {
      this.#runs.delete(run);
      const fromUs = ts - event.durationMs * 1000;
      const { is, inputs, failure } = event;
      records.push({
        ph: 'X',
        pid,
        tid: 0,
        ts: fromUs,
        dur: ts - fromUs,
        name: is,
        args: { inputs, failure },
      });
    }
    return records;
  }

  #counter(pid: number, atMs: number, running: number): TraceRecord {
    return { ph: 'C', pid, tid: 0, ts: this.#us(atMs), name: 'calls', args: { running } };
  }

  /** Since the first event: the numbers stay exact. */
  #us(atMs: number): number {
    return Math.round((atMs - (this.#originMs ?? 0)) * 1000);
  }
}

function named(kind: 'process_name' | 'thread_name', pid: number, tid: number, name: string): TraceRecord {
  return { ph: 'M', pid, tid, name: kind, args: { name } };
}
