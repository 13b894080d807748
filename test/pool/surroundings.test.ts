/** Where the calls of a pool of processes run, and that retries and signals are there as in threads. */

import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { failed } from '../../src/index.ts';
import { notesIn } from '../fixtures/tasks/meeting-folder.ts';
import { poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { tellingTasks } from '../fixtures/tasks/telling-tasks.ts';
import { folderForTest } from './gate.ts';
import { isolatedKinds, kinds, opened } from './opened.ts';

const { deaf, fewTurns, setVariable, succeedAt, surroundings, untilTold } = tellingTasks;

/** What hangs is told within this time. */
const limit = { timeout: 8000 };

describe('processes of a pool', limit, () => {
  test('have the working directory, environment and options that they were given', async () => {
    const cwd = realpathSync(tmpdir());
    const pool = opened(surroundings, {
      kind: 'processes',
      cwd,
      env: { GREETING: 'hello' },
      execArgv: ['--no-warnings'],
    });
    expect(await pool.submit()).toEqual({ cwd, greeting: 'hello', path: false, execArgv: ['--no-warnings'] });
  });

  test('have those of this process unless they were given', async () => {
    expect(await opened(surroundings, { kind: 'processes' }).submit()).toMatchObject({
      cwd: process.cwd(),
      greeting: undefined,
      path: true,
    });
  });

  test('are other ones than this, and than each other', async () => {
    const folder = folderForTest();
    const pool = opened(poolTasks.noted, { kind: 'processes', workers: 3, affinity: ({ id }) => id });
    const pids = await Promise.all([0, 1, 2].map((id) => pool.submit({ folder, id })));
    expect(new Set([...pids, process.pid]).size).toBe(4);
  });

  test('change no variable of this process', async () => {
    await opened(setVariable, { kind: 'processes' }).submit('HEDDLE_TEST_VARIABLE', 'changed');
    expect(process.env['HEDDLE_TEST_VARIABLE']).toBeUndefined();
  });

  test('that cannot be started where they should fail their calls', async () => {
    const pool = opened(surroundings, { kind: 'processes', cwd: '/nowhere/at/all' });
    await expect(pool.submit()).rejects.toMatchObject({ code: 'HEDDLE_WORKER_LOST' });
    await expect(pool.submit()).rejects.toThrow(/the working directory is not there/);
  });
});

test('threads of a pool have the environment that they were given', limit, async () => {
  const pool = opened(surroundings, { kind: 'threads', env: { GREETING: 'hello' } });
  expect(await pool.submit()).toMatchObject({ greeting: 'hello', path: false });
});

describe.each(kinds)('on %s, retries', limit, (kind) => {
  test('repeat a call until it succeeds, also in a map', async () => {
    const task = succeedAt.with({ retries: { retries: 4, minTimeoutMs: 1 } });
    const pool = opened(task, { kind });
    expect(await pool.submit({ folder: folderForTest(), attempt: 3, how: 'throw' })).toBe(3);
    const inputs = [1, 2, 4].map((attempt) => ({ folder: folderForTest(), attempt, how: 'throw' as const }));
    expect(await pool.map(inputs).toArray()).toEqual([1, 2, 4]);
    expect(inputs.map(({ folder }) => notesIn(folder).length)).toEqual([1, 2, 4]);
  });

  test('end with the last failure', async () => {
    const folder = folderForTest();
    const pool = opened(succeedAt.with({ retries: { retries: 2, minTimeoutMs: 1 } }), { kind });
    await expect(pool.submit({ folder, attempt: 9, how: 'throw' })).rejects.toThrow('attempt 3');
    expect(notesIn(folder)).toHaveLength(3);
    await pool.drain();
    expect(pool.stats()).toMatchObject({ running: 0, waiting: 0 });
  });
});

describe.each(isolatedKinds)('on %s', limit, (kind) => {
  test('retries repeat a call whose worker was lost', async () => {
    const folder = folderForTest();
    const pool = opened(succeedAt.with({ retries: { retries: 3, minTimeoutMs: 1 } }), { kind, workers: 1 });
    expect(await pool.submit({ folder, attempt: 3, how: 'exit' })).toBe(3);
    expect(pool.stats().replaced).toBe(2);
  });
});

describe.each(kinds)('on %s, currentCall().signal', limit, (kind) => {
  test('tells a call that takes too long, which ends by itself and keeps its worker', async () => {
    const folder = folderForTest();
    const pool = opened(untilTold, { kind, workers: 1 });
    const results = await pool.map([folder], { timeoutMs: 100, errors: 'yield' }).toArray();
    expect(results.map((result) => failed(result) && result.reason)).toEqual(['timed-out']);
    await expect.poll(() => notesIn(folder)).toEqual(['asked', 'told']);
    await pool.drain();
    expect(pool.stats()).toMatchObject({ replaced: 0, failed: 1, running: 0 });
  });

  test.each(['return', 'signal'] as const)('tells the calls of a map that is left by %s', async (way) => {
    const folder = folderForTest();
    const controller = new AbortController();
    const pool = opened(untilTold, { kind });
    const results = pool.map([folder, folder], { window: 2, signal: controller.signal });
    const asked = results.next().catch(() => undefined);
    await expect.poll(() => notesIn(folder)).toEqual(['asked', 'asked']);
    if (way === 'return') await results.return();
    else controller.abort();
    await asked;
    await expect.poll(() => notesIn(folder)).toEqual(['asked', 'asked', 'told', 'told']);
    await pool.drain();
    expect(pool.stats()).toMatchObject({ replaced: 0, running: 0 });
  });
});

describe.each(isolatedKinds)('on %s, currentCall().signal', limit, (kind) => {
  test('does not save a worker whose call goes on all the same', async () => {
    const folder = folderForTest();
    const pool = opened(deaf, { kind, workers: 1 });
    await expect(pool.map([folder], { timeoutMs: 100 }).toArray()).rejects.toThrow(/more than 100 ms/);
    await expect.poll(() => pool.stats().replaced, { timeout: 4000 }).toBe(1);
    await pool.drain();
  });

  test('a worker that was told goes on with other calls', async () => {
    const pool = opened(fewTurns, { kind, workers: 1 });
    const worker = await pool.submit(1);
    const left = pool.map(new Array(50).fill(1), { window: 50 });
    await left.next();
    await left.return();
    expect(await pool.submit(1)).toBe(worker);
    expect(pool.stats().replaced).toBe(0);
  });
});
