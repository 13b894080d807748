/** Worker processes: what they run, what ends them, and what is left of them. */

import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openProcesses, type ProcessesExecutor } from '../../src/executor/processes.ts';
import { type CallFailedError, type RunOptions, run, task } from '../../src/index.ts';
import { RecordingSink } from '../../src/testing.ts';
import { callFailure } from '../fixtures/call-failure.ts';
import { isRunning, zombies } from '../fixtures/living.ts';
import { testContract } from '../fixtures/run-contract.ts';
import { processTasks } from '../fixtures/tasks/process-tasks.ts';

const { add, same, pid, exit, signal, spin } = processTasks;

testContract('openProcesses', { open: () => openProcesses({ workers: 2 }) });

let pool: ProcessesExecutor;
beforeAll(() => {
  pool = openProcesses({ workers: 2 });
});
afterAll(() => pool.dispose());

/** The error of a run that fails on worker processes. */
function errorOf(target: unknown, options: RunOptions = { executor: pool }): Promise<CallFailedError> {
  return callFailure(target, options);
}

describe('a worker process', () => {
  test('is another one than this, with its directory, environment and options', async () => {
    const cwd = realpathSync(tmpdir());
    await using own = openProcesses({
      workers: 1,
      cwd,
      env: { ...process.env, GREETING: 'hello' },
      execArgv: ['--no-warnings', '--max-old-space-size=128'],
    });
    expect(await own.submit(pid)).not.toBe(process.pid);
    expect(await own.submit(processTasks.surroundings)).toEqual({
      cwd,
      greeting: 'hello',
      execArgv: ['--no-warnings', '--max-old-space-size=128'],
      hasChannel: false,
    });
  });

  test('that cannot be started fails the calls, saying why', async () => {
    await using own = openProcesses({ workers: 1, cwd: '/nowhere/at/all' });
    const error = await errorOf(add(1, 2), { executor: own });
    expect(error.reason).toBe('worker-lost');
    expect(error.message).toMatch(/the working directory is not there/);
  });

  test('refuses what it cannot share, naming the task', async () => {
    for (const value of [new SharedArrayBuffer(4), new Blob(['a']), { deep: [() => 1] }]) {
      await expect(pool.submit(same, value)).rejects.toMatchObject({
        code: 'HEDDLE_NOT_CLONEABLE',
        message: expect.stringMatching(/^Cannot send task 'same' to a worker process as args/),
      });
    }
  });

  test('keeps Buffers, and views of one buffer', async () => {
    const bytes = Buffer.from('abc');
    const buffer = new ArrayBuffer(8);
    const value = { bytes, views: [new Uint8Array(buffer, 2, 3), new Uint32Array(buffer)] };
    const copy = (await pool.submit(same, value)) as typeof value;
    expect(copy).toEqual(value);
    expect(Buffer.isBuffer(copy.bytes)).toBe(true);
    expect(copy.views[0]?.buffer).toBe(copy.views[1]?.buffer);
  });

  test('refuses a task that stays in its process', async () => {
    const local = task((x: number) => x, { name: 'local' });
    expect((await errorOf(local(1))).message).toMatch(
      /Cannot send task 'local' to a worker process as it stays in its process/,
    );
  });
});

describe('a worker process is lost', () => {
  test.each([0, 7])('by process.exit(%d): only its call fails', async (code) => {
    const error = await errorOf([exit(code), add(1, 2)], { executor: pool, failure: 'carry-on' });
    expect(error).toMatchObject({ task: 'exit', reason: 'worker-lost' });
    expect(error.message).toMatch(new RegExp(`exited with code ${code}`));
    expect(error.others).toEqual([]);
    expect(await run(add(1, 2), { executor: pool })).toBe(3);
  });

  test.each(['SIGKILL', 'SIGSEGV', 'SIGTERM'] as const)('by %s: only its call fails', async (name) => {
    const calls = Array.from({ length: 40 }, (_, i) => (i === 17 ? signal(name) : add(i, 1)));
    const sink = new RecordingSink();
    const error = await errorOf(calls, { executor: pool, failure: 'carry-on', sinks: sink });
    expect(error).toMatchObject({ task: 'signal', reason: 'worker-lost' });
    expect(error.message).toMatch(new RegExp(`its worker was ended by ${name}`));
    expect(sink.of('run-settled')[0]?.counts).toMatchObject({ computed: 39, failed: 1 });
    expect(await run(add(1, 2), { executor: pool })).toBe(3);
  });

  test('by process.abort()', async () => {
    expect((await errorOf(processTasks.abort())).message).toMatch(/was ended by SIGABRT/);
  });

  test('by running out of memory', { timeout: 30_000 }, async () => {
    await using small = openProcesses({ workers: 1, execArgv: ['--max-old-space-size=24'] });
    const error = await errorOf(processTasks.fillMemory(), { executor: small });
    expect(error.reason).toBe('worker-lost');
    expect(error.message).toMatch(/ran out of memory/);
    expect(await run(add(1, 2), { executor: small })).toBe(3);
  });

  test('by an error that nobody caught, which is its cause', async () => {
    const error = await errorOf(processTasks.uncaught());
    expect(error.message).toMatch(
      /did not catch an error, of this call or of one before: RangeError: nobody catches this/,
    );
    expect((error.cause as Error).cause).toMatchObject({ name: 'RangeError', code: 'E_LATE' });
    expect((await errorOf(processTasks.unhandled())).message).toMatch(/nobody handles this/);
  });

  test('by an endless loop and its timeoutMs', async () => {
    const before = pool.stats().replaced;
    const error = await errorOf([spin.with({ timeoutMs: 50 })(), add(1, 2)], {
      executor: pool,
      failure: 'carry-on',
    });
    expect(error).toMatchObject({ task: 'spin', reason: 'timed-out' });
    // It is told first that nobody waits for it, and given a moment.
    await expect.poll(() => pool.stats().replaced).toBe(before + 1);
    expect(await run(add(1, 2), { executor: pool })).toBe(3);
  });

  test('in the midst of a batch: the outcomes before it are kept, the rest is run by others', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-marks-'));
    const file = join(folder, 'marks');
    try {
      await using one = openProcesses({ workers: 1 });
      const calls = Array.from({ length: 300 }, (_, n) => processTasks.markAndExitAt(file, n, 250));
      const error = await errorOf(calls, { executor: one, failure: 'carry-on' });
      expect(error.task).toBe('markAndExitAt');
      expect(error.others).toEqual([]);
      const counts = new Map<string, number>();
      for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
        counts.set(line, (counts.get(line) ?? 0) + 1);
      }
      expect(counts.size).toBe(300);
      // Only the one whose outcome was not known may have run twice.
      expect([...counts].filter(([n, count]) => count > 1 && n !== '250')).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('and what it has started ends with it', async () => {
    const sleeper = await pool.submit(processTasks.startSleeper);
    expect(isRunning(sleeper)).toBe(true);
    await using one = openProcesses({ workers: 1 });
    const other = await one.submit(processTasks.startSleeper);
    await errorOf(exit(1), { executor: one });
    await expect.poll(() => isRunning(other)).toBe(false);
    // An idle one that is told to stop leaves it, as any program would.
    process.kill(sleeper, 'SIGKILL');
  });
});

describe('what a worker process has started ends with it, when a call', { timeout: 20_000 }, () => {
  const { startSleeper } = processTasks;

  test('is overdue', async () => {
    await using one = openProcesses({ workers: 1 });
    const sleeper = await one.submit(startSleeper);
    await errorOf(spin.with({ timeoutMs: 50 })(), { executor: one });
    await expect.poll(() => isRunning(sleeper)).toBe(false);
  });

  test('is cancelled', async () => {
    await using one = openProcesses({ workers: 1 });
    const sleeper = await one.submit(startSleeper);
    const cancelled = run(spin(), { executor: one, signal: AbortSignal.timeout(50) });
    await expect(cancelled).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect.poll(() => isRunning(sleeper)).toBe(false);
  });

  test('runs while the executor is disposed of', async () => {
    const lines: string[] = [];
    const one = openProcesses({ workers: 1, output: ({ text }) => lines.push(text) });
    const sleeper = await one.submit(startSleeper);
    const spinning = one.submit(processTasks.spinAloud).catch(String);
    await expect.poll(() => lines).toEqual(['spinning']);
    await one.dispose();
    expect(await spinning).toMatch(/disposed of/);
    await expect.poll(() => isRunning(sleeper)).toBe(false);
  });
});

describe('openProcesses()', () => {
  test.each([0, 1.5, Number.NaN])('refuses %d workers', (workers) => {
    expect(() => openProcesses({ workers })).toThrow(
      /Cannot open worker processes as 'workers' must be a positive integer/,
    );
  });

  test('starts processes as they are needed, and uses them again', async () => {
    await using processes = openProcesses({ workers: 4 });
    expect(processes.stats().workers).toBe(0);
    expect(await processes.submit(pid)).toBe(await processes.submit(pid));
    expect(processes.stats().workers).toBe(1);
  });

  test('resizes: processes beyond the new size end', async () => {
    await using processes = openProcesses({ workers: 2 });
    const many = (): unknown[] => Array.from({ length: 20 }, (_, i) => add(i, 1));
    await run(many(), { executor: processes });
    processes.resize(1);
    // One that was about to leave out what was taken back from it does so first.
    await expect.poll(() => processes.stats().workers).toBeLessThanOrEqual(1);
    expect(await run(many(), { executor: processes })).toHaveLength(20);
    expect(() => processes.resize(0)).toThrow(RangeError);
  });

  test('disposed of while it runs: no process and no zombie is left', async () => {
    const processes = openProcesses({ workers: 3 });
    const pids = await Promise.all([processes.submit(pid), processes.submit(pid)]);
    const lost = [processes.submit(spin), processes.submit(exit, 1), processes.submit(add, 1, 2)];
    const ends = Promise.allSettled(lost);
    await processes.dispose();
    await ends;
    expect(pids.filter(isRunning)).toEqual([]);
    // The shell that watches over them is asked for a moment later.
    await expect.poll(zombies).toEqual([]);
    await expect(processes.submit(add, 1, 2)).rejects.toMatchObject({ code: 'HEDDLE_CLOSED' });
  });

  test('leaves no handle when it was disposed of', async () => {
    const count = (): number =>
      process.getActiveResourcesInfo().filter((kind) => /Process|Pipe/.test(kind)).length;
    await using warm = openProcesses({ workers: 1 });
    await warm.submit(add, 1, 2);
    const before = count();
    const listeners = process.listenerCount('exit');
    const processes = openProcesses({ workers: 2 });
    await run([add(1, 2), add(3, 4)], { executor: processes });
    await processes.dispose();
    expect(count()).toBe(before);
    expect(process.listenerCount('exit')).toBe(listeners);
  });
});
