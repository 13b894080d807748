/**
 * Folds the events of one run into columns, as they come.
 *
 * **Cost**: O(1) an event, some tenths of a microsecond.
 */

import type {
  CallProgressed,
  CallRetrying,
  CallSettled,
  CallStarted,
  RanFact,
  RunEvent,
} from '../../events/event.ts';
import type { FailureFact } from '../../events/failure-fact.ts';
import { CallColumns } from './call-columns.ts';
import { callState, isSettled } from './call-state.ts';
import { FreeLanes } from './free-lanes.ts';

/** The numbers of a settled call's state. */
const settledStates = {
  'failure-value': callState.failureValue,
  failure: callState.failed,
  skipped: callState.skipped,
} as const;

/** One run. */
export class CallFold {
  readonly columns: CallColumns;
  /** Whether anything has changed in this revision. */
  hasNews = false;
  readonly #startedAtMs: number;
  readonly #lanes = new FreeLanes();
  /** The lanes of workers, which are theirs for the whole run. */
  readonly #workers = new Map<string, number>();

  /**
   * @param startedAtMs - of the run: times are counted from it
   * @param mostCalls - calls beyond are only counted, as `columns.dropped`
   */
  constructor(startedAtMs: number, mostCalls?: number) {
    this.#startedAtMs = startedAtMs;
    this.columns = new CallColumns(mostCalls);
  }

  /** Takes in an event of this run. */
  add(event: RunEvent): void {
    const { columns } = this;
    this.hasNews = true;
    switch (event.kind) {
      case 'calls-added': {
        const task = columns.taskIndex(event.task, event.builtin);
        const atMs = event.atMs - this.#startedAtMs;
        if (event.calls === undefined) return;
        for (const { call, needs } of event.calls) {
          if (!columns.ensure(call)) columns.dropped++;
          else if (columns.state[call] === callState.absent) columns.add(call, task, atMs, needs);
        }
        return;
      }
      case 'call-started':
        if (this.#isKnown(event)) this.#start(event);
        return;
      case 'call-progressed': {
        if (!this.#isKnown(event)) return;
        const { done, total, note } = event;
        columns.say(event.call, {
          done,
          ...(total === undefined ? {} : { total }),
          ...(note === undefined ? {} : { note }),
        });
        columns.touch(event.call);
        return;
      }
      case 'call-retrying':
        if (this.#isKnown(event)) this.#retry(event);
        return;
      case 'call-settled':
        if (this.#isKnown(event)) this.#settle(event);
        return;
      case 'run-settled':
        this.#end();
        return;
      default:
    }
  }

  /** Whether a call has a row; one that was not announced gets it now. */
  #isKnown(event: CallStarted | CallProgressed | CallRetrying | CallSettled): boolean {
    const { columns } = this;
    const { call, task, builtin, atMs } = event;
    if (!columns.ensure(call)) return false;
    if (columns.state[call] === callState.absent)
      columns.add(call, columns.taskIndex(task, builtin), atMs - this.#startedAtMs, []);
    return true;
  }

  #start(event: CallStarted): void {
    const { columns } = this;
    const { call, builtin, attempt } = event;
    if (isSettled(columns.state[call] as number)) return;
    // What heddle does itself takes no room.
    if (!builtin && columns.state[call] !== callState.running) {
      columns.lane[call] = this.#lanes.take();
      columns.lanes = this.#lanes.count;
    }
    columns.state[call] = callState.running;
    columns.attempts[call] = attempt;
    columns.startMs[call] = event.atMs - this.#startedAtMs;
    columns.endMs[call] = Number.NaN;
    this.#say(event);
    columns.touch(call);
  }

  #retry(event: CallRetrying): void {
    const { columns } = this;
    const { call, attempt, delayMs, failure } = event;
    const atMs = event.atMs - this.#startedAtMs;
    this.#leave(call);
    columns.state[call] = callState.retrying;
    columns.endMs[call] = atMs;
    this.#place(call, event.ran);
    this.#fail(call, attempt, failure);
    columns.say(call, { retryAtMs: atMs + delayMs });
    columns.touch(call);
  }

  #settle(event: CallSettled): void {
    const { columns } = this;
    const { call, is, how, failure, durationMs, value } = event;
    if (isSettled(columns.state[call] as number)) return;
    const atMs = event.atMs - this.#startedAtMs;
    this.#leave(call);
    columns.state[call] = is === 'success' ? callState[how] : settledStates[is];
    columns.endMs[call] = atMs;
    this.#place(call, event.ran);
    if (Number.isNaN(columns.startMs[call]) && is !== 'skipped') columns.startMs[call] = atMs - durationMs;
    if (failure !== undefined) this.#fail(call, columns.attempts[call] as number, failure);
    // What was started has said what it is.
    if (columns.attempts[call] === 0) this.#say(event);
    if (value !== undefined) columns.say(call, { value });
    columns.touch(call);
  }

  /** Where and when a call ran, if its worker has told: until then it is shown as from when it was handed over. */
  #place(call: number, ran: RanFact | undefined): void {
    const { columns } = this;
    if (ran === undefined || (columns.lane[call] as number) < 0) return;
    let lane = this.#workers.get(ran.worker);
    if (lane === undefined) {
      lane = this.#lanes.take();
      this.#workers.set(ran.worker, lane);
      columns.lanes = this.#lanes.count;
    }
    columns.lane[call] = lane;
    columns.startMs[call] = ran.beganAtMs - this.#startedAtMs;
    columns.endMs[call] = (columns.startMs[call] as number) + ran.tookMs;
  }

  #fail(call: number, attempt: number, { reason, summary }: FailureFact): void {
    const { columns } = this;
    const startMs = columns.startMs[call] as number;
    const when = Number.isNaN(startMs)
      ? {}
      : { lane: columns.lane[call] as number, startMs, endMs: columns.endMs[call] as number };
    columns.setFailures(call, [...columns.failuresOf(call), { attempt, reason, summary, ...when }]);
  }

  /** Gives the lane of a call that ran back. */
  #leave(call: number): void {
    const { columns } = this;
    if (columns.state[call] === callState.running && (columns.lane[call] as number) >= 0)
      this.#lanes.give(columns.lane[call] as number);
  }

  #say({ call, text, shown }: CallStarted | CallSettled): void {
    if (text === undefined && shown === undefined) return;
    this.columns.say(call, {
      ...(text === undefined ? {} : { text }),
      ...(shown === undefined ? {} : { shown }),
    });
  }

  /** Of calls that were never attempted nothing is told one by one. */
  #end(): void {
    const { columns } = this;
    for (let row = 0; row < columns.count; row++) {
      const state = columns.state[row] as number;
      if (state === callState.absent || isSettled(state)) continue;
      columns.state[row] = callState.skipped;
      columns.touch(row);
    }
  }
}
