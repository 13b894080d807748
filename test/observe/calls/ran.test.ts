/** Calls whose workers have told where and when they ran. */

import { expect, test } from 'vitest';
import { CallFold } from '../../../src/observe/calls/call-fold.ts';

const call = { run: 1, task: 'fit', builtin: false, text: undefined, confirm: false } as const;
const done = { is: 'success', how: 'computed', failure: undefined } as const;

test('are in the lane of their worker, from when it began them, and overlap nothing there', () => {
  const fold = new CallFold(1000);
  const { columns } = fold;
  // Three are handed over to one worker at once.
  for (const number of [0, 1, 2])
    fold.add({ kind: 'call-started', ...call, call: number, atMs: 1001, attempt: 1 });
  expect(new Set([0, 1, 2].map((number) => columns.lane[number])).size).toBe(3);
  for (const number of [0, 1, 2]) {
    const ran = { worker: 'thread 1', beganAtMs: 1010 + 10 * number, tookMs: 10 };
    fold.add({ kind: 'call-settled', ...call, ...done, call: number, atMs: 1041, durationMs: 40, ran });
  }
  expect([0, 1, 2].map((number) => [columns.startMs[number], columns.endMs[number]])).toEqual([
    [10, 20],
    [20, 30],
    [30, 40],
  ]);
  const [lane, ...others] = [0, 1, 2].map((number) => columns.lane[number]);
  expect(others).toEqual([lane, lane]);
  // The lane is the worker's own from now on.
  fold.add({ kind: 'call-started', ...call, call: 3, atMs: 1050, attempt: 1 });
  expect(columns.lane[3]).not.toBe(lane);
  fold.add({ kind: 'call-settled', ...call, ...done, call: 3, atMs: 1051, durationMs: 1 });
  expect([columns.startMs[3], columns.endMs[3]]).toEqual([50, 51]);
});

test('have their failed attempts there, too', () => {
  const fold = new CallFold(1000);
  const failure = { reason: 'threw', summary: 'Error: no' };
  const ran = { worker: 'thread 1', beganAtMs: 1005, tookMs: 2 };
  fold.add({ kind: 'call-started', ...call, call: 0, atMs: 1001, attempt: 1 });
  fold.add({ kind: 'call-retrying', ...call, call: 0, atMs: 1010, attempt: 1, delayMs: 0, failure, ran });
  expect(fold.columns.failuresOf(0)).toEqual([
    { attempt: 1, ...failure, lane: fold.columns.lane[0], startMs: 5, endMs: 7 },
  ]);
});
