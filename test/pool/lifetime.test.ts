/** The life of a pool: workers that come, go and wait; draining, stopping, terminating, resizing. */

import { describe, expect, test } from 'vitest';
import { openPool, task } from '../../src/index.ts';
import { poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { Gate } from './gate.ts';
import { isolatedKinds, kinds, opened } from './opened.ts';
import { turn } from './turn.ts';

const { checkedLater, double, passGate, same, unless, whereLater } = poolTasks;

/** What hangs is told within this time. */
const limit = { timeout: 5000 };

describe('openPool()', () => {
  test.each([0, 1.5, -1, Number.NaN])('refuses %d workers', (workers) => {
    expect(() => openPool(same, { workers })).toThrow(/'workers' must be a positive integer: received/);
  });

  test('refuses kinds and options that there are not', () => {
    expect(() => openPool(same, { kind: 'fibres' as 'threads' })).toThrow(
      /'kind' must be .*: received 'fibres'/,
    );
    expect(() => openPool(same, { worker: 1 } as never)).toThrow(/worker/);
  });

  test('refuses what is no task, and for other threads tasks that stay', async () => {
    expect(() => openPool((() => 1) as never)).toThrow(/must be for a task.*: received function/);
    const stays = task((n: number) => n + 1, { name: 'stays' });
    expect(() => openPool(stays)).toThrow(/'stays' as it stays in its process/);
    expect(await opened(stays, { kind: 'inline' }).submit(1)).toBe(2);
  });
});

describe.each(kinds)('on %s', limit, (kind) => {
  test.each(['dispose', 'terminate'] as const)('%s() settles every call that has no outcome', async (end) => {
    const pool = opened(unless, { kind });
    const single = Promise.allSettled(Array.from({ length: 50 }, () => pool.submit('never')));
    const mapped = pool.map(new Array(50).fill('never'), { window: 10, errors: 'yield' });
    const asked = mapped.next();
    await turn();
    await pool[end]();
    await pool[end]();
    for (const outcome of await single) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'HEDDLE_CLOSED' } });
    }
    expect((await asked).value).toMatchObject({ reason: 'cancelled' });
    await expect(pool.submit('a')).rejects.toMatchObject({ code: 'HEDDLE_CLOSED' });
  });

  test('dispose() in the midst of a map ends it', async () => {
    for (const errors of ['throw', 'yield', 'collect'] as const) {
      const pool = opened(checkedLater, { kind });
      const results = pool.map(new Array(500).fill(1), { errors, window: 20 });
      await results.next();
      const [ended] = await Promise.allSettled([results.toArray(), pool.dispose()]);
      const reason: unknown = ended.status === 'rejected' ? ended.reason : new Error('it ended');
      const reasons: unknown[] = reason instanceof AggregateError ? reason.errors : [reason];
      for (const error of reasons) expect(error).toMatchObject({ code: 'HEDDLE_CLOSED' });
    }
  });

  test('stop() waits for all calls', async () => {
    const pool = opened(checkedLater, { kind });
    const results = Promise.all([0, 1, 2, 3, 5].map((n) => pool.submit(n)));
    await pool.stop();
    expect(await results).toEqual([0, 2, 4, 6, 10]);
    expect(pool.stats()).toMatchObject({ workers: 0, running: 0 });
  });

  test('drain() settles at once when there is nothing to do', async () => {
    const pool = opened(same, { kind });
    await pool.drain();
    await pool.submit(1);
    await expect(pool.drain()).resolves.toBeUndefined();
  });

  test('drain() settles after calls that time out', async () => {
    const pool = opened(unless.with({ timeoutMs: 300 }), { kind });
    const [outcome] = await Promise.allSettled([pool.submit('never'), pool.drain()]);
    expect(outcome.status).toBe('rejected');
  });

  test('drain() settles after a map that was left', async () => {
    const pool = opened(checkedLater, { kind });
    for await (const value of pool.map([0, 1, 2, 3, 5, 6, 7, 8])) if (value === 2) break;
    await pool.drain();
    expect(pool.stats().running).toBe(0);
  });

  test('resize() in the midst of a map changes no result', async () => {
    const pool = opened(checkedLater, { kind });
    const inputs = Array.from({ length: 400 }, (_, n) => n * 5);
    const values: number[] = [];
    for await (const value of pool.map(inputs, { window: 30 })) {
      values.push(value);
      if (values.length % 40 === 0) pool.resize(1 + ((values.length / 40) % 3));
    }
    expect(values).toEqual(inputs.map((n) => n * 2));
  });

  test('resize() refuses what is no positive integer', () => {
    const pool = opened(same, { kind });
    for (const workers of [0, 0.5, Number.NaN]) expect(() => pool.resize(workers)).toThrow(RangeError);
  });

  test('ten pools are opened, used and closed, at once and one after another', async () => {
    const use = async (n: number): Promise<number> => {
      await using pool = openPool(double, { kind, workers: 1 });
      return (await pool.submit(n)) as number;
    };
    const numbers = [1, 2, 3, 4, 5];
    expect(await Promise.all(numbers.map(use))).toEqual([2, 4, 6, 8, 10]);
    for (const n of numbers) expect(await use(n)).toBe(n * 2);
  });

  test('stats() count every call once', async () => {
    const pool = opened(checkedLater, { kind });
    await pool.map([0, 1, 4, 9, 2], { errors: 'yield' }).toArray();
    await pool.submit(4).catch(() => undefined);
    await pool.drain();
    expect(pool.stats()).toMatchObject({ succeeded: 3, failed: 3, running: 0, replaced: 0 });
  });
});

describe.each(isolatedKinds)('on %s', limit, (kind) => {
  test('workers start as they are needed', async () => {
    const pool = opened(same, { kind, workers: 4 });
    expect(pool.stats().workers).toBe(0);
    await pool.submit(1);
    expect(pool.stats().workers).toBe(1);
    await pool.submit(2);
    expect(pool.stats().workers).toBe(1);
  });

  test('no more calls run at once than there are workers', async () => {
    const gate = new Gate();
    const pool = opened(passGate, { kind, workers: 2 });
    const all = Promise.all([1, 2, 3, 4, 5, 6].map(() => pool.submit(gate.folder)));
    await gate.whenArrived(2);
    expect(gate.arrived).toBe(2);
    expect(pool.stats()).toMatchObject({ workers: 2, running: 2 });
    gate.open();
    expect(new Set(await all).size).toBe(2);
  });

  test('resize() starts workers for what waits', async () => {
    const gate = new Gate();
    const pool = opened(passGate, { kind, workers: 1 });
    const all = Promise.all([1, 2, 3].map(() => pool.submit(gate.folder)));
    await gate.whenArrived(1);
    pool.resize(3);
    await gate.whenArrived(3);
    gate.open();
    expect(new Set(await all).size).toBe(3);
  });

  test('resize() ends workers that are too many, also while there is more to do', async () => {
    const pool = opened(whereLater, { kind, workers: 3 });
    function* endless(): Generator<number> {
      for (let n = 0; ; n++) yield n;
    }
    const window = 100;
    await using results = pool.map(endless(), { window });
    for (let given = 0; given < 500; given++) await results.next();
    pool.resize(1);
    while (pool.stats().workers > 1) await results.next();
    for (let given = 0; given < window; given++) await results.next();
    const threads = new Set<unknown>();
    for (let given = 0; given < 300; given++) threads.add((await results.next()).value);
    expect(threads.size).toBe(1);
  });

  test('resize() ends idle workers at once', async () => {
    const gate = new Gate();
    const pool = opened(passGate, { kind, workers: 3 });
    const all = Promise.all([1, 2, 3].map(() => pool.submit(gate.folder)));
    await gate.whenArrived(3);
    gate.open();
    await all;
    pool.resize(1);
    expect(pool.stats().workers).toBe(1);
    expect(await pool.submit(gate.folder)).toBeGreaterThan(0);
  });

  test('drain() settles after a worker that was lost', async () => {
    const pool = opened(double, { kind });
    const [outcome] = await Promise.allSettled([pool.submit({ fault: 'exits' }), pool.drain()]);
    expect(outcome.status).toBe('rejected');
  });

  test('drain() settles after an input that cannot be cloned', async () => {
    const pool = opened(same, { kind });
    const [outcome] = await Promise.allSettled([pool.submit(() => 1), pool.drain()]);
    expect(outcome.status).toBe('rejected');
  });

  test('stop() settles after workers that cannot be started', async () => {
    const pool = opened(same, { kind, execArgv: ['--no-such-option'] });
    const [outcome] = await Promise.allSettled([pool.submit(1), pool.stop()]);
    expect(outcome.status).toBe('rejected');
  });
});
