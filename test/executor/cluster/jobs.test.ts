/** How many jobs there are, of which kind, and when they end. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type JobsRequest, LocalEngine } from '../../../src/cluster.ts';
import { run } from '../../../src/index.ts';
import { isRunning } from '../../fixtures/living.ts';
import { openLocal, testFolder } from '../../fixtures/local-cluster.ts';
import { Marks } from '../../fixtures/marks.ts';
import { clusterTasks } from '../../fixtures/tasks/cluster-tasks.ts';

const { busyUntil, double, environment, until, where } = clusterTasks;
const cliPath = new URL('../../../src/cli/main.ts', import.meta.url).pathname;
const limit = { timeout: 30_000 };

describe('jobs', limit, () => {
  test('are submitted together, as many as there are calls at once, and none before there is work', async () => {
    const { executor, engine } = await openLocal({ workers: 4 });
    expect(engine.requests).toEqual([]);
    const marks = new Marks(testFolder());
    const results = [1, 2, 3].map((n) => executor.submit(until, marks.file, marks.gate, n));
    await marks.when(3);
    expect(engine.requests.map(({ count }) => count)).toEqual([3]);
    expect(executor.jobs().map(({ is, workers }) => ({ is, workers }))).toEqual([
      { is: 'connected', workers: 1 },
      { is: 'connected', workers: 1 },
      { is: 'connected', workers: 1 },
    ]);
    marks.open();
    expect(await Promise.all(results)).toEqual([1, 2, 3]);
  });

  test('are at most as many as were allowed, each with its workers', async () => {
    const { executor, engine } = await openLocal({ workers: 4, workersPerJob: 2 });
    const marks = new Marks(testFolder());
    const results = Array.from({ length: 8 }, (_, n) => executor.submit(until, marks.file, marks.gate, n));
    await marks.when(4);
    expect(engine.requests.map(({ count, resources }) => [count, resources.cpus])).toEqual([[2, 2]]);
    expect(new Set(marks.all.map(({ pilot }) => pilot)).size).toBe(2);
    marks.open();
    expect(await Promise.all(results)).toHaveLength(8);
    expect(engine.requests).toHaveLength(1);
  });

  test('end when they have had nothing to do, but for those that are kept, and come again', async () => {
    const { executor, engine } = await openLocal({ workers: { min: 1, max: 2 }, idleMs: 300 });
    await expect.poll(() => executor.jobs().map(({ is }) => is), limit).toEqual(['connected']);
    const marks = new Marks(testFolder());
    const results = [1, 2].map((n) => executor.submit(until, marks.file, marks.gate, n));
    await marks.when(2);
    expect(engine.running).toHaveLength(2);
    marks.open();
    await Promise.all(results);
    await expect.poll(() => engine.running, limit).toHaveLength(1);
    expect(executor.jobs()).toMatchObject([{ is: 'connected', workers: 0 }]);
    expect(await executor.submit(double, 4)).toBe(8);
    expect(engine.requests).toHaveLength(2);
  });

  test('that wait for room are told of, do not hold up others, and are cancelled when they are not needed', async () => {
    const { executor, engine, told } = await openLocal({
      workers: 2,
      idleMs: 300,
      engine: new LocalEngine({ places: 1, killWaitMs: 500 }),
    });
    const marks = new Marks(testFolder());
    const results = [1, 2].map((n) => executor.submit(until, marks.file, marks.gate, n));
    await marks.when(1);
    await expect.poll(() => told.join('\n'), limit).toContain('job 1_1 waits: PENDING, Resources');
    expect(executor.jobs().find(({ id }) => id === '1_1')).toMatchObject({
      is: 'waiting',
      state: 'PENDING',
      reason: 'Resources',
    });
    marks.open();
    // The one that runs does all of it.
    expect(await Promise.all(results)).toEqual([1, 2]);
    await expect.poll(() => executor.jobs(), limit).toEqual([]);
    const [status] = (await engine.poll(['1_1'])).values();
    expect(status).toMatchObject({ is: 'ended', state: 'CANCELLED' });
  });

  test('end with the executor, those that run and those that wait', async () => {
    const { executor, engine } = await openLocal({
      workers: 2,
      engine: new LocalEngine({ places: 1, killWaitMs: 500 }),
    });
    const marks = new Marks(testFolder());
    const results = [1, 2].map((n) =>
      executor.submit(busyUntil, marks.file, marks.gate, n).catch((error: unknown) => (error as Error).name),
    );
    const { worker, pilot } = await marks.when(1);
    await executor.dispose();
    expect(await Promise.all(results)).toEqual(['ClosedError', 'ClosedError']);
    await expect.poll(() => [worker, pilot].filter(isRunning), limit).toEqual([]);
    const states = async (): Promise<string[]> =>
      Array.from((await engine.poll(['1_0', '1_1'])).values(), ({ is }) => is);
    await expect.poll(states).toEqual(['ended', 'ended']);
    await expect(executor.submit(double, 1)).rejects.toThrow(/disposed of/);
  });

  test('are not lost when this program is busy for longer than they may be silent', async () => {
    const { executor, told } = await openLocal({ beatMs: 400, graceMs: 200 });
    const { pid } = await executor.submit(where);
    const endMs = performance.now() + 3000;
    while (performance.now() < endMs);
    expect((await executor.submit(where)).pid).toBe(pid);
    expect(told.filter((line) => line.includes('lost'))).toEqual([]);
  });
});

describe('the hint job', limit, () => {
  test('has calls run in jobs of their own kind, which equal needs share', async () => {
    const { executor, engine } = await openLocal({ cpusPerWorker: 2, partition: 'main' });
    const large = where.with({
      job: { cpus: 8, memoryBytes: 2 ** 34, gpus: 1, time: '2-00', constraint: 'a100' },
    });
    const again = where.with({
      job: { constraint: 'a100', time: '2-00', gpus: 1, memoryBytes: 2 ** 34, cpus: 8 },
    });
    const [here, there, alike] = await run([where(), large(), again()] as const, { executor });
    expect(there.parent).not.toBe(here.parent);
    expect(alike.pid).toBe(there.pid);
    const usual = { cpus: 2, partition: 'main' };
    const asked = engine.requests.map(({ resources }) => resources).sort((a, b) => a.cpus - b.cpus);
    expect(asked).toMatchObject([
      usual,
      { ...usual, cpus: 8, memoryBytes: 2 ** 34, gpus: 1, timeS: 172_800, constraint: 'a100' },
    ] satisfies readonly JobsRequest['resources'][]);
  });

  test('leaves more calls than there is room for to wait, and cancelled ones undone', async () => {
    const { executor } = await openLocal();
    const marks = new Marks(testFolder());
    const aborted = new AbortController();
    const held = until.with({ job: { cpus: 2 } });
    const calls = Array.from({ length: 5 }, (_, n) => held(marks.file, marks.gate, n));
    const result = run(calls, { executor, signal: aborted.signal }).catch((error: unknown) => error);
    await marks.when(1);
    expect(await run(double(3), { executor })).toBe(6);
    aborted.abort();
    expect(await result).toMatchObject({ name: 'AbortError' });
    marks.open();
    const more = Array.from({ length: 5 }, (_, n) => held(marks.file, marks.gate, n));
    expect(await run(more, { executor })).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('a job runs', limit, () => {
  test('the prologue first, and gives each worker its share of the GPUs', async () => {
    const { executor } = await openLocal({
      workers: 2,
      workersPerJob: 2,
      gpusPerWorker: 2,
      prologue: ['export CUDA_VISIBLE_DEVICES=4,5,6,7', "export GREETING='from the prologue'"],
    });
    expect(await executor.submit(environment, 'GREETING')).toBe('from the prologue');
    const marks = new Marks(testFolder());
    const results = [1, 2].map((n) => executor.submit(until, marks.file, marks.gate, n));
    await marks.when(2);
    const seen = marks.all.map(({ worker }) => {
      const variables = readFileSync(`/proc/${worker}/environ`, 'utf8').split('\0');
      return variables.find((variable) => variable.startsWith('CUDA_VISIBLE_DEVICES='));
    });
    expect(new Set(seen)).toEqual(new Set(['CUDA_VISIBLE_DEVICES=4,5', 'CUDA_VISIBLE_DEVICES=6,7']));
    marks.open();
    await Promise.all(results);
  });

  test('a command, if one is given', async () => {
    const { executor } = await openLocal({
      command: ['env', 'NODE_OPTIONS=--title=there', process.execPath, cliPath],
    });
    expect(await executor.submit(environment, 'NODE_OPTIONS')).toBe('--title=there');
  });
});
