/** What calls tell while they run: whoever started them hears of it, in order, and of nothing else. */

import { describe, expect, test } from 'vitest';
import type { CallEvent } from '../../src/index.ts';
import { tellingTasks } from '../fixtures/tasks/telling-tasks.ts';
import { folderForTest } from './gate.ts';
import { isolatedKinds, kinds, opened } from './opened.ts';

const { emitAnything, fewTurns, reportOften, reportOnce, succeedAt, tell, tellLater, tellTooLate } =
  tellingTasks;

/** What hangs is told within this time. */
const limit = { timeout: 8000 };

function valuesOf(events: readonly CallEvent[]): unknown[] {
  return events.flatMap((event) => (event.kind === 'emission' ? [event.value] : []));
}

describe.each(kinds)('on %s, onEvent', limit, (kind) => {
  test('of a pool hears what single calls tell, in order, before they end', async () => {
    const events: CallEvent[] = [];
    const pool = opened(tell, { kind, workers: 1, onEvent: (event) => events.push(event) });
    expect(await pool.submit(3)).toBe(3);
    expect(events).toEqual([
      { kind: 'emission', value: 0 },
      { kind: 'emission', value: 1 },
      { kind: 'emission', value: 2 },
      { kind: 'progress', done: 3, total: 3, text: 'told' },
    ]);
    await pool.submit(0);
    expect(events.slice(4)).toEqual([{ kind: 'progress', done: 0, total: 0, text: 'told' }]);
  });

  test.each([true, false])('of a map hears of which input, ordered: %s', async (ordered) => {
    for (const task of [tell, tellLater]) {
      const values: unknown[][] = [[], [], [], [], [], [], [], []];
      const inputs = [3, 0, 1, 5, 2, 2, 4, 1];
      const pool = opened(task, { kind });
      const results = pool.map(inputs, {
        ordered,
        onEvent: (event, index) => values[index]?.push(...valuesOf([event])),
      });
      await results.toArray();
      const expected = inputs.map((most) =>
        Array.from({ length: most }, (_, n) => (task === tell ? n : { n, of: [most] })),
      );
      expect(values).toEqual(expected);
    }
  });

  test('of a map counts inputs on, also of those that travel together or have a time limit', async () => {
    const pool = opened(tell, { kind });
    for (const options of [{ batch: 7 }, { timeoutMs: 60_000 }, { window: 1 }]) {
      const indexes: number[] = [];
      const inputs = Array.from({ length: 50 }, () => 1);
      await pool
        .map(inputs, {
          ...options,
          onEvent: ({ kind: what }, index) => what === 'emission' && indexes.push(index),
        })
        .toArray();
      expect(indexes.toSorted((a, b) => a - b)).toEqual([...inputs.keys()]);
    }
  });

  test('of a map stands in the place of that of its pool', async () => {
    const [ofPool, ofMap]: CallEvent[][] = [[], []];
    const pool = opened(tell, { kind, onEvent: (event) => ofPool?.push(event) });
    await pool.map([1], { onEvent: (event) => ofMap?.push(event) }).toArray();
    expect([ofPool?.length, ofMap?.length]).toEqual([0, 2]);
    await pool.map([1]).toArray();
    await pool.submit(1);
    expect([ofPool?.length, ofMap?.length]).toEqual([4, 2]);
  });

  test('hears nothing of a call that has ended', async () => {
    for (const task of [tellTooLate, tellingTasks.tellTooLateLater]) {
      const events: CallEvent[] = [];
      const pool = opened(task, { kind, workers: 1, onEvent: (event) => events.push(event) });
      expect(await pool.submit('a')).toBe('ended');
      expect(await pool.submit('b')).toBe('ended');
      await pool.stop();
      expect(valuesOf(events)).toEqual(['in time', 'in time']);
      expect(events).toHaveLength(2);
    }
  });

  test('hears nothing of a map that was left', async () => {
    let heard = 0;
    const pool = opened(tellLater, { kind, workers: 1 });
    const results = pool.map(new Array<number>(20).fill(30), { window: 20, onEvent: () => heard++ });
    await results.next();
    await results.return();
    const before = heard;
    expect(before).toBeGreaterThanOrEqual(30);
    await pool.drain();
    expect(heard).toBe(before);
  });

  test('hears a report of what is done, and in the end that all is', async () => {
    const events: CallEvent[] = [];
    const pool = opened(reportOften, { kind, workers: 1, onEvent: (event) => events.push(event) });
    await pool.submit(5000);
    const done = events.map((event) => (event.kind === 'progress' ? event.done : Number.NaN));
    expect(done.at(-1)).toBe(5000);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
  });

  test('hears of every attempt at a call', async () => {
    const folder = folderForTest();
    const events: CallEvent[] = [];
    const task = succeedAt.with({ retries: { retries: 3, minTimeoutMs: 1 } });
    const pool = opened(task, { kind, workers: 1, onEvent: (event) => events.push(event) });
    expect(await pool.submit({ folder, attempt: 3, how: 'throw' })).toBe(3);
    expect(valuesOf(events)).toEqual([1, 2, 3]);
  });

  test('is not needed: calls may tell what nobody hears', async () => {
    const pool = opened(tell, { kind });
    expect(await pool.submit(3)).toBe(3);
    expect(await pool.map([1, 2]).toArray()).toEqual([1, 2]);
  });
});

describe.each(isolatedKinds)('on %s, currentCall()', limit, (kind) => {
  test('emit() throws inside the task what cannot leave it, naming the way to it', async () => {
    const events: CallEvent[] = [];
    const pool = opened(emitAnything, { kind, onEvent: (event) => events.push(event) });
    expect(await pool.submit('function')).toMatch(/^NotCloneableError: .*value\.deep\[0\]/);
    expect(events).toEqual([]);
  });

  test('emit() gives out errors, maps and what else can be sent', async () => {
    const events: CallEvent[] = [];
    const pool = opened(emitAnything, { kind, onEvent: (event) => events.push(event) });
    expect(await pool.submit('error')).toBe('emitted');
    const [value] = valuesOf(events);
    expect(value).toBeInstanceOf(Error);
    expect(value).toMatchObject({ message: 'an error', cause: new Map() });
  });

  test('report() is heard some twenty times a second at most', async () => {
    let heard = 0;
    const pool = opened(reportOften, { kind, workers: 1, onEvent: () => heard++ });
    const startedMs = performance.now();
    await pool.submit(100_000);
    const passedMs = performance.now() - startedMs;
    expect(heard).toBeLessThanOrEqual(passedMs / 50 + 2);
  });

  test('report() is heard the first time, though it is the only one', async () => {
    const events: CallEvent[] = [];
    const pool = opened(reportOnce, { kind, workers: 1, onEvent: (event) => events.push(event) });
    await pool.submit();
    expect(events).toEqual([{ kind: 'progress', done: 1, total: undefined, text: 'begun' }]);
  });

  test('what was emitted before the worker was lost is heard', async () => {
    const folder = folderForTest();
    const events: CallEvent[] = [];
    const pool = opened(succeedAt, { kind, workers: 1, onEvent: (event) => events.push(event) });
    await expect(pool.submit({ folder, attempt: 2, how: 'exit' })).rejects.toThrow(/exited with code 1/);
    expect(valuesOf(events)).toEqual([1]);
    expect(await pool.submit({ folder, attempt: 2, how: 'exit' })).toBe(2);
  });

  test('another call than the one that told something hears nothing of it', async () => {
    const indexes: number[] = [];
    const pool = opened(tellTooLate, { kind, workers: 1 });
    const others = opened(fewTurns, { kind, workers: 1 });
    await pool.map(['a', 'b', 'c'], { window: 1, onEvent: (_, index) => indexes.push(index) }).toArray();
    await others.submit(1);
    expect(indexes).toEqual([0, 1, 2]);
  });
});
