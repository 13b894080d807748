/** Calls that wait behind a long one are taken back and run elsewhere, once. */

import { describe, expect, test } from 'vitest';
import type { WorkerPool } from '../../src/index.ts';
import { type Counted, poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { isolatedKinds, opened, type PoolKind } from './opened.ts';

const { count, recordStart } = poolTasks;

const limit = { timeout: 12_000 };

/** A pool that has learned that calls of `count` take no time, so that they travel in large batches. */
async function trained(kind: PoolKind, workers: number): Promise<WorkerPool<[Counted], string>> {
  const pool = opened(count, { kind, workers });
  const counter = new SharedArrayBuffer(4);
  await pool.map(Array.from({ length: 20_000 }, () => ({ counter }))).toArray();
  return pool;
}

function valueOf(counter: SharedArrayBuffer): number {
  return Atomics.load(new Int32Array(counter), 0);
}

describe.each(isolatedKinds)('on %s', limit, (kind) => {
  test.each<[string, number, readonly number[]]>([
    ['first', 2, [0]],
    ['in the middle', 2, [600]],
    ['last', 2, [1199]],
    ['at two places, with three workers', 3, [0, 420]],
    ['side by side, with three workers', 3, [300, 301]],
    ['at three places, with four workers', 4, [0, 310, 620]],
  ])('a long call %s holds up no other, and each runs once', async (_, workers, places) => {
    const pool = await trained(kind, workers);
    const counter = new SharedArrayBuffer(4);
    const calls = 1200;
    const until = calls - places.length;
    const inputs = Array.from({ length: calls }, (_unused, index) =>
      places.includes(index) ? { counter, until } : { counter },
    );
    const results = await pool.map(inputs, { window: calls }).toArray();
    const others = results.filter((result) => result !== 'counted');
    expect(others).toEqual(places.map(() => 'saw all others'));
    expect(valueOf(counter)).toBe(until);
  });

  test('what was sent behind a long call and is given up on never starts', async () => {
    for (const way of ['return', 'signal'] as const) {
      const pool = await trained(kind, 1);
      const [first, rest] = [new SharedArrayBuffer(8), new SharedArrayBuffer(4)];
      const controller = new AbortController();
      const inputs = [
        { counter: first },
        { counter: first, until: 2 },
        ...Array.from({ length: 200 }, () => ({ counter: rest })),
      ];
      const results = pool.map(inputs, { window: 202, signal: controller.signal });
      // Its answer comes when the long call is being run, or waits in the same batch.
      const asked = results.next().catch(() => undefined);
      const started = new Int32Array(first);
      while (Atomics.load(started, 1) === 0) await Atomics.waitAsync(started, 1, 0).value;
      if (way === 'return') await results.return();
      else controller.abort();
      await asked;
      Atomics.add(started, 0, 1);
      Atomics.notify(started, 0);
      await pool.drain();
      expect(valueOf(rest)).toBe(0);
    }
  });

  test('one worker starts calls in the order of the inputs', async () => {
    const calls = 5000;
    const record = new SharedArrayBuffer(4 * (calls + 1));
    const inputs = Array.from({ length: calls }, (_, id) => ({ record, id }));
    const results = opened(recordStart, { kind, workers: 1 }).map(inputs, { window: 1000 });
    expect(await results.toArray()).toEqual(inputs.map(({ id }) => id));
    expect([...new Int32Array(record).subarray(1)]).toEqual(inputs.map(({ id }) => id));
  });

  test('several workers start each call once', async () => {
    const calls = 20_000;
    const record = new SharedArrayBuffer(4 * (calls + 1));
    const inputs = Array.from({ length: calls }, (_, id) => ({ record, id }));
    const pool = opened(recordStart, { kind, workers: 3 });
    const ids = await pool.map(inputs, { window: calls, ordered: false }).toArray();
    const [starts, ...order] = new Int32Array(record);
    expect(starts).toBe(calls);
    expect(new Set(order).size).toBe(calls);
    expect(new Set(ids).size).toBe(calls);
  });
});
