/** The graph of calls: grouped, laid out, followed, and in words. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CallColumns } from '../../../src/observe/calls/call-columns.ts';
import { readFilter } from '../../../src/observe/calls/call-filter.ts';
import { callGraph, dependentsOf, related } from '../../../src/observe/calls/call-groups.ts';
import { callState } from '../../../src/observe/calls/call-state.ts';
import { criticalPath } from '../../../src/observe/calls/critical-path.ts';
import { layeredLayout } from '../../../src/observe/calls/layered-layout.ts';
import { whyWaiting } from '../../../src/observe/calls/why-waiting.ts';

interface Given {
  readonly task: string;
  readonly needs?: readonly number[];
  readonly state?: keyof typeof callState;
  readonly startMs?: number;
  readonly endMs?: number;
}

function columnsOf(calls: readonly Given[]): CallColumns {
  const columns = new CallColumns();
  for (const [row, { task, needs = [], state = 'computed', startMs, endMs }] of calls.entries()) {
    columns.ensure(row);
    columns.add(row, columns.taskIndex(task, task === 'gather'), 0, needs);
    columns.state[row] = callState[state];
    if (startMs !== undefined) columns.startMs[row] = startMs;
    if (endMs !== undefined) columns.endMs[row] = endMs;
  }
  return columns;
}

describe('callGraph()', () => {
  // Four loads, gathered in twos, then summed.
  const columns = columnsOf([
    { task: 'load' },
    { task: 'load', state: 'failed' },
    { task: 'load', state: 'running' },
    { task: 'load', state: 'waiting' },
    { task: 'gather', needs: [0, 1] },
    { task: 'gather', needs: [2, 3] },
    { task: 'gather', needs: [4, 5] },
    { task: 'sum', needs: [6], state: 'waiting' },
  ]);
  const named = (options: Parameters<typeof callGraph>[1]): unknown => {
    const { nodes, edges } = callGraph(columns, options);
    const name = (at: number): string => {
      const { task, row, count } = nodes[at]!;
      return `${columns.tasks[task]?.name}${row < 0 ? ` × ${count}` : ` #${row}`}`;
    };
    return edges.map(({ from, to, count }) => `${name(from)} → ${name(to)} (${count})`).sort();
  };

  test('has a node for each call while they are few', () => {
    expect(callGraph(columns)).toMatchObject({
      isGrouped: false,
      nodes: { length: 8 },
      edges: { length: 7 },
    });
  });

  test('has a node for each task when they are many, and looks through what heddle does itself', () => {
    expect(named({ mostCalls: 5 })).toEqual(['load × 4 → sum × 1 (1)']);
  });

  test('counts the calls of a group by state', () => {
    const { nodes } = callGraph(columns, { mostCalls: 5 });
    const states = nodes[0]!.states;
    expect([states[callState.computed], states[callState.failed], states[callState.running]]).toEqual([
      1, 1, 1,
    ]);
  });

  test('gives the calls of an opened task nodes of their own', () => {
    expect(named({ mostCalls: 5, opened: new Set([0]) })).toEqual([
      'load #0 → sum × 1 (1)',
      'load #1 → sum × 1 (1)',
      'load #2 → sum × 1 (1)',
      'load #3 → sum × 1 (1)',
    ]);
  });

  test('of an opened task with many calls shows those that failed first, and the others as one', () => {
    const many = columnsOf(
      Array.from({ length: 500 }, (_, at) => ({ task: 'a', state: at === 400 ? 'failed' : 'computed' })),
    );
    const { nodes } = callGraph(many, { opened: new Set([0]) });
    expect(nodes.some(({ row }) => row === 400)).toBe(true);
    expect(nodes.filter(({ row }) => row >= 0)).toHaveLength(100);
    expect(nodes.filter(({ isRest }) => isRest).map(({ count }) => count)).toEqual([400]);
  });

  test('of some calls has those alone', () => {
    expect(named({ only: related(columns, 4, 'needs', 10) })).toEqual([
      'load #0 → gather #4 (1)',
      'load #1 → gather #4 (1)',
    ]);
  });

  test('goes through long chains of what heddle does itself, and ends in circles', () => {
    const count = 50_000;
    const chain = columnsOf(
      Array.from({ length: count }, (_, at) => ({
        task: at === 0 ? 'first' : at === count - 1 ? 'last' : 'gather',
        needs: at === 0 ? [] : [at - 1],
      })),
    );
    expect(callGraph(chain).edges).toEqual([{ from: 0, to: 1, count: 1 }]);
    const circle = columnsOf([
      { task: 'gather', needs: [1] },
      { task: 'gather', needs: [0] },
      { task: 'a', needs: [0] },
    ]);
    expect(callGraph(circle, { mostCalls: 1 }).edges).toEqual([]);
  });
});

test('related() and dependentsOf() follow needs to both sides, up to a bound', () => {
  const columns = columnsOf([
    { task: 'a' },
    { task: 'a', needs: [0] },
    { task: 'a', needs: [0, 1] },
    { task: 'a', needs: [2] },
    { task: 'a' },
  ]);
  expect([...related(columns, 2, 'needs', 10)].sort((a, b) => a - b)).toEqual([0, 1, 2]);
  expect([...related(columns, 1, 'dependents', 10)].sort((a, b) => a - b)).toEqual([1, 2, 3]);
  expect(related(columns, 0, 'dependents', 2).size).toBe(2);
  const dependents = dependentsOf(columns);
  expect([0, 1, 2, 3, 4].map((row) => [...dependents(row)])).toEqual([[1, 2], [2], [3], [], []]);
});

describe('layeredLayout()', () => {
  const graphs = fc
    .record({
      count: fc.integer({ min: 1, max: 25 }),
      pairs: fc.array(fc.tuple(fc.nat(99), fc.nat(99)), { maxLength: 60 }),
    })
    .map(({ count, pairs }) => ({
      count,
      edges: pairs.map(([from, to]) => ({ from: from % count, to: to % count })),
    }));

  test('puts each node right of what it has edges from, if there are no circles', () => {
    fc.assert(
      fc.property(graphs, ({ count, edges }) => {
        const forward = edges.filter(({ from, to }) => from < to);
        const { x, layers } = layeredLayout(count, forward);
        for (const { from, to } of forward) expect(x[to]!).toBeGreaterThan(x[from]!);
        expect(Math.max(...x)).toBe(layers - 1);
      }),
      { numRuns: 200 },
    );
  });

  test('keeps the nodes of a layer apart, also with circles', () => {
    fc.assert(
      fc.property(graphs, ({ count, edges }) => {
        const { x, y, height } = layeredLayout(count, edges);
        for (let a = 0; a < count; a++) {
          expect(y[a]).toBeGreaterThanOrEqual(0);
          expect(y[a]).toBeLessThanOrEqual(height);
          const others = Array.from({ length: a }, (_, b) => b).filter((b) => x[a] === x[b]);
          for (const b of others) expect(Math.abs(y[a]! - y[b]!)).toBeGreaterThan(0.999);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('gives chains straight lines', () => {
    const { y } = layeredLayout(6, [
      { from: 0, to: 2 },
      { from: 2, to: 4 },
      { from: 1, to: 3 },
      { from: 3, to: 5 },
    ]);
    expect([y[0], y[1]]).toEqual([y[4], y[5]]);
  });
});

describe('criticalPath()', () => {
  test('goes from the call that ended last back through whichever need ended last', () => {
    const columns = columnsOf([
      { task: 'quick', startMs: 0, endMs: 5 },
      { task: 'slow', startMs: 0, endMs: 50 },
      { task: 'both', needs: [0, 1], startMs: 50, endMs: 60 },
      { task: 'alone', startMs: 0, endMs: 55 },
    ]);
    expect(criticalPath(columns)).toEqual([1, 2]);
    expect(criticalPath(new CallColumns())).toEqual([]);
  });

  test('ends in a circle', () => {
    const columns = columnsOf([
      { task: 'a', needs: [1], endMs: 2 },
      { task: 'a', needs: [0], endMs: 1 },
    ]);
    expect(criticalPath(columns)).toEqual([1, 0]);
  });
});

describe('readFilter()', () => {
  const columns = columnsOf([
    { task: 'load', startMs: 0, endMs: 10 },
    { task: 'load', state: 'failed', startMs: 0, endMs: 700 },
    { task: 'read file', state: 'running', startMs: 5 },
    { task: 'gather' },
    { task: 'fit', state: 'waiting' },
  ]);
  columns.say(0, { shown: "load('Alpha.csv')" });
  columns.attempts[1] = 3;
  test.for([
    ['', [0, 1, 2, 4]],
    ['load', [0, 1]],
    ['LOAD failed', [1]],
    ['task:load -failed', [0]],
    ['task:"read file"', [2]],
    ['task:loa', []],
    ['state:running,waiting', [2, 4]],
    ['ms>500', [1]],
    ['ms<500', [0]],
    ['attempts>1', [1]],
    ['#4', [4]],
    ['alpha', [0]],
    ['- -', [0, 1, 2, 4]],
  ] as const)('%j means %j', ([text, rows]) => {
    const isMeant = readFilter(text);
    expect([0, 1, 2, 3, 4].filter((row) => isMeant(columns, row))).toEqual(rows);
  });
});

describe('whyWaiting()', () => {
  const columns = columnsOf([
    { task: 'a', state: 'running', startMs: 1000 },
    { task: 'b', state: 'waiting', needs: [0, 2] },
    { task: 'c', state: 'computed' },
    { task: 'd', state: 'waiting', needs: [2] },
    { task: 'e', state: 'retrying' },
  ]);
  columns.attempts[4] = 1;
  columns.say(4, { retryAtMs: 9000 });
  const so = { nowMs: 4000, slots: 2, running: 2 };
  test.for([
    [0, 'It runs, for 0:03 now'],
    [1, 'It waits for 1 of the 2 calls that it needs: a #0 (running)'],
    [2, undefined],
    [3, 'It is ready, and waits for a slot: all 2 are taken'],
    [4, 'Attempt 1 has failed, and the next one follows in 0:05'],
  ] as const)('of call %d is %j', ([row, why]) => {
    expect(whyWaiting(columns, row, so)).toBe(why);
  });
});
