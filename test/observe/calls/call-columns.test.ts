/** Calls as columns, and as frames, against all events looked at again. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CallColumns } from '../../../src/observe/calls/call-columns.ts';
import { CallFold } from '../../../src/observe/calls/call-fold.ts';
import { applyFrame, encodeFrame } from '../../../src/observe/calls/call-frame.ts';
import { callState, stateLooks } from '../../../src/observe/calls/call-state.ts';
import { traceOf } from '../../../src/observe/calls/columns-trace.ts';
import { packReport, unpackReport } from '../../../src/observe/calls/report-pack.ts';
import { anyStory, type PlainCall, startedAtMs } from './run-story.ts';

/** The calls of columns, in the form of the oracle. */
function plain(columns: CallColumns): Map<number, PlainCall> {
  const known = (ms: number | undefined): number | undefined =>
    ms === undefined || Number.isNaN(ms) ? undefined : Number(ms.toFixed(3));
  const calls = new Map<number, PlainCall>();
  for (let row = 0; row < columns.count; row++) {
    if (columns.state[row] === callState.absent) continue;
    const { shown, value } = columns.wordsOf(row);
    calls.set(row, {
      task: columns.taskName(row),
      builtin: columns.isBuiltin(row),
      needs: [...columns.needsOf(row)],
      state: stateLooks[columns.state[row] as number]?.name ?? '',
      attempts: columns.attempts[row] as number,
      addedMs: known(columns.addedMs[row]) as number,
      startMs: known(columns.startMs[row]),
      endMs: known(columns.endMs[row]),
      failures: columns.failuresOf(row).map(({ attempt, reason, summary, startMs, endMs }) => ({
        attempt,
        reason,
        summary,
        startMs,
        endMs: endMs!,
      })),
      shown,
      value,
    });
  }
  return calls;
}

test('CallFold has what the events say, after each of them', () => {
  fc.assert(
    fc.property(anyStory(), (story) => {
      const fold = new CallFold(startedAtMs);
      for (const [at, event] of story.events.entries()) {
        fold.add(event);
        expect(plain(fold.columns)).toEqual(story.after(at + 1));
      }
    }),
    { numRuns: 60 },
  );
});

test('CallFold puts what runs at once into lanes of its own, the lowest that are free', () => {
  fc.assert(
    fc.property(anyStory(), (story) => {
      const fold = new CallFold(startedAtMs);
      const taken = new Map<number, number>();
      for (const event of story.events) {
        fold.add(event);
        if (!('call' in event) || event.builtin || event.kind === 'call-progressed') continue;
        taken.delete(event.call);
        if (event.kind !== 'call-started') continue;
        const lanes = new Set(taken.values());
        let lowest = 0;
        while (lanes.has(lowest)) lowest++;
        expect(fold.columns.lane[event.call]).toBe(lowest);
        taken.set(event.call, lowest);
      }
    }),
    { numRuns: 100 },
  );
});

describe('frames', () => {
  test('bring whoever reads them, however seldom, to what the writer has', () => {
    fc.assert(
      fc.property(anyStory(), fc.array(fc.nat(100), { minLength: 1, maxLength: 6 }), (story, pauses) => {
        const fold = new CallFold(startedAtMs);
        const readers = [0, 1].map(() => ({ columns: new CallColumns(), since: 0 }));
        let [next, pause] = [0, 0];
        for (const [at, event] of story.events.entries()) {
          fold.add(event);
          if (at < next) continue;
          next = at + 1 + ((pauses[pause++ % pauses.length] as number) % 9);
          // One reads always, the other every second time.
          for (const [index, reader] of readers.entries()) {
            if (index === 1 && pause % 2 === 1) continue;
            reader.since = applyFrame(reader.columns, encodeFrame(fold.columns, reader.since));
            expect(plain(reader.columns)).toEqual(plain(fold.columns));
          }
        }
        for (const reader of readers) {
          applyFrame(reader.columns, encodeFrame(fold.columns, reader.since));
          expect(plain(reader.columns)).toEqual(plain(fold.columns));
          expect(reader.columns.lanes).toBe(fold.columns.lanes);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('hold what has changed alone', () => {
    const fold = new CallFold(0);
    const calls = Array.from({ length: 5000 }, (_, call) => ({ call, needs: [] }));
    fold.add({ kind: 'calls-added', run: 1, atMs: 0, task: 'a', count: 5000, builtin: false, calls });
    const columns = new CallColumns();
    const first = encodeFrame(fold.columns, 0);
    const since = applyFrame(columns, first);
    fold.add({
      kind: 'call-started',
      run: 1,
      atMs: 7,
      call: 4000,
      task: 'a',
      builtin: false,
      text: undefined,
      confirm: false,
      attempt: 1,
    });
    const second = encodeFrame(fold.columns, since);
    expect(first.length).toBeGreaterThan(5000 * 20);
    expect(second.length).toBeLessThan(500);
    applyFrame(columns, second);
    expect(columns.startMs[4000]).toBe(7);
  });

  test('of long runs have coarser times, that fit', () => {
    const fold = new CallFold(0);
    const days = 20 * 24 * 3600 * 1000;
    const calls = [{ call: 0, needs: [] }];
    fold.add({ kind: 'calls-added', run: 1, atMs: days, task: 'a', count: 1, builtin: false, calls });
    const columns = new CallColumns();
    applyFrame(columns, encodeFrame(fold.columns, 0));
    expect(columns.addedMs[0]).toBeCloseTo(days, 0);
  });

  test('of another version, or cut, are refused', () => {
    const frame = encodeFrame(new CallFold(0).columns, 0);
    expect(() => applyFrame(new CallColumns(), frame.slice(0, 20))).toThrow(
      /^Cannot read a frame of calls as it is cut: received 20 bytes$/,
    );
    expect(() => applyFrame(new CallColumns(), frame.slice(0, 3))).toThrow(/as it is cut/);
    const text = new TextDecoder('latin1').decode(frame).replace('"version":1', '"version":9');
    const other = Uint8Array.from(text, (char) => char.charCodeAt(0));
    expect(() => applyFrame(new CallColumns(), other)).toThrow(/version is not 1: received 9/);
  });

  test('are packed into reports with the state, and come out again', () => {
    const state = {
      instance: 'x',
      version: 3,
      nowMs: 5,
      command: undefined,
      known: [7, 8],
      runs: [],
      pipelines: [],
    };
    const frames = new Map([
      [7, Uint8Array.of(1, 2, 3)],
      [8, new Uint8Array(17).fill(9)],
    ]);
    const unpacked = unpackReport(packReport(state, frames));
    expect(unpacked.state).toEqual({ ...state, command: undefined });
    expect([...unpacked.frames].map(([run, frame]) => [run, [...frame]])).toEqual([
      [7, [1, 2, 3]],
      [8, [...new Uint8Array(17).fill(9)]],
    ]);
  });
});

test('traceOf() has slices that do not overlap in their lane, and arrows that fit together', () => {
  interface TraceRecord {
    readonly ph: string;
    readonly tid: number;
    readonly ts: number;
    readonly dur: number;
    readonly id: number;
  }
  fc.assert(
    fc.property(anyStory(), (story) => {
      const fold = new CallFold(startedAtMs);
      for (const event of story.events) fold.add(event);
      const records = JSON.parse([...traceOf(fold.columns, 'a run')].join('')) as TraceRecord[];
      const slices = records.filter(({ ph }) => ph === 'X');
      for (const a of slices)
        for (const b of slices)
          expect(a === b || a.tid !== b.tid || a.ts + a.dur <= b.ts || b.ts + b.dur <= a.ts).toBe(true);
      const ids = (kind: string): number[] => records.filter(({ ph }) => ph === kind).map(({ id }) => id);
      expect(ids('s')).toEqual(ids('f'));
    }),
    { numRuns: 60 },
  );
});

describe('bounds', () => {
  test('calls beyond those that are kept are counted', () => {
    const fold = new CallFold(0, 3);
    const calls = [0, 1, 2, 3, 4, 1e12].map((call) => ({ call, needs: [] }));
    fold.add({ kind: 'calls-added', run: 1, atMs: 0, task: 'a', count: 6, builtin: false, calls });
    expect(fold.columns.count).toBe(3);
    expect(fold.columns.dropped).toBe(3);
  });

  test('words are forgotten, the oldest first, once there are too many', () => {
    const columns = new CallColumns();
    const long = 'x'.repeat(2 ** 20);
    for (let row = 0; row < 20; row++) columns.say(row, { shown: long });
    expect(columns.wordsOf(3).shown).toBeUndefined();
    expect(columns.wordsOf(4).shown).toBe(long);
    expect(columns.wordsOf(19).shown).toBe(long);
  });
});
