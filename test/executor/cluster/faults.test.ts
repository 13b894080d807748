/**
 * What becomes of calls when jobs, their workers, the network or the scheduler fail: on jobs that are processes here. The same on
 * SLURM is in test/cluster/.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EngineError, type JobsRequest, LocalEngine } from '../../../src/cluster.ts';
import { CallFailedError, run, systemClock, WorkerLostError } from '../../../src/index.ts';
import { CuttingProxy } from '../../fixtures/cutting-proxy.ts';
import { isRunning } from '../../fixtures/living.ts';
import { openLocal, testFolder } from '../../fixtures/local-cluster.ts';
import { Marks } from '../../fixtures/marks.ts';
import { clusterTasks } from '../../fixtures/tasks/cluster-tasks.ts';

const { busyUntil, die, dieTimes, double, nap, startSleeper, until, where } = clusterTasks;

/** What hangs is told within this time; a busy machine takes some seconds to start a few processes. */
const limit = { timeout: 30_000 };

/** What a call of a run failed with. */
async function causeOf(promise: Promise<unknown>): Promise<Error> {
  const error: unknown = await promise.catch((thrown: unknown) => thrown);
  if (error instanceof CallFailedError) return error.cause as Error;
  throw new TypeError(`no call failed: received ${String(error)}`);
}

describe('a call whose worker is lost', limit, () => {
  test('is run again, and gives its value once', async () => {
    const { executor } = await openLocal();
    const marks = new Marks(testFolder());
    const result = executor.submit(busyUntil, marks.file, marks.gate, 7);
    const { worker } = await marks.when(1);
    process.kill(worker, 'SIGKILL');
    const again = await marks.when(2);
    expect(again.worker).not.toBe(worker);
    marks.open();
    expect(await result).toBe(7);
    expect(marks.all).toHaveLength(2);
    expect(executor.stats()).toMatchObject({ succeeded: 1, failed: 0 });
  });

  test('fails at once if its task says how often it is tried', async () => {
    const { executor } = await openLocal();
    const marks = new Marks(testFolder());
    const result = causeOf(run(die.with({ retries: 0 })(marks.file), { executor }));
    expect(await result).toMatchObject({
      name: 'WorkerLostError',
      lostAt: [expect.stringMatching(/^node .*, job 1_0$/)],
      message: expect.stringMatching(
        /as its worker, node \S+, job 1_0, was ended by SIGKILL while it ran the call$/,
      ),
    });
    expect(marks.all).toHaveLength(1);
  });

  test('is tried as often as its task says', async () => {
    const { executor } = await openLocal();
    const marks = new Marks(testFolder());
    const policy = { retries: 4, minTimeoutMs: 0 };
    expect(await run(dieTimes.with({ retries: policy })(marks.file, 4, 1), { executor })).toBe('after 4');
    expect(marks.all).toHaveLength(5);
  });

  test('and whose argument was on its way fails only itself: others are run again', async () => {
    const { executor } = await openLocal();
    const marks = new Marks(testFolder());
    const poisoned = executor.submit(die, marks.file).catch((error: unknown) => error);
    const others = Array.from({ length: 200 }, (_, i) => executor.submit(double, i));
    expect(await Promise.all(others)).toEqual(Array.from({ length: 200 }, (_, i) => 2 * i));
    expect(await poisoned).toBeInstanceOf(WorkerLostError);
  });
});

describe('a poisoned call', limit, () => {
  test('is given up after three workers, which are named, and holds up no other', async () => {
    const { executor } = await openLocal({ workers: 2 });
    const marks = new Marks(testFolder());
    const poisoned = executor.submit(die, marks.file).catch((error: unknown) => error as WorkerLostError);
    const naps = Array.from({ length: 20 }, () => executor.submit(nap, 5));
    const error = (await poisoned) as WorkerLostError;
    expect(error).toBeInstanceOf(WorkerLostError);
    expect(marks.all).toHaveLength(3);
    expect(error.lostAt).toHaveLength(3);
    expect(error.message).toMatch(
      /\n {2}it has lost 3 workers, before this one: node .*; it may be the call/,
    );
    expect(await Promise.all(naps)).toEqual(naps.map(() => 5));
  });

  test('may lose as many as maxLosses says', async () => {
    const { executor } = await openLocal({ maxLosses: 1 });
    const marks = new Marks(testFolder());
    await expect(executor.submit(die, marks.file)).rejects.toThrow(/while it ran the call$/);
    expect(marks.all).toHaveLength(1);
  });
});

describe('a job', limit, () => {
  test('that is lost is noticed by its connection, replaced, and explained by its scheduler', async () => {
    const { executor, told } = await openLocal();
    const marks = new Marks(testFolder());
    const result = executor.submit(until, marks.file, marks.gate, 1);
    const { pilot, worker } = await marks.when(1);
    process.kill(pilot, 'SIGKILL');
    await marks.when(2);
    marks.open();
    expect(await result).toBe(1);
    expect(told.join('\n')).toMatch(/job 1_0 on node \S+ is lost: it was in a job whose connection/);
    await expect.poll(() => isRunning(worker)).toBe(false);
  });

  test.each(['NODE_FAIL', 'OUT_OF_MEMORY', 'PREEMPTED'])(
    'that its scheduler ends as %s says so',
    async (state) => {
      const { executor, engine } = await openLocal({ maxLosses: 1 });
      const marks = new Marks(testFolder());
      const result = executor.submit(until, marks.file, marks.gate, 1).catch((error: unknown) => error);
      const { worker } = await marks.when(1);
      engine.lose('1_0', state);
      expect(await result).toMatchObject({
        name: 'WorkerLostError',
        message: expect.stringContaining(
          `was in a job that local has ended: ${state}, signal SIGKILL`,
        ) as unknown,
      });
      await expect.poll(() => isRunning(worker)).toBe(false);
    },
  );

  test('that is cancelled by hand loses its call, which is run again by another', async () => {
    const { executor, engine, told } = await openLocal();
    const marks = new Marks(testFolder());
    const result = executor.submit(until, marks.file, marks.gate, 1);
    await marks.when(1);
    await engine.cancel(['1_0']);
    const { pilot } = await marks.when(2);
    expect(pilot).not.toBe(marks.all[0]?.pilot);
    marks.open();
    expect(await result).toBe(1);
    expect(told.join('\n')).toMatch(/is lost: it ended by an error, .*local has ended: CANCELLED/);
  });

  test('takes no more calls shortly before its time is over, so that none is lost', async () => {
    const { executor, engine, told } = await openLocal({ time: '00:00:03', drainMs: 1500, workers: 2 });
    const naps = Array.from({ length: 40 }, () => executor.submit(nap, 250));
    expect(await Promise.all(naps)).toHaveLength(40);
    expect(engine.requests.length).toBeGreaterThan(1);
    expect(executor.stats()).toMatchObject({ succeeded: 40, failed: 0 });
    expect(told.filter((line) => line.includes('is lost'))).toEqual([]);
    expect(told.join('\n')).toContain('is sent no more calls');
  });

  test('whose time is over in the midst of a call loses it, saying why', async () => {
    const { executor } = await openLocal({ time: '00:00:02', drainMs: 100, maxLosses: 1 });
    const marks = new Marks(testFolder());
    await expect(executor.submit(until, marks.file, marks.gate, 1)).rejects.toThrow(
      /was in a job that local has ended: TIMEOUT/,
    );
  });

  test('that is connected and silent is lost after three beats, and can do no harm when it is back', async () => {
    const { executor, engine, told } = await openLocal({ beatMs: 300, graceMs: 20_000 });
    const marks = new Marks(testFolder());
    const result = executor.submit(until, marks.file, marks.gate, 1);
    const { pilot } = await marks.when(1);
    const [job] = executor.jobs();
    process.kill(pilot, 'SIGSTOP');
    await marks.when(2);
    process.kill(pilot, 'SIGCONT');
    // Its scheduler does not know, and would send the next job to the same node.
    expect(engine.requests[1]?.avoid).toEqual([job?.node]);
    marks.open();
    expect(await result).toBe(1);
    expect(told.join('\n')).toMatch(/is lost: it was in a job that has been silent for \d+ ms/);
    expect(executor.stats()).toMatchObject({ succeeded: 1, failed: 0 });
    expect(await executor.submit(double, 2)).toBe(4);
  });

  test('ends a worker of its own that is stopped, though its connection does not end', async () => {
    const { executor } = await openLocal({ beatMs: 300 });
    const marks = new Marks(testFolder());
    const result = executor.submit(until, marks.file, marks.gate, 1);
    const { worker, pilot } = await marks.when(1);
    process.kill(worker, 'SIGSTOP');
    const again = await marks.when(2);
    expect(again.pilot).toBe(pilot);
    marks.open();
    expect(await result).toBe(1);
    expect(isRunning(worker)).toBe(false);
  });

  test('ends with all that its calls have started', async () => {
    const { executor, engine } = await openLocal();
    const sleeper = await executor.submit(startSleeper);
    const { pid } = await executor.submit(where);
    await executor.dispose();
    await expect.poll(() => [sleeper, pid].filter(isRunning), { timeout: 5000 }).toEqual([]);
    await expect.poll(() => engine.running).toEqual([]);
  });
});

test('workers and pilots that are killed all the while: every call gives its value, once', {
  timeout: 60_000,
}, async () => {
  const { executor, engine } = await openLocal({ workers: 3, maxLosses: 1000 });
  const results = Promise.all(
    Array.from({ length: 300 }, async (_, i) => [
      await executor.submit(nap, 15),
      await executor.submit(double, i),
    ]),
  );
  let killed = 0;
  // In turns: a pilot, then one of the processes that a pilot has started.
  const kill = (): void => {
    const [id] = engine.running.slice(killed % Math.max(1, engine.running.length));
    const pid = id === undefined ? undefined : engine.pidOf(id);
    if (pid === undefined) return;
    try {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
        .trim()
        .split(' ')
        .map(Number);
      const victim = killed % 2 === 0 ? pid : (children.at(-1) ?? 0);
      if (victim > 0) process.kill(victim, 'SIGKILL');
      killed++;
    } catch {
      // It has just ended by itself.
    }
  };
  const timer = systemClock.every(400, kill);
  onTestFinished(() => timer[Symbol.dispose]());
  expect(await results).toEqual(Array.from({ length: 300 }, (_, i) => [15, 2 * i]));
  expect(killed).toBeGreaterThan(2);
  expect(executor.stats()).toMatchObject({ succeeded: 600, failed: 0 });
});

describe('the network', limit, () => {
  const through = async (
    options: Parameters<typeof openLocal>[0] = {},
  ): Promise<Awaited<ReturnType<typeof openLocal>> & { readonly proxy: CuttingProxy }> => {
    // The port is known before the executor listens at it.
    const port = await freePort();
    const proxy = await CuttingProxy.open(() => ({ host: '127.0.0.1', port }));
    return { ...(await openLocal({ port, reachedAt: proxy.place, beatMs: 300, ...options })), proxy };
  };

  test('cut in the midst of a call: it is run elsewhere, and its late outcome counts for nothing', async () => {
    const { executor, proxy, told } = await through();
    const marks = new Marks(testFolder());
    const result = executor.submit(until, marks.file, marks.gate, 1);
    await marks.when(1);
    proxy.cut();
    await expect.poll(() => told.join('\n'), { timeout: 10_000 }).toContain('has been silent');
    marks.open();
    proxy.heal();
    expect(await result).toBe(1);
    expect(executor.stats()).toMatchObject({ succeeded: 1, failed: 0 });
    expect(await executor.submit(double, 4)).toBe(8);
  });

  test('that brings the same outcome twice: each call settles once, with its own value', async () => {
    const { executor, proxy } = await through();
    expect(await executor.submit(double, 1)).toBe(2);
    proxy.repeat();
    const results = Array.from({ length: 100 }, (_, i) => executor.submit(double, i));
    expect(await Promise.all(results)).toEqual(results.map((_, i) => 2 * i));
    expect(executor.stats().succeeded).toBe(101);
  });
});

describe('a scheduler', limit, () => {
  test('that does not answer loses nothing: calls go on, and jobs are submitted when it is back', async () => {
    const { executor, engine, told } = await openLocal({ workers: 2 });
    expect(await executor.submit(double, 1)).toBe(2);
    engine.broken = new EngineError('Cannot submit jobs to local as it is away', { isPassing: true });
    const marks = new Marks(testFolder());
    const results = [1, 2].map((n) => executor.submit(until, marks.file, marks.gate, n));
    await marks.when(1);
    await expect.poll(() => told.join('\n')).toContain('as it is away; will try again');
    engine.broken = undefined;
    await marks.when(2);
    marks.open();
    expect(await Promise.all(results)).toEqual([1, 2]);
  });

  test('that refuses jobs fails the calls that wait, with what it says; later ones may go well', async () => {
    const { executor, engine } = await openLocal();
    engine.broken = new EngineError('Cannot submit jobs to local as the partition is not there', {
      isPassing: false,
    });
    await expect(executor.submit(double, 1)).rejects.toThrow(
      /^Cannot finish task 'double' as its worker could not be started: Cannot submit jobs to local as the partition is not there$/,
    );
    engine.broken = undefined;
    expect(await executor.submit(double, 1)).toBe(2);
  });

  test('whose jobs fail before they connect is given up after three, with what they printed', async () => {
    const { executor, engine } = await openLocal({ prologue: ['echo "module: not found" >&2', 'exit 9'] });
    await expect(executor.submit(double, 1)).rejects.toThrow(
      /Cannot start workers by local as 3 jobs in a row failed; job \d+_0 ended before its worker connected: FAILED, exit code 9\n {2}it has printed: module: not found/,
    );
    expect(engine.requests).toHaveLength(3);
  });

  test('that has no other nodes than one that was lost is asked again without a word of that', async () => {
    class Small extends LocalEngine {
      override async submit(request: JobsRequest): Promise<readonly string[]> {
        if (request.avoid !== undefined) throw new EngineError('Cannot: no other node', { isPassing: false });
        return await super.submit(request);
      }
    }
    const { executor } = await openLocal({ engine: new Small({ killWaitMs: 500 }), beatMs: 300 });
    const marks = new Marks(testFolder());
    const result = executor.submit(until, marks.file, marks.gate, 1);
    process.kill((await marks.when(1)).pilot, 'SIGSTOP');
    await marks.when(2);
    marks.open();
    expect(await result).toBe(1);
  });

  test('that takes no more than so many jobs at once is asked for fewer', async () => {
    class Strict extends LocalEngine {
      override async submit(request: JobsRequest): Promise<readonly string[]> {
        const jobs = this.running.length + request.count;
        if (jobs > 3) throw new EngineError(`Cannot: job submit limit, ${jobs}`, { isPassing: true });
        return await super.submit(request);
      }
    }
    const { executor } = await openLocal({ engine: new Strict({ killWaitMs: 500 }), workers: 8 });
    const marks = new Marks(testFolder());
    const results = Array.from({ length: 8 }, (_, n) => executor.submit(until, marks.file, marks.gate, n));
    await marks.when(3);
    marks.open();
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('that forgets a job it has never told of counts as one whose job has ended', async () => {
    class Forgetful extends LocalEngine {
      override async submit(): Promise<readonly string[]> {
        return await Promise.resolve(['lost_0']);
      }
    }
    const { executor } = await openLocal({ engine: new Forgetful() });
    await expect(executor.submit(double, 1)).rejects.toThrow(
      /3 jobs in a row failed; job lost_0 .* it is not known any more/,
    );
  });
});

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === 'object' && address !== null ? address.port : 0;
}
