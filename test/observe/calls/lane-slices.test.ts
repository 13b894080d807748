/** What is drawn of lanes, against every call looked at. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CallColumns } from '../../../src/observe/calls/call-columns.ts';
import { CallFold } from '../../../src/observe/calls/call-fold.ts';
import { applyFrame, encodeFrame } from '../../../src/observe/calls/call-frame.ts';
import { callState } from '../../../src/observe/calls/call-state.ts';
import { LaneSlices } from '../../../src/observe/calls/lane-slices.ts';
import { anyStory, startedAtMs } from './run-story.ts';

/** Columns of one lane, with these calls one after the other. */
function laneOf(spans: readonly (readonly [startMs: number, endMs: number])[]): CallColumns {
  const columns = new CallColumns();
  const task = columns.taskIndex('a', false);
  for (const [row, [startMs, endMs]] of spans.entries()) {
    columns.ensure(row);
    columns.add(row, task, 0, []);
    columns.lane[row] = 0;
    columns.startMs[row] = startMs;
    columns.endMs[row] = endMs;
    columns.state[row] = callState.computed;
    columns.touch(row);
  }
  return columns;
}

interface Drawn {
  readonly fromX: number;
  readonly toX: number;
  readonly row: number;
  readonly filled: number;
}

function drawn(slices: LaneSlices, fromMs: number, toMs: number, width: number, nowMs = 1e9): Drawn[] {
  const all: Drawn[] = [];
  slices.draw(0, { fromMs, toMs, width, nowMs }, (fromX, toX, row, filled) =>
    all.push({ fromX, toX, row, filled }),
  );
  return all;
}

test('LaneSlices draws wide calls each, and narrow ones as pixels filled by what ran in them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ gap: fc.integer({ min: 0, max: 6 }), ran: fc.integer({ min: 1, max: 30 }) }), {
        minLength: 1,
        maxLength: 60,
      }),
      fc.integer({ min: 0, max: 200 }),
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 300 }),
      (calls, fromMs, spanMs, width) => {
        let at = 0;
        const spans = calls.map(({ gap, ran }) => {
          const startMs = at + gap;
          at = startMs + ran;
          return [startMs, at] as const;
        });
        const slices = new LaneSlices(laneOf(spans));
        slices.update();
        const toMs = fromMs + spanMs;
        const perMs = width / spanMs;
        const all = drawn(slices, fromMs, toMs, width);
        for (const { fromX, toX, row, filled } of all) {
          expect(fromX).toBeGreaterThanOrEqual(0);
          expect(toX).toBeLessThanOrEqual(width + 1);
          expect(filled).toBeGreaterThan(0);
          expect(spans[row]).toBeDefined();
        }
        // Every call of a pixel or more is drawn where it is, and so is nothing else that wide.
        const isWide = ([startMs, endMs]: readonly [number, number]): boolean =>
          (endMs - startMs) * perMs >= 1;
        const wide = spans.flatMap((span, row) => {
          const [startMs, endMs] = span;
          if (!isWide(span) || endMs <= fromMs || startMs >= toMs) return [];
          return [[row, Math.max(0, (startMs - fromMs) * perMs), Math.min(width, (endMs - fromMs) * perMs)]];
        });
        const found = all
          .filter(({ row }) => isWide(spans[row]!))
          .map(({ row, fromX, toX }) => [row, fromX, toX]);
        expect(found).toEqual(wide);
        expect(all.length).toBeLessThanOrEqual(2 * width + 2);
      },
    ),
    { numRuns: 200 },
  );
});

test('LaneSlices fills pixels by the share of them in which something ran', () => {
  // Ten calls of 0.5 ms, one each ms; pixels of 5 ms.
  const spans = Array.from({ length: 10 }, (_, at) => [at, at + 0.5] as const);
  const slices = new LaneSlices(laneOf(spans));
  slices.update();
  const all = drawn(slices, 0, 10, 2);
  expect(all.map(({ fromX, toX }) => [fromX, toX])).toEqual([
    [0, 1],
    [1, 2],
  ]);
  for (const { filled } of all) expect(filled).toBeCloseTo(0.5, 6);
});

test('LaneSlices kept up to date draws what one made at the end does', () => {
  fc.assert(
    fc.property(anyStory(), fc.integer({ min: 1, max: 10 }), (story, period) => {
      const fold = new CallFold(startedAtMs);
      const kept = new LaneSlices(fold.columns);
      for (const [at, event] of story.events.entries()) {
        fold.add(event);
        if (at % period === 0) kept.update();
      }
      kept.update();
      const made = new LaneSlices(fold.columns);
      made.update();
      const nowMs = (story.events.at(-1)?.atMs ?? 0) - startedAtMs;
      for (let lane = 0; lane < made.count; lane++) {
        const window = { fromMs: 0, toMs: nowMs + 1, width: 5000, nowMs };
        const of = (slices: LaneSlices): Drawn[] => {
          const all: Drawn[] = [];
          slices.draw(lane, window, (fromX, toX, row, filled) => all.push({ fromX, toX, row, filled }));
          return all.filter(({ fromX, toX }) => toX - fromX > 1);
        };
        expect(of(kept)).toEqual(of(made));
      }
      expect(kept.found.length).toBe(made.found.length);
    }),
    { numRuns: 150 },
  );
});

test('LaneSlices draws all attempts of a call, each where it ran', () => {
  fc.assert(
    fc.property(anyStory(), (story) => {
      const fold = new CallFold(startedAtMs);
      const expected: [lane: number, row: number, startMs: number, endMs: number][] = [];
      const begun = new Map<number, readonly [lane: number, startMs: number]>();
      for (const event of story.events) {
        fold.add(event);
        if (!('call' in event) || event.builtin) continue;
        const ms = event.atMs - startedAtMs;
        const [lane, startMs] = begun.get(event.call) ?? [-1, 0];
        if (event.kind === 'call-started') begun.set(event.call, [fold.columns.lane[event.call]!, ms]);
        else if (event.kind !== 'call-progressed' && begun.delete(event.call) && ms > startMs)
          expected.push([lane, event.call, startMs, ms]);
      }
      const nowMs = (story.events.at(-1)?.atMs ?? 0) - startedAtMs;
      for (const [row, [lane, startMs]] of begun)
        if (nowMs > startMs) expected.push([lane, row, startMs, nowMs]);
      // A browser's columns are those of a frame.
      const read = new CallColumns();
      applyFrame(read, encodeFrame(fold.columns, 0));
      // So wide that every call has pixels of its own.
      const window = { fromMs: 0, toMs: nowMs + 1, width: (nowMs + 1) * 1000, nowMs };
      const drawnOf = (columns: CallColumns): typeof expected => {
        const found: typeof expected = [];
        const slices = new LaneSlices(columns);
        slices.update();
        for (let lane = 0; lane < slices.count; lane++)
          slices.draw(lane, window, (fromX, toX, row) => found.push([lane, row, fromX / 1000, toX / 1000]));
        return found;
      };
      const inOrder = (all: typeof expected): string[] =>
        all.map(([lane, row, from, to]) => `${lane} #${row} ${from.toFixed(3)} ${to.toFixed(3)}`).sort();
      expect(inOrder(drawnOf(fold.columns))).toEqual(inOrder(expected));
      expect(inOrder(drawnOf(read))).toEqual(inOrder(expected));
    }),
    { numRuns: 200 },
  );
});

describe('LaneSlices.at()', () => {
  const slices = new LaneSlices(
    laneOf([
      [0, 10],
      [12, 20],
      [20, 21],
    ]),
  );
  slices.update();
  test.for([
    [5, 0, 0],
    [11, 0, undefined],
    [11.5, 1, 1],
    [15, 0, 1],
    [20.5, 0, 2],
    [40, 0, undefined],
    [-1, 0, undefined],
  ] as const)('finds at %d ms, give or take %d, call %s', ([ms, slackMs, row]) => {
    expect(slices.at(0, ms, slackMs, 100)).toBe(row);
  });
});

test('LaneSlices.drawFailed() gives one call for each pixel', () => {
  const columns = laneOf(Array.from({ length: 100 }, (_, at) => [at, at + 1] as const));
  for (const row of [3, 4, 50]) columns.state[row] = callState.failed;
  const slices = new LaneSlices(columns);
  slices.update();
  const at: [number, number][] = [];
  slices.drawFailed(0, { fromMs: 0, toMs: 100, width: 10, nowMs: 100 }, (x, _, row) => at.push([x, row]));
  expect(at).toEqual([
    [0, 3],
    [5, 50],
  ]);
});

test('drawing a million calls looks at few of them', () => {
  const count = 1_000_000;
  const columns = laneOf(Array.from({ length: count }, (_, at) => [at, at + 0.9] as const));
  const slices = new LaneSlices(columns);
  slices.update();
  expect(drawn(slices, 0, count, 1000)).toHaveLength(1000);
  expect(drawn(slices, 500_000, 500_010, 1000).map(({ row }) => row)).toEqual(
    Array.from({ length: 10 }, (_, at) => 500_000 + at),
  );
});
