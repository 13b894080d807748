/** For how long a pool keeps a worker, and how long one may take to begin. */

import { describe, expect, test } from 'vitest';
import { failed, type PoolKind, type PoolOptions, TimedOutError } from '../../src/index.ts';
import { FakeClock } from '../../src/testing.ts';
import { notReached } from '../fixtures/tasks/hangs-at-import.ts';
import { notesIn } from '../fixtures/tasks/meeting-folder.ts';
import { poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { Diary, Gated } from '../fixtures/tasks/state-tasks.ts';
import { tellingTasks } from '../fixtures/tasks/telling-tasks.ts';
import { folderForTest, Gate } from './gate.ts';
import { NotingClock } from './noting-clock.ts';
import { isolatedKinds, kinds, opened } from './opened.ts';

const { checked, noted, passGate, same, where, whereLater } = poolTasks;
const { take } = tellingTasks;

/** What hangs is told within this time. */
const limit = { timeout: 10_000 };

/** How often each value comes. */
function countsOf(values: readonly unknown[]): number[] {
  const counts = new Map<unknown, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()];
}

describe.each(isolatedKinds)('on %s, idleTimeoutMs', limit, (kind) => {
  test('ends workers that had nothing to do for so long, and others start when they are needed', async () => {
    const clock = new FakeClock();
    const gate = new Gate();
    const pool = opened(passGate, { kind, idleTimeoutMs: 1000, clock });
    const all = Promise.all([1, 2].map(() => pool.submit(gate.folder)));
    await gate.whenArrived(2);
    clock.pass(5000);
    expect(pool.stats()).toMatchObject({ workers: 2, running: 2 });
    gate.open();
    const before = await all;
    clock.pass(998);
    expect(pool.stats().workers).toBe(2);
    clock.pass(2);
    expect(pool.stats().workers).toBe(0);
    expect(before).not.toContain(await pool.submit(gate.folder));
    expect(pool.stats()).toMatchObject({ workers: 1, replaced: 0, recycled: 0, succeeded: 3 });
  });

  test('counts from the last call of each worker on', async () => {
    const clock = new FakeClock();
    const pool = opened(where, { kind, workers: 1, idleTimeoutMs: 1000, clock });
    const first = await pool.submit(1);
    for (let times = 0; times < 3; times++) {
      clock.pass(900);
      expect(await pool.submit(1)).toBe(first);
    }
    clock.pass(1000);
    expect(pool.stats().workers).toBe(0);
    expect(await pool.submit(1)).not.toBe(first);
  });

  test('ends workers by the clock of this machine too', async () => {
    const pool = opened(same, { kind, idleTimeoutMs: 20 });
    expect(await pool.map([1, 2, 3]).toArray()).toEqual([1, 2, 3]);
    await expect.poll(() => pool.stats().workers).toBe(0);
    expect(await pool.map([4, 5, 6]).toArray()).toEqual([4, 5, 6]);
  });

  test('disposes of their states', async () => {
    const clock = new FakeClock();
    const folder = folderForTest();
    const pool = opened(Diary(folder, 'a'), { kind, workers: 1, idleTimeoutMs: 1000, clock });
    await pool.submit('x');
    clock.pass(1000);
    await expect.poll(() => notesIn(folder)).toEqual(['built a', 'disposed a']);
    expect(await pool.submit('y')).toBe('a 1 y');
  });
});

describe.each(isolatedKinds)('on %s, maxCallsPerWorker', limit, (kind) => {
  test.each([1, 3, 7])('lets a worker run exactly %d calls', async (most) => {
    const pool = opened(where, { kind, workers: 1, maxCallsPerWorker: most });
    const workers = await pool.map(new Array(most * 3).fill(0)).toArray();
    expect(countsOf(workers)).toEqual([most, most, most]);
    expect(pool.stats()).toMatchObject({ recycled: 3, replaced: 0, succeeded: most * 3 });
  });

  test('lets several workers run so many at most', async () => {
    const pool = opened(whereLater, { kind, maxCallsPerWorker: 40 });
    const workers = await pool.map(new Array(300).fill(0), { window: 300 }).toArray();
    expect(workers).toHaveLength(300);
    for (const count of countsOf(workers)) expect(count).toBeLessThanOrEqual(40);
  });

  test('holds for calls that travel together, single calls, failures and time limits', async () => {
    const pool = opened(checked, { kind, workers: 1, maxCallsPerWorker: 4 });
    const results = await pool.map([0, 1, 4, 2, 3, 4], { batch: 100, errors: 'yield' }).toArray();
    expect(results.map((result) => (failed(result) ? result.reason : result))).toEqual([
      0,
      2,
      'threw',
      4,
      6,
      'threw',
    ]);
    expect(pool.stats().recycled).toBe(1);
    expect(await Promise.all([1, 2].map((n) => pool.submit(n)))).toEqual([2, 4]);
    expect(pool.stats().recycled).toBe(2);
    await pool.map([1, 2, 3, 0], { timeoutMs: 60_000 }).toArray();
    expect(pool.stats()).toMatchObject({ recycled: 3, replaced: 0 });
  });

  test('disposes of their states and builds new ones', async () => {
    const folder = folderForTest();
    const pool = opened(Diary(folder, 'a'), { kind, workers: 1, maxCallsPerWorker: 2 });
    const results = await pool.map(['u', 'v', 'w', 'x', 'y']).toArray();
    expect(results).toEqual(['a 1 u', 'a 2 v', 'a 1 w', 'a 2 x', 'a 1 y']);
    await pool.stop();
    const notes = notesIn(folder);
    expect(notes.filter((text) => text === 'built a')).toHaveLength(3);
    expect(notes.filter((text) => text === 'disposed a')).toHaveLength(3);
  });
});

describe.each(isolatedKinds)('on %s, maxMemoryBytes', limit, (kind) => {
  test('ends a worker that takes more after a call, which succeeds', async () => {
    const pool = opened(take, { kind, workers: 1, maxMemoryBytes: 300 * 2 ** 20 });
    const first = await pool.submit(0);
    for (let times = 0; times < 5; times++) expect(await pool.submit(1)).toBe(first);
    expect(pool.stats().recycled).toBe(0);
    expect(await pool.submit(300)).toBe(first);
    expect(await pool.submit(0)).not.toBe(first);
    expect(pool.stats()).toMatchObject({ recycled: 1, replaced: 0, succeeded: 8, failed: 0 });
  });

  test.each([1, 60])('loses no call of a map with a window of %d', async (window) => {
    const pool = opened(take, { kind, workers: 1, maxMemoryBytes: 300 * 2 ** 20 });
    const inputs = Array.from({ length: 60 }, (_, n) => (n === 20 || n === 40 ? 300 : 0));
    const workers = await pool.map(inputs, { window }).toArray();
    expect(workers).toHaveLength(60);
    const { recycled, ...others } = pool.stats();
    expect(others).toMatchObject({ replaced: 0, succeeded: 60 });
    // What had been sent to the worker before it still runs there.
    expect(window === 1 ? [2] : [1, 2]).toContain(recycled);
    expect(new Set(workers).size).toBe(recycled + 1);
  });
});

/** Options of Node.js by which a worker never comes to its own program. */
const neverStarts = [
  '--import',
  'data:text/javascript,setInterval(() => undefined, 1000); await new Promise(() => undefined);',
];

describe.each(isolatedKinds)('on %s, startTimeoutMs', limit, (kind) => {
  function reasonsOf(results: readonly unknown[]): unknown[] {
    return results.map((result) => failed(result) && [result.reason, String(result.error)]);
  }

  test('ends a worker that does not start, and its calls fail', async () => {
    const clock = new NotingClock();
    const pool = opened(same, { kind, execArgv: neverStarts, startTimeoutMs: 700, clock });
    const results = pool.map([1, 2, 3], { errors: 'yield' }).toArray();
    await clock.whenSet(700, 2);
    clock.pass(699);
    expect(pool.stats()).toMatchObject({ workers: 2, failed: 0 });
    clock.pass(1);
    const why = 'Cannot use a worker as it did not start within 700 ms';
    expect(reasonsOf(await results)).toEqual(
      new Array(3).fill(['worker-lost', expect.stringContaining(why)]),
    );
    expect(pool.stats().workers).toBe(0);
  });

  test('is a minute unless it is given', async () => {
    const clock = new NotingClock();
    const pool = opened(same, { kind, workers: 1, execArgv: neverStarts, clock });
    const result = pool.submit(1);
    await clock.whenSet(60_000);
    clock.pass(60_000);
    await expect(result).rejects.toBeInstanceOf(TimedOutError);
    await pool.drain();
  });

  test('ends the import of a module that takes longer', async () => {
    const pool = opened(notReached, { kind, workers: 1, startTimeoutMs: 1500 });
    const results = await pool.map([1, 2], { errors: 'yield' }).toArray();
    const why = "Cannot load task 'notReached' in a worker as importing its module took more than 1500 ms";
    expect(reasonsOf(results)).toEqual(new Array(2).fill(['not-loadable', expect.stringContaining(why)]));
    expect(pool.stats().workers).toBe(0);
  });

  test('ends the building of a state that takes longer, and the pool with it', async () => {
    const clock = new NotingClock();
    const gate = new Gate();
    const pool = opened(Gated(gate.folder), { kind, workers: 1, startTimeoutMs: 700, clock });
    const result = pool.submit(1).catch((error: unknown) => error);
    await clock.whenSet(700, 2);
    await gate.whenArrived(1);
    clock.pass(700);
    expect(String(await result)).toMatch(/did not build its state within 700 ms/);
    await expect(pool.submit(2)).rejects.toBeInstanceOf(TimedOutError);
    expect(pool.stats().workers).toBe(0);
  });

  test('does not hold for building a state unless it is given', async () => {
    const clock = new NotingClock();
    const gate = new Gate();
    const pool = opened(Gated(gate.folder), { kind, workers: 1, clock });
    const result = pool.submit(1);
    await gate.whenArrived(1);
    // The start was in time, and its limit is not there any more.
    await expect.poll(() => clock.timers).toBe(0);
    clock.pass(3_600_000);
    gate.open();
    expect(await result).toBe(1);
  });

  test('is no part of the time that a call takes', async () => {
    const folder = folderForTest();
    const pool = opened(noted, { kind, workers: 1, startTimeoutMs: 8000 });
    expect(await pool.submit({ folder, id: 1, takesMs: 20 })).toBeGreaterThan(0);
    const clock = new NotingClock();
    const gate = new Gate();
    const slow = opened(passGate, { kind, workers: 1, startTimeoutMs: 700, clock });
    const result = slow.submit(gate.folder);
    await gate.whenArrived(1);
    await expect.poll(() => clock.timers).toBe(0);
    clock.pass(10_000);
    gate.open();
    expect(await result).toBeGreaterThan(0);
  });
});

describe.each(kinds)('on %s, limits', limit, (kind) => {
  test('that are generous change nothing', async () => {
    const options: PoolOptions<[number]> & { readonly kind: PoolKind } = {
      kind,
      idleTimeoutMs: 60_000,
      maxCallsPerWorker: 1000,
      maxMemoryBytes: 2 ** 33,
      startTimeoutMs: 60_000,
    };
    const pool = opened(checked, options);
    expect(await pool.map([1, 2, 3]).toArray()).toEqual([2, 4, 6]);
    await expect(pool.submit(4)).rejects.toThrow('refused 4');
    expect(pool.stats()).toMatchObject({ succeeded: 3, failed: 1, recycled: 0, replaced: 0 });
  });
});
