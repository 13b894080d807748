/** Calls do not wait behind a long one while another worker is idle, and each runs once. */

import { describe, expect, test } from 'vitest';
import type { WorkerPool } from '../../src/index.ts';
import { notesIn } from '../fixtures/tasks/meeting-folder.ts';
import { type Counted, poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { folderForTest, Gate } from './gate.ts';
import { isolatedKinds, opened } from './opened.ts';

const { count, noted, notedLater, recordStart } = poolTasks;

const limit = { timeout: 12_000 };

/** A pool that has learned that calls of `count` take no time, so that they travel in large batches. */
async function trained(workers: number): Promise<WorkerPool<[Counted], string>> {
  const pool = opened(count, { kind: 'threads', workers });
  const counter = new SharedArrayBuffer(4);
  await pool.map(Array.from({ length: 20_000 }, () => ({ counter }))).toArray();
  return pool;
}

function valueOf(counter: SharedArrayBuffer): number {
  return Atomics.load(new Int32Array(counter), 0);
}

// Threads share memory, by which calls are claimed.
describe('on threads', limit, () => {
  test.each<[string, number, readonly number[]]>([
    ['first', 2, [0]],
    ['in the middle', 2, [600]],
    ['last', 2, [1199]],
    ['at two places, with three workers', 3, [0, 420]],
    ['side by side, with three workers', 3, [300, 301]],
    ['at three places, with four workers', 4, [0, 310, 620]],
  ])('a long call %s holds up no other, and each runs once', async (_, workers, places) => {
    const pool = await trained(workers);
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
      const pool = await trained(1);
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
    const results = opened(recordStart, { kind: 'threads', workers: 1 }).map(inputs, { window: 1000 });
    expect(await results.toArray()).toEqual(inputs.map(({ id }) => id));
    expect([...new Int32Array(record).subarray(1)]).toEqual(inputs.map(({ id }) => id));
  });

  test('several workers start each call once', async () => {
    const calls = 20_000;
    const record = new SharedArrayBuffer(4 * (calls + 1));
    const inputs = Array.from({ length: calls }, (_, id) => ({ record, id }));
    const pool = opened(recordStart, { kind: 'threads', workers: 3 });
    const ids = await pool.map(inputs, { window: calls, ordered: false }).toArray();
    const [starts, ...order] = new Int32Array(record);
    expect(starts).toBe(calls);
    expect(new Set(order).size).toBe(calls);
    expect(new Set(ids).size).toBe(calls);
  });
});

/** From 0 on. */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

function sorted(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b);
}

describe.each(isolatedKinds)('on %s', limit, (kind) => {
  test('one worker starts calls in the order of the inputs', async () => {
    const folder = folderForTest();
    const pool = opened(noted, { kind, workers: 1 });
    await pool.map(numbers(2000).map((id) => ({ folder, id }))).toArray();
    expect(notesIn(folder).map(Number)).toEqual(numbers(2000));
  });

  test.each([true, false])('several workers start each call once, ordered: %s', async (ordered) => {
    const folder = folderForTest();
    const pool = opened(noted, { kind, workers: 3 });
    const inputs = numbers(3000).map((id) => ({ folder, id }));
    await pool.map(inputs, { window: 3000, ordered }).toArray();
    expect(sorted(notesIn(folder).map(Number))).toEqual(numbers(3000));
  });

  test('several workers start each single call once', async () => {
    const folder = folderForTest();
    const pool = opened(noted, { kind, workers: 3 });
    await Promise.all(numbers(1000).map((id) => pool.submit({ folder, id })));
    expect(sorted(notesIn(folder).map(Number))).toEqual(numbers(1000));
  });

  test.each([
    ['first', [0]],
    ['in the middle', [17]],
    ['near the end', [38]],
  ])('of calls that take long, one that takes longer %s holds up no other', async (_, places) => {
    const gate = new Gate();
    const { folder } = gate;
    const pool = opened(noted, { kind, workers: 2 });
    const taught = folderForTest();
    await pool.map(numbers(6).map((id) => ({ folder: taught, id, takesMs: 6 }))).toArray();
    const inputs = numbers(40).map((id) => ({ folder, id, takesMs: 6, waits: places.includes(id) }));
    const results = pool.map(inputs, { window: 40 }).toArray();
    // All come while one of them waits: none was behind it.
    await gate.whenArrived(40);
    gate.open();
    expect(new Set(await results).size).toBe(2);
    expect(sorted(notesIn(folder).map(Number))).toEqual(numbers(40));
  });

  test('calls of which nothing is known do not wait behind each other while a worker is idle', async () => {
    for (const way of ['map', 'submit'] as const) {
      const gate = new Gate();
      const { folder } = gate;
      const pool = opened(noted, { kind, workers: 2 });
      const inputs = numbers(12).map((id) => ({ folder, id, takesMs: 6, waits: id === 0 }));
      const results =
        way === 'map'
          ? pool.map(inputs, { window: 12 }).toArray()
          : Promise.all(inputs.map((input) => pool.submit(input)));
      await gate.whenArrived(12);
      gate.open();
      await results;
      expect(sorted(notesIn(folder).map(Number))).toEqual(numbers(12));
    }
  });

  test.each(['return', 'signal'] as const)(
    'what was sent behind a call that waits and is given up on never starts: by %s',
    async (way) => {
      const gate = new Gate();
      const { folder } = gate;
      const pool = opened(notedLater, { kind, workers: 1 });
      const taught = folderForTest();
      await pool.map(numbers(500).map((id) => ({ folder: taught, id }))).toArray();
      const controller = new AbortController();
      const inputs = numbers(40).map((id) => ({ folder, id, waits: id === 1 }));
      const results = pool.map(inputs, { batch: 40, window: 40, signal: controller.signal });
      const asked = results.next().catch(() => undefined);
      await gate.whenArrived(2);
      if (way === 'return') await results.return();
      else controller.abort();
      await asked;
      // Behind what was told to the worker, which hears of it first.
      const last = pool.submit({ folder: taught, id: -1 });
      gate.open();
      await last;
      await pool.drain();
      expect(notesIn(folder)).toEqual(['0', '1']);
    },
  );
});
