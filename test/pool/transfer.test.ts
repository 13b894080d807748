/** Memory that is moved to a worker and back: it is gone here, and there whole. */

import { describe, expect, onTestFinished, test } from 'vitest';
import { type Executor, openProcesses, openThreads, transfer } from '../../src/index.ts';
import { movingTasks } from '../fixtures/tasks/moving-tasks.ts';
import { isolatedKinds, kinds, opened } from './opened.ts';

const { addOne, sumOf, lengths, keepsIt, exitWith, failOnce } = movingTasks;

describe.each(kinds)('on %s, transfer()', { timeout: 15_000 }, (kind) => {
  test('moves bytes to a call, and its result back', async () => {
    const pool = opened(addOne, { kind });
    const bytes = new Uint8Array([1, 2, 255]);
    const result = pool.submit(transfer(bytes));
    expect(bytes).toHaveLength(0);
    expect([...(await result)]).toEqual([2, 3, 0]);
  });

  test('moves each input of a map, in order, and leaves others alone', async () => {
    const pool = opened(addOne, { kind });
    const inputs = Array.from({ length: 40 }, (_, n) => new Uint8Array([n, n]));
    const marked = inputs.map((bytes, n) => (n % 2 === 0 ? transfer(bytes) : bytes));
    const results = await pool.map(marked).toArray();
    expect(results.map((bytes) => bytes[0])).toEqual(inputs.map((_, n) => n + 1));
    expect(inputs.map(({ length }) => length)).toEqual(inputs.map((_, n) => (n % 2 === 0 ? 0 : 2)));
  });

  test('moves one of several arguments, and all buffers in a record', async () => {
    const bytes = new Uint8Array([1, 2, 3]);
    expect(await opened(sumOf, { kind }).submit(transfer(bytes), 10)).toBe(60);
    const parts = [new Float64Array(2), new Float64Array(3)];
    expect(await opened(lengths, { kind }).submit(transfer({ parts }))).toEqual([2, 3]);
    expect([...parts, bytes].map(({ length }) => length)).toEqual([0, 0, 0]);
    const spread = [[transfer(new Uint8Array([4])), 2]] as const;
    expect(await opened(sumOf, { kind }).map(spread, { spread: true }).toArray()).toEqual([8]);
  });

  test('refuses what was moved before, and what is no plain data', async () => {
    const pool = opened(addOne, { kind });
    const bytes = transfer(new Uint8Array(2));
    await pool.submit(bytes);
    await expect(pool.submit(bytes)).rejects.toThrow(/was moved before/);
    const mixed = transfer({ own: new (class Own {})(), bytes: new Uint8Array(1) });
    await expect(pool.submit(mixed as never)).rejects.toThrow(/args\[0\] as it holds more than plain data/);
    const results = await pool.map([bytes, new Uint8Array([1])], { errors: 'yield' }).toArray();
    expect(results[0]).toMatchObject({ reason: 'not-cloneable', index: 0 });
    expect(results[1]).toEqual(new Uint8Array([2]));
  });
});

describe.each(isolatedKinds)('on %s, what was moved', { timeout: 15_000 }, (kind) => {
  test('is lost with its worker, whose other calls are run again', async () => {
    const pool = opened(exitWith, { kind, workers: 1 });
    const settled = await Promise.allSettled([1, 2, 3].map(() => pool.submit(transfer(new Uint8Array(8)))));
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    for (const end of settled)
      expect((end as PromiseRejectedResult).reason).toMatchObject({ code: 'HEDDLE_WORKER_LOST' });
  });

  test('is not sent again by a retry', async () => {
    const pool = opened(failOnce.with({ retries: { retries: 3, minTimeoutMs: 1 } }), { kind });
    await expect(pool.submit(transfer(new Uint8Array(1)))).rejects.toThrow('no');
    expect(pool.stats().failed).toBe(1);
  });

  test('may stand twice in a result', async () => {
    const [one, two] = (await opened(keepsIt, { kind }).submit(
      transfer(new Uint8Array([7])),
    )) as Uint8Array[];
    expect(one).toEqual(new Uint8Array([7]));
    expect(two).toEqual(new Uint8Array([7]));
  });
});

test.each<[string, () => Executor]>([
  ['openThreads', () => openThreads({ workers: 1 })],
  ['openProcesses', () => openProcesses({ workers: 1 })],
])('%s().submit() moves, too', { timeout: 15_000 }, async (_, open) => {
  const executor = open();
  onTestFinished(() => executor.dispose());
  const all = [1, 2, 3, 4].map((n) => new Uint8Array([n]));
  const results = await Promise.all(all.map((bytes) => executor.submit(sumOf, transfer(bytes), 2)));
  expect(results).toEqual([2, 4, 6, 8]);
  expect(all.every(({ length }) => length === 0)).toBe(true);
});
