/**
 * Stories of runs, made at random: events as a run tells them, and what they come to, kept the plain way.
 */

import fc from 'fast-check';
import type { CallSettled, RunEvent } from '../../../src/events/event.ts';

/** What is so of a call. */
export interface PlainCall {
  readonly task: string;
  readonly builtin: boolean;
  readonly needs: readonly number[];
  state: string;
  attempts: number;
  addedMs: number;
  startMs: number | undefined;
  endMs: number | undefined;
  readonly failures: {
    readonly attempt: number;
    readonly reason: string;
    readonly summary: string;
    readonly startMs: number | undefined;
    readonly endMs: number;
  }[];
  shown: string | undefined;
  value: string | undefined;
}

/** A run: its events in order, and its calls after each. */
export interface Story {
  readonly events: readonly RunEvent[];
  /** Calls after so many events. */
  after(count: number): ReadonlyMap<number, PlainCall>;
}

export const startedAtMs = 1_000_000;

/** Any run of some calls. */
export function anyStory(): fc.Arbitrary<Story> {
  return fc
    .record({
      calls: fc.integer({ min: 1, max: 12 }),
      // Numbers decide what happens next, and to whom.
      steps: fc.array(fc.nat(9999), { maxLength: 90 }),
      details: fc.boolean(),
      ends: fc.boolean(),
    })
    .map(({ calls, steps, details, ends }) => new StoryTeller(calls, details).tell(steps, ends));
}

const tasks = ['add', 'mul', 'gather'];

class StoryTeller {
  readonly #details: boolean;
  readonly #calls: number;
  #atMs = startedAtMs;

  constructor(calls: number, details: boolean) {
    this.#calls = calls;
    this.#details = details;
  }

  tell(steps: readonly number[], ends: boolean): Story {
    const events: RunEvent[] = [
      { kind: 'run-started', run: 1, atMs: startedAtMs, executor: 'threads', slots: 4 },
    ];
    for (const [index, task] of tasks.entries()) {
      const added = Array.from({ length: this.#calls }, (_, call) => call)
        .filter((call) => call % tasks.length === index)
        .map((call) => ({ call, needs: [call - 1, call - 2].filter((need) => need >= 0 && call % 2 === 0) }));
      if (added.length > 0)
        events.push({
          kind: 'calls-added',
          run: 1,
          atMs: this.#tick(1),
          task,
          count: added.length,
          calls: added,
          builtin: task === 'gather',
        });
    }
    const running = new Map<number, number>();
    const attempts = new Map<number, number>();
    const settled = new Set<number>();
    for (const step of steps) {
      const call = step % this.#calls;
      const what = Math.floor(step / 100) % 10;
      if (settled.has(call)) continue;
      const atMs = this.#tick(step % 7);
      const fact = {
        run: 1,
        atMs,
        call,
        task: tasks[call % tasks.length] as string,
        builtin: call % tasks.length === 2,
        text: undefined,
        confirm: false,
        ...(this.#details ? { shown: `call(${call})` } : {}),
      };
      const failure = { reason: 'threw', summary: `Error: ${step}` };
      if (!running.has(call)) {
        if (what < 7) {
          const attempt = (attempts.get(call) ?? 0) + 1;
          attempts.set(call, attempt);
          running.set(call, atMs);
          events.push({ kind: 'call-started', ...fact, attempt });
        } else if (attempts.get(call) === undefined) {
          settled.add(call);
          events.push(this.#settled(fact, what === 7 ? 'retrieved' : 'attached', 'success', 0, undefined));
        }
      } else if (what < 2) {
        running.delete(call);
        events.push({
          kind: 'call-retrying',
          ...fact,
          attempt: attempts.get(call) ?? 0,
          delayMs: 5,
          failure,
        });
      } else if (what < 3) {
        events.push({ kind: 'call-progressed', ...fact, done: step, total: undefined, note: 'on it' });
      } else {
        const is = what < 7 ? 'success' : what === 7 ? 'failure' : what === 8 ? 'failure-value' : 'skipped';
        const durationMs = atMs - (running.get(call) ?? 0);
        running.delete(call);
        settled.add(call);
        events.push(
          this.#settled(fact, 'computed', is, durationMs, is.startsWith('failure') ? failure : undefined),
        );
      }
    }
    if (ends)
      events.push({
        kind: 'run-settled',
        run: 1,
        atMs: this.#tick(1),
        is: 'success',
        durationMs: this.#atMs - startedAtMs,
        counts: { computed: 0, retrieved: 0, attached: 0, failed: 0, skipped: 0 },
        failure: undefined,
      });
    return { events, after: (count) => callsAfter(events.slice(0, count)) };
  }

  #settled(
    fact: Omit<CallSettled, 'kind' | 'is' | 'how' | 'durationMs' | 'failure'>,
    how: CallSettled['how'],
    is: CallSettled['is'],
    durationMs: number,
    failure: CallSettled['failure'],
  ): CallSettled {
    const value = this.#details && is === 'success' ? { value: String(fact.call) } : {};
    return { kind: 'call-settled', ...fact, is, how, durationMs, failure, ...value };
  }

  /** Some calls happen at the same moment. */
  #tick(by: number): number {
    this.#atMs += by * 0.125;
    return this.#atMs;
  }
}

/** The oracle: looks at all events again. */
function callsAfter(events: readonly RunEvent[]): ReadonlyMap<number, PlainCall> {
  const calls = new Map<number, PlainCall>();
  for (const event of events) {
    if (event.kind === 'calls-added')
      for (const { call, needs } of event.calls ?? [])
        calls.set(call, {
          task: event.task,
          builtin: event.builtin,
          needs,
          state: 'waiting',
          attempts: 0,
          addedMs: event.atMs - startedAtMs,
          startMs: undefined,
          endMs: undefined,
          failures: [],
          shown: undefined,
          value: undefined,
        });
    if (event.kind === 'run-settled')
      for (const call of calls.values())
        if (['waiting', 'running', 'retrying'].includes(call.state)) call.state = 'skipped';
    if (!('call' in event)) continue;
    const call = calls.get(event.call) as PlainCall;
    const atMs = event.atMs - startedAtMs;
    if (event.kind === 'call-started') {
      Object.assign(call, { state: 'running', attempts: event.attempt, startMs: atMs, endMs: undefined });
      call.shown = event.shown;
    } else if (event.kind === 'call-retrying') {
      Object.assign(call, { state: 'retrying', endMs: atMs });
      call.failures.push({ attempt: event.attempt, ...event.failure, startMs: call.startMs, endMs: atMs });
    } else if (event.kind === 'call-settled') {
      const state = {
        success: event.how,
        failure: 'failed',
        'failure-value': 'failure-value',
        skipped: 'skipped',
      };
      call.state = state[event.is];
      call.endMs = atMs;
      if (call.startMs === undefined && event.is !== 'skipped') call.startMs = atMs - event.durationMs;
      if (event.failure !== undefined)
        call.failures.push({ attempt: call.attempts, ...event.failure, startMs: call.startMs, endMs: atMs });
      call.shown ??= event.shown;
      call.value = event.value;
    }
  }
  return calls;
}
