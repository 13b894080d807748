/**
 * Calls as the JSON interface tells them: one by one, in lists, with all that the pages show of them.
 */

import type { CallColumns, FailedAttempt } from '../observe/calls/call-columns.ts';
import { durationOf, readFilter } from '../observe/calls/call-filter.ts';
import { dependentsOf } from '../observe/calls/call-groups.ts';
import { callState, stateLooks } from '../observe/calls/call-state.ts';
import { whyWaiting } from '../observe/calls/why-waiting.ts';
import type { RunState } from '../observe/watched-state.ts';

/** A call. Times are milliseconds since the start of the run. */
export interface CallView {
  readonly call: number;
  readonly task: string;
  readonly builtin: boolean;
  readonly state: string;
  readonly attempts: number;
  readonly lane: number | undefined;
  readonly addedMs: number | undefined;
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  readonly durationMs: number | undefined;
  readonly text: string | undefined;
  readonly shown: string | undefined;
  readonly value: string | undefined;
  readonly note: string | undefined;
  readonly done: number | undefined;
  readonly total: number | undefined;
  readonly failures: readonly FailedAttempt[];
}

/** A call, and where it stands in the graph. */
export interface WholeCallView extends CallView {
  readonly needs: readonly number[];
  readonly dependents: readonly number[];
  readonly why: string | undefined;
}

/** A part of a list. */
export interface CallList {
  /** How many there are in all. */
  readonly total: number;
  readonly calls: readonly CallView[];
}

/** What is asked for. */
export interface CallQuery {
  readonly filter?: string | undefined;
  readonly sort?: 'call' | 'start' | 'duration' | undefined;
  readonly descending?: boolean | undefined;
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
}

/** Tells of a call; `undefined` if there is none of that number. */
export function callView(columns: CallColumns, row: number): CallView | undefined {
  const state = columns.state[row] ?? callState.absent;
  if (row >= columns.count || state === callState.absent) return undefined;
  const lane = columns.lane[row] as number;
  const { text, shown, value, note, done, total } = columns.wordsOf(row);
  return {
    call: row,
    task: columns.taskName(row),
    builtin: columns.isBuiltin(row),
    state: stateLooks[state]?.name ?? '',
    attempts: columns.attempts[row] as number,
    lane: lane < 0 ? undefined : lane,
    addedMs: known(columns.addedMs[row]),
    startMs: known(columns.startMs[row]),
    endMs: known(columns.endMs[row]),
    durationMs: known(durationOf(columns, row, Number.NaN)),
    text,
    shown,
    value,
    note,
    done,
    total,
    failures: columns.failuresOf(row),
  };
}

/** Tells all of a call. O(needs of the run). */
export function wholeCallView(
  columns: CallColumns,
  row: number,
  run: RunState,
  nowMs: number,
): WholeCallView | undefined {
  const view = callView(columns, row);
  if (view === undefined) return undefined;
  const slots = run.slots ?? Number.POSITIVE_INFINITY;
  return {
    ...view,
    needs: [...columns.needsOf(row)],
    dependents: [...dependentsOf(columns)(row)],
    why: whyWaiting(columns, row, { nowMs: nowMs - run.startedAtMs, slots, running: run.all.running }),
  };
}

/** Lists calls. */
export function callList(columns: CallColumns, query: CallQuery): CallList {
  const { filter = '', sort = 'call', descending = false, offset = 0, limit = 100 } = query;
  const isMeant = readFilter(filter);
  const rows: number[] = [];
  for (let row = 0; row < columns.count; row++) if (isMeant(columns, row)) rows.push(row);
  if (sort !== 'call') {
    const keys = new Map(rows.map((row) => [row, keyOf(columns, row, sort)]));
    rows.sort((a, b) => (keys.get(a) as number) - (keys.get(b) as number) || a - b);
  }
  if (descending) rows.reverse();
  const calls = rows.slice(offset, offset + limit).flatMap((row) => callView(columns, row) ?? []);
  return { total: rows.length, calls };
}

/** What never began comes last. */
function keyOf(columns: CallColumns, row: number, sort: 'start' | 'duration'): number {
  const key =
    sort === 'start' ? (columns.startMs[row] as number) : durationOf(columns, row, Number.POSITIVE_INFINITY);
  return Number.isNaN(key) ? Number.POSITIVE_INFINITY : key;
}

function known(ms: number | undefined): number | undefined {
  return ms === undefined || Number.isNaN(ms) ? undefined : ms;
}
