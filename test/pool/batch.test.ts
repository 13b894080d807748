/** How many calls of a map travel together, as its option `batch` says. */

import { describe, expect, test } from 'vitest';
import { poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { folderForTest } from './gate.ts';
import { isolatedKinds, kinds, opened } from './opened.ts';
import { openRecorded, type Sent } from './recorded.ts';

const { checked, checkedPair, same } = poolTasks;

/** What hangs is told within this time. */
const limit = { timeout: 8000 };

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n * 5);
}

/** How many calls each message had. */
function sizesOf(sent: readonly Sent[][]): number[] {
  return sent.flat().map(({ length }) => length);
}

describe.each(isolatedKinds)('on %s, batch', limit, (kind) => {
  test.each([1, 2, 7, 100])('%d: at most that many travel together', async (batch) => {
    const { pool, sent } = openRecorded(checked, kind);
    const results = await pool.map(numbers(1000), { batch }).toArray();
    expect(results).toEqual(numbers(1000).map((n) => n * 2));
    const sizes = sizesOf(sent);
    // It is used, also of a task of which nothing is known.
    expect(Math.max(...sizes)).toBe(batch);
    expect(sizes[0]).toBe(batch);
    // Those that an idle worker takes over are sent again.
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(1000);
  });

  test('holds for inputs that come one by one', async () => {
    async function* later(): AsyncGenerator<number> {
      for (const n of numbers(300)) yield n;
    }
    const { pool, sent } = openRecorded(checked, kind);
    await pool.map(numbers(2000)).toArray();
    sent.forEach((messages) => {
      messages.length = 0;
    });
    expect(await pool.map(later(), { batch: 3 }).toArray()).toHaveLength(300);
    expect(Math.max(...sizesOf(sent))).toBeLessThanOrEqual(3);
  });

  test('holds for lists of arguments and for keys', async () => {
    const pairs = openRecorded(checkedPair, kind);
    const inputs = numbers(200).map((n): [number, number] => [n, 1]);
    await pairs.pool.map(inputs, { spread: true, batch: 4 }).toArray();
    expect(Math.max(...sizesOf(pairs.sent))).toBe(4);
    const keyed = openRecorded(checked, kind, { affinity: (n) => n % 3 });
    await keyed.pool.map(numbers(200), { batch: 4, window: 200 }).toArray();
    expect(Math.max(...sizesOf(keyed.sent))).toBe(4);
  });

  test('holds while another map of the pool has none', async () => {
    const { pool, sent } = openRecorded(checked, kind, { workers: 1, affinity: () => 1 });
    await pool.map(numbers(2000)).toArray();
    sent.forEach((messages) => {
      messages.length = 0;
    });
    const others = pool.map(new Array<number>(203).fill(2), { window: 203 }).toArray();
    await pool.map(new Array<number>(200).fill(1), { batch: 1, window: 200 }).toArray();
    await others;
    const ours = sent.flat().map((inputs) => inputs.filter((input) => input === 1).length);
    expect(Math.max(...ours)).toBe(1);
  });

  test('is no more than maxCallsPerWorker', async () => {
    const { pool, sent } = openRecorded(checked, kind, { limits: { maxCallsPerWorker: 5 } });
    await pool.map(numbers(15), { batch: 20 }).toArray();
    for (const messages of sent) expect(messages.flat().length).toBeLessThanOrEqual(5);
  });

  test('auto: begins with one, and grows while calls are short', async () => {
    const { pool, sent } = openRecorded(checked, kind, { workers: 1 });
    await pool.map(numbers(5000), { batch: 'auto' }).toArray();
    const sizes = sizesOf(sent);
    expect(sizes[0]).toBe(1);
    expect(Math.max(...sizes)).toBeGreaterThan(16);
  });

  test('auto: is one while calls take long', async () => {
    const folder = folderForTest();
    const { pool, sent } = openRecorded(poolTasks.noted, kind);
    await pool.map(numbers(20).map((id) => ({ folder, id, takesMs: 5 }))).toArray();
    expect(new Set(sizesOf(sent))).toEqual(new Set([1]));
  });

  test('makes room for so many inputs, unless there is a window', async () => {
    const takenBy = async (options: {
      readonly batch: number;
      readonly window?: number;
    }): Promise<number> => {
      let taken = 0;
      function* counted(): Generator<number> {
        for (;;) yield taken++;
      }
      await using results = opened(same, { kind, workers: 1 }).map(counted(), options);
      await results.next();
      return taken;
    };
    expect(await takenBy({ batch: 50 })).toBeGreaterThanOrEqual(50);
    expect(await takenBy({ batch: 50, window: 3 })).toBeLessThanOrEqual(4);
  });
});

describe.each(kinds)('on %s, batch', limit, (kind) => {
  test.each([1, 3, 1000, 'auto'] as const)('%s changes no result', async (batch) => {
    const pool = opened(checked, { kind });
    const inputs = Array.from({ length: 200 }, (_, n) => n);
    const results = await pool.map(inputs, { batch, errors: 'yield' }).toArray();
    expect(results.filter((_, n) => n % 5 !== 4)).toEqual(
      inputs.filter((n) => n % 5 !== 4).map((n) => n * 2),
    );
    expect(pool.stats()).toMatchObject({ succeeded: 160, failed: 40 });
  });
});
