/**
 * What every run's events must fulfil, as a function: the specification of the event stream.
 */

import type { CallSettled, CallStarted, Event } from '../events/event.ts';

/**
 * Looks for what is wrong with the events of one run, first to last.
 *
 * - It begins with `run-started` and ends with `run-settled`, each once; times never go backwards.
 * - A call settles once, and never before it started, unless its outcome was found; it starts again only after
 *   `call-retrying`.
 * - Unless the run was stopped, every call that started has settled, and calls of a task were announced by
 *   `calls-added` before they started.
 * - The counts at the end are those of the events.
 *
 * @returns a sentence for each fault; empty if there is none
 *
 * @example
 * ```ts
 * import { run, task } from 'heddle';
 * import { eventFaults, RecordingSink } from 'heddle/testing';
 * const sink = new RecordingSink();
 * await run(task(() => 42)(), { sinks: sink });
 * assert.deepEqual(eventFaults(sink.events), []);
 * ```
 */
export function eventFaults(events: readonly Event[]): readonly string[] {
  return new EventCheck(events).faults;
}

/** What is known of a call while the events are read. */
interface CallState {
  is: 'running' | 'retrying' | 'settled';
  attempt: number;
}

class EventCheck {
  readonly faults: string[] = [];
  readonly #calls = new Map<number, CallState>();
  readonly #announced = new Map<string, number>();
  readonly #succeeded = { computed: 0, retrieved: 0, attached: 0 };
  #failed = 0;

  constructor(events: readonly Event[]) {
    this.#checkFrame(events);
    for (const event of events) this.#check(event);
    const last = events.at(-1);
    if (last?.kind !== 'run-settled') return;
    const open = [...this.#calls].filter(([, { is }]) => is !== 'settled').map(([call]) => call);
    if (open.length > 0 && last.is !== 'cancelled')
      this.faults.push(`calls ${open.join(', ')} never settled`);
    const { failed } = last.counts;
    for (const how of ['computed', 'retrieved', 'attached'] as const) {
      const [told, seen] = [last.counts[how], this.#succeeded[how]];
      if (told !== seen) this.faults.push(`counts ${told} ${how}, events ${seen}`);
    }
    if (failed !== this.#failed) this.faults.push(`counts ${failed} failed, events ${this.#failed}`);
  }

  #checkFrame(events: readonly Event[]): void {
    const kinds = events.map(({ kind }) => kind);
    if (kinds[0] !== 'run-started') this.faults.push('the first event is not run-started');
    if (kinds.at(-1) !== 'run-settled') this.faults.push('the last event is not run-settled');
    for (const kind of ['run-started', 'run-settled'] as const) {
      if (kinds.filter((other) => other === kind).length !== 1) this.faults.push(`${kind} is not there once`);
    }
    events.forEach((event, index) => {
      const before = events[index - 1];
      if (before !== undefined && event.atMs < before.atMs)
        this.faults.push(`event ${index} goes back in time`);
      if (before !== undefined && event.run !== before.run)
        this.faults.push(`event ${index} is of another run`);
    });
  }

  #check(event: Event): void {
    if (event.kind === 'calls-added') {
      this.#announced.set(event.task, (this.#announced.get(event.task) ?? 0) + event.count);
    } else if (event.kind === 'call-started') this.#checkStarted(event);
    else if (event.kind === 'call-retrying') {
      const state = this.#calls.get(event.call);
      if (state?.is !== 'running')
        this.faults.push(`call ${event.call} is tried again while it does not run`);
      else state.is = 'retrying';
    } else if (event.kind === 'call-progressed') {
      const state = this.#calls.get(event.call);
      if (state?.is !== 'running') this.faults.push(`call ${event.call} is going on while it does not run`);
    } else if (event.kind === 'call-settled') this.#checkSettled(event);
  }

  #checkStarted({ call, task, attempt }: CallStarted): void {
    const state = this.#calls.get(call);
    // A number may be used again after its call has settled.
    const isNew = state === undefined || state.is === 'settled';
    if (state?.is === 'running') this.faults.push(`call ${call} started twice`);
    const expected = isNew ? 1 : state.attempt + 1;
    if (attempt !== expected) this.faults.push(`call ${call} has attempt ${attempt}, not ${expected}`);
    this.#calls.set(call, { is: 'running', attempt });
    if (!isNew) return;
    const left = (this.#announced.get(task) ?? 0) - 1;
    if (left < 0) this.faults.push(`call ${call} of task '${task}' was not announced`);
    this.#announced.set(task, left);
  }

  #checkSettled({ call, is, how, builtin }: CallSettled): void {
    const state = this.#calls.get(call);
    if (state?.is === 'settled') this.faults.push(`call ${call} settled twice`);
    else if (state === undefined && is !== 'skipped' && how === 'computed')
      this.faults.push(`call ${call} settled before it started`);
    if (state !== undefined) state.is = 'settled';
    if (is === 'success' && !builtin) this.#succeeded[how]++;
    if (is === 'failure-value' || (is === 'failure' && !builtin)) this.#failed++;
  }
}
