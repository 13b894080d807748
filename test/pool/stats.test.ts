/** What a pool says of itself: counts, and how long calls took and waited. */

import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../src/testing.ts';
import { poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { folderForTest, Gate } from './gate.ts';
import { isolatedKinds, kinds, opened } from './opened.ts';
import { turn } from './turn.ts';

const { checked, checkedLater, double, noted, notedLater, unless } = poolTasks;

/** What hangs is told within this time. */
const limit = { timeout: 8000 };

const none = { count: 0, mean: 0, min: 0, max: 0, p50: 0, p90: 0, p99: 0 };

describe.each(kinds)('on %s, stats()', limit, (kind) => {
  test('are zeros before the first call', () => {
    expect(opened(checked, { kind }).stats()).toEqual({
      workers: 0,
      running: 0,
      waiting: 0,
      succeeded: 0,
      failed: 0,
      replaced: 0,
      recycled: 0,
      runMs: none,
      waitMs: none,
    });
  });

  test('tell what runs and what waits', async () => {
    const gate = new Gate();
    const pool = opened(notedLater, { kind });
    const all = Promise.all(
      [1, 2, 3, 4, 5].map((id) => pool.submit({ folder: gate.folder, id, waits: true })),
    );
    await gate.whenArrived(2);
    expect(pool.stats()).toMatchObject({ running: 2, succeeded: 0 });
    // Threads and processes may have one more each, for when they have done what they do.
    expect(pool.stats().waiting).toBeLessThanOrEqual(3);
    gate.open();
    await all;
    await pool.drain();
    expect(pool.stats()).toMatchObject({ running: 0, waiting: 0, succeeded: 5, failed: 0 });
  });

  test.each([
    ['in a map', true],
    ['one by one', false],
  ])('count each call that ran %s, however it ended', async (_, isMap) => {
    for (const task of [checked, checkedLater]) {
      const pool = opened(task, { kind, workers: 1 });
      const inputs = Array.from({ length: 100 }, (_unused, n) => n);
      if (isMap) await pool.map(inputs, { errors: 'yield' }).toArray();
      else await Promise.allSettled(inputs.map((n) => pool.submit(n)));
      const { runMs, waitMs, ...counts } = pool.stats();
      expect(counts).toMatchObject({ succeeded: 80, failed: 20, running: 0, waiting: 0 });
      expect(runMs.count).toBe(100);
      expect(waitMs.count).toBe(100);
    }
  });

  test('tell durations that fit together', async () => {
    const folder = folderForTest();
    const pool = opened(noted, { kind, workers: 1 });
    for (const takesMs of [20, 20, 20, 60]) await pool.submit({ folder, id: 1, takesMs });
    const { runMs, waitMs } = pool.stats();
    for (const durations of [runMs, waitMs]) {
      const { count, mean, min, max, p50, p90, p99 } = durations;
      expect(count).toBe(4);
      const inOrder = [0, min, p50, p90, p99, max];
      expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
      expect(mean).toBeGreaterThanOrEqual(min);
      expect(mean).toBeLessThanOrEqual(max);
    }
    // A machine that is busy makes all of it longer, never shorter.
    expect(runMs.min).toBeGreaterThan(19);
    expect(runMs.max).toBeGreaterThan(59);
    expect(runMs.p50).toBeGreaterThan(18);
  });

  test('tell how long calls waited for others', async () => {
    const folder = folderForTest();
    const pool = opened(noted, { kind, workers: 1 });
    await Promise.all([1, 2, 3, 4].map((id) => pool.submit({ folder, id, takesMs: 30 })));
    // Some may have been sent ahead, to wait at the worker: no more than one at a time.
    expect(pool.stats().waitMs.max).toBeGreaterThan(29);
  });

  test('count calls that time out', async () => {
    const pool = opened(unless.with({ timeoutMs: 60 }), { kind });
    await pool.submit('quick');
    await expect(pool.submit('never')).rejects.toThrow(/more than 60 ms/);
    expect(pool.stats()).toMatchObject({ succeeded: 1, failed: 1 });
  });
});

test('stats() of an inline pool are by its clock', async () => {
  const clock = new FakeClock();
  const gate = new Gate();
  const pool = opened(notedLater, { kind: 'inline', workers: 1, clock });
  const all = Promise.all([1, 2].map((id) => pool.submit({ folder: gate.folder, id, waits: id === 1 })));
  await gate.whenArrived(1);
  await turn();
  clock.pass(40);
  gate.open();
  await all;
  const { runMs, waitMs } = pool.stats();
  expect(runMs).toMatchObject({ count: 2, mean: 20, min: 0, max: 40, p50: 0 });
  expect(waitMs).toMatchObject({ count: 2, mean: 20, min: 0, max: 40 });
});

describe.each(isolatedKinds)('on %s, stats()', limit, (kind) => {
  test('count workers that were lost, and calls that could not be sent', async () => {
    const pool = opened(double, { kind, workers: 1 });
    await pool.submit(1);
    await expect(pool.submit({ fault: 'exits' })).rejects.toThrow(/exited with code 3/);
    await expect(pool.submit((() => 1) as never)).rejects.toThrow(/Cannot send task 'double'/);
    await pool.submit(2);
    const { runMs, ...counts } = pool.stats();
    expect(counts).toMatchObject({ workers: 1, succeeded: 2, failed: 2, replaced: 1, recycled: 0 });
    // Of a call that ended its worker nobody knows how long it took.
    expect(runMs.count).toBe(2);
  });

  test('count a call once that was taken back from behind a long one', async () => {
    const gate = new Gate();
    const pool = opened(noted, { kind });
    const inputs = Array.from({ length: 100 }, (_, id) => ({ folder: gate.folder, id, waits: id === 0 }));
    const results = pool.map(inputs, { batch: 50, window: 100 }).toArray();
    await gate.whenArrived(100);
    gate.open();
    await results;
    const { runMs, waitMs, succeeded } = pool.stats();
    expect([succeeded, runMs.count, waitMs.count]).toEqual([100, 100, 100]);
  });

  test('do not count the time in which a worker starts as that of a call', async () => {
    const pool = opened(checked, { kind, workers: 1 });
    await pool.submit(1);
    // Importing the module takes many times as long.
    expect(pool.stats().runMs.max).toBeLessThan(20);
  });
});
