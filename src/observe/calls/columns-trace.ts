/**
 * The calls of a run as a trace that Perfetto and Chrome's tracing open: a lane for each call at a time, and arrows from calls to
 * those that need them.
 *
 * Format: the JSON array form of the "Trace Event Format" of the Chromium project. What `heddle/traces` makes of events while
 * they come has counters and attempts besides; this is made of what is left of them.
 */

import type { CallColumns } from './call-columns.ts';
import { callState, stateLooks } from './call-state.ts';

/** Gives the trace in pieces of text, so that a long one need not be one string. */
export function* traceOf(columns: CallColumns, name: string): Generator<string, void, undefined> {
  const record = (fields: Readonly<Record<string, unknown>>): string => JSON.stringify({ pid: 1, ...fields });
  yield `[\n${record({ ph: 'M', tid: 0, name: 'process_name', args: { name } })}`;
  for (let lane = 0; lane < columns.lanes; lane++)
    yield `,\n${record({ ph: 'M', tid: lane + 1, name: 'thread_name', args: { name: `lane ${lane + 1}` } })}`;
  let flow = 0;
  for (let row = 0; row < columns.count; row++) {
    const lane = columns.lane[row] as number;
    const state = columns.state[row] as number;
    if (lane < 0 || state <= callState.running) continue;
    const ts = microseconds(columns.startMs[row] as number);
    const { shown, value } = columns.wordsOf(row);
    const args = {
      call: row,
      state: stateLooks[state]?.name,
      attempts: columns.attempts[row],
      shown,
      value,
      failures: columns.failuresOf(row).map(({ summary }) => summary),
    };
    const dur = microseconds(columns.endMs[row] as number) - ts;
    yield `,\n${record({ ph: 'X', tid: lane + 1, ts, dur, name: columns.taskName(row), args })}`;
    for (const need of columns.needsOf(row)) {
      const from = columns.lane[need] ?? -1;
      if (from < 0) continue;
      const id = ++flow;
      // An arrow begins inside of a slice: at its end, it would belong to the next one.
      const at = microseconds(columns.endMs[need] as number) - 0.001;
      yield `,\n${record({ ph: 's', id, tid: from + 1, ts: at, name: 'needs', cat: 'needs' })}`;
      yield `,\n${record({ ph: 'f', bp: 'e', id, tid: lane + 1, ts, name: 'needs', cat: 'needs' })}`;
    }
  }
  yield '\n]\n';
}

function microseconds(ms: number): number {
  return Math.round(ms * 1e6) / 1000;
}
