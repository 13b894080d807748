/** Executors over a real SLURM: the contracts, what it is asked for, and what becomes of calls when parts of it fail. */

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type ClusterExecutor, openSlurm, type SlurmOptions, slurmEngine } from '../../../src/cluster.ts';
import { run, type WorkerLostError } from '../../../src/index.ts';
import { engineContract } from '../../../src/testing.ts';
import {
  killSlurmNode,
  startSlurmController,
  startSlurmNode,
  stopSlurmController,
} from '../../../tools/cluster/slurm.ts';
import { testCluster } from '../../fixtures/cluster.ts';
import { isRunning } from '../../fixtures/living.ts';
import { testFolder } from '../../fixtures/local-cluster.ts';
import { Marks } from '../../fixtures/marks.ts';
import { testContract } from '../../fixtures/run-contract.ts';
import { ProgramFolder } from '../../fixtures/run-program.ts';
import { clusterTasks } from '../../fixtures/tasks/cluster-tasks.ts';

const { busyUntil, die, double, environment, nap, take, until } = clusterTasks;
const cluster = testCluster();
const address = '127.0.0.1';
const root = join(import.meta.dirname, '../../..');

/** SLURM starts jobs on ticks of a second, and notices on ticks of several. */
const limit = { timeout: 60_000 };

function squeue(...args: string[]): string {
  return execFileSync('squeue', ['--noheader', ...args], { encoding: 'utf8', timeout: 10_000 }).trim();
}

/** Opens an executor that is quick to notice. It goes with the test, with all of its jobs. */
async function opened(
  options: Partial<SlurmOptions> = {},
): Promise<{ readonly executor: ClusterExecutor; readonly told: string[] }> {
  const told: string[] = [];
  const executor = await openSlurm({
    workers: 1,
    time: '00:10:00',
    folder: testFolder(),
    address,
    beatMs: 500,
    graceMs: 2000,
    output: 'ignore',
    verbose: (line) => told.push(line),
    ...options,
  });
  onTestFinished(async () => {
    await executor.dispose();
    // Whatever a test did, its jobs are gone.
    // oxlint-disable-next-line vitest/no-standalone-expect -- tests call it.
    await expect.poll(() => squeue('--states=PENDING,RUNNING'), { timeout: 30_000 }).toBe('');
  }, 40_000);
  return { executor, told };
}

describe.skipIf(cluster.slurm === undefined)('on SLURM', limit, () => {
  const folder = join(tmpdir(), `heddle-slurm-contract-${process.pid}`);
  beforeAll(() => mkdirSync(folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

  for (const { name, run: runCase } of engineContract({ open: () => slurmEngine(), folder })) {
    // oxlint-disable-next-line vitest/valid-title, vitest/expect-expect -- the contract names its cases, and asserts itself.
    test(`the contract of engines: ${name}`, runCase);
  }

  test('a call runs in a job, on a node, with what it was asked for', async () => {
    const { executor } = await opened({
      workers: 2,
      cpusPerWorker: 2,
      gpusPerWorker: 1,
      memoryBytesPerWorker: 2 ** 30,
    });
    const [id] = await Promise.all([executor.submit(environment, 'SLURM_JOB_ID'), executor.submit(nap, 500)]);
    const [job] = executor.jobs();
    expect(job).toMatchObject({ is: 'connected', node: expect.stringMatching(/^n[12]$/) as unknown });
    const told = execFileSync('scontrol', ['show', 'job', '--oneliner', String(id)], { encoding: 'utf8' });
    expect(told).toMatch(/\bTimeLimit=00:10:00\b/);
    expect(told).toMatch(/\bRequeue=0\b/);
    expect(told).toMatch(/\bCPUs\/Task=2\b/);
    expect(told).toMatch(/\bMinMemoryNode=1G\b/);
    expect(told).toMatch(/gres[:/]gpu:1\b/);
    expect(await executor.submit(environment, 'CUDA_VISIBLE_DEVICES')).toMatch(/^[01]$/);
  });

  test('calls of their own kind run in jobs of their own', async () => {
    const { executor } = await opened();
    const large = environment.with({ job: { cpus: 2, time: '5' } });
    const [usual, own] = await run(
      [environment('SLURM_CPUS_PER_TASK'), large('SLURM_CPUS_PER_TASK')] as const,
      {
        executor,
      },
    );
    expect([usual, own]).toEqual(['1', '2']);
  });

  test('a job that cannot be is refused with what SLURM says', async () => {
    const { executor } = await opened({ partition: 'nowhere' });
    await expect(executor.submit(double, 1)).rejects.toThrow(
      /worker could not be started: Cannot submit jobs to SLURM as 'sbatch' .*invalid partition/i,
    );
  });

  test('a job that waits tells why', async () => {
    const { executor, told } = await opened({ workers: 5, cpusPerWorker: 2 });
    const marks = new Marks(testFolder());
    const results = Array.from({ length: 5 }, (_, n) => executor.submit(until, marks.file, marks.gate, n));
    await marks.when(2, limit.timeout);
    await expect
      .poll(() => told.join('\n'), limit)
      .toMatch(/job \d+_\d waits: PENDING, (?:Resources|Priority)/);
    expect(executor.jobs().filter(({ is }) => is === 'waiting')).toHaveLength(3);
    marks.open();
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3, 4]);
  });

  test('a worker that is killed in a call: it is run again', async () => {
    const { executor } = await opened();
    const marks = new Marks(testFolder());
    const result = executor.submit(busyUntil, marks.file, marks.gate, 7);
    const { worker } = await marks.when(1, limit.timeout);
    process.kill(worker, 'SIGKILL');
    await marks.when(2, limit.timeout);
    marks.open();
    expect(await result).toBe(7);
    expect(executor.stats()).toMatchObject({ succeeded: 1, failed: 0 });
  });

  test('a poisoned call is given up after three workers, and holds up no other', async () => {
    const { executor } = await opened({ workers: 2 });
    const marks = new Marks(testFolder());
    const poisoned = executor.submit(die, marks.file).catch((error: unknown) => error as WorkerLostError);
    const naps = Array.from({ length: 20 }, () => executor.submit(nap, 5));
    expect(await Promise.all(naps)).toHaveLength(20);
    const error = (await poisoned) as WorkerLostError;
    expect(error.lostAt).toHaveLength(3);
    expect(error.message).toMatch(/node n[12], job \d+_\d/);
    expect(marks.all).toHaveLength(3);
  });

  test('a node that is lost: its calls run elsewhere, long before SLURM has noticed', async () => {
    const { executor, told } = await opened({ workers: 1 });
    const marks = new Marks(testFolder());
    const result = executor.submit(until, marks.file, marks.gate, 1);
    const { pilot } = await marks.when(1, limit.timeout);
    const [job] = executor.jobs();
    const node = job?.node ?? '';
    await killSlurmNode(cluster.folder, node);
    try {
      const lostMs = performance.now();
      const again = await marks.when(2, limit.timeout);
      expect(again.pilot).not.toBe(pilot);
      // SLURM itself takes at least twenty seconds.
      expect(performance.now() - lostMs).toBeLessThan(20_000);
      marks.open();
      expect(await result).toBe(1);
      expect(told.join('\n')).toMatch(new RegExp(`job ${job?.id} on node ${node} is lost`));
    } finally {
      await startSlurmNode(cluster.folder, node);
      await executor.dispose();
      await expect
        .poll(() => execFileSync('sinfo', ['-h', '-N', '-o', '%t'], { encoding: 'utf8' }).trim(), limit)
        .toBe('idle\nidle');
    }
  });

  test('a controller that is restarted loses nothing: calls go on, and jobs are submitted when it is back', async () => {
    const { executor, told } = await opened({ workers: 2 });
    expect(await executor.submit(double, 1)).toBe(2);
    await stopSlurmController(cluster.folder);
    let results: Promise<number>[];
    const marks = new Marks(testFolder());
    try {
      results = [1, 2].map((n) => executor.submit(until, marks.file, marks.gate, n));
      await marks.when(1, limit.timeout);
      await expect
        .poll(() => told.join('\n'), limit)
        .toMatch(/Cannot submit jobs to SLURM as .*; will try again/s);
    } finally {
      await startSlurmController(cluster.folder);
    }
    await marks.when(2, limit.timeout);
    marks.open();
    expect(await Promise.all(results)).toEqual([1, 2]);
  });

  test('a job out of memory loses its call, which says so', async () => {
    const { executor } = await opened({ memoryBytesPerWorker: 300 * 2 ** 20, maxLosses: 1 });
    await expect(executor.submit(take, 600 * 2 ** 20)).rejects.toThrow(/memory/i);
    expect(await executor.submit(double, 2)).toBe(4);
  });

  test('a job over its time loses its call, which says so', { timeout: 150_000 }, async () => {
    // SLURM counts in minutes, and looks every half of one.
    const { executor } = await opened({ time: '1', drainMs: 0, maxLosses: 1 });
    const marks = new Marks(testFolder());
    await expect(executor.submit(until, marks.file, marks.gate, 1)).rejects.toThrow(/slurm .*TIMEOUT/);
  });

  test('a job that somebody cancels loses its call, which is run again by another', async () => {
    const { executor, told } = await opened();
    const marks = new Marks(testFolder());
    const result = executor.submit(until, marks.file, marks.gate, 1);
    await marks.when(1, limit.timeout);
    const [job] = executor.jobs();
    execFileSync('scancel', [job?.id ?? '']);
    await marks.when(2, limit.timeout);
    marks.open();
    expect(await result).toBe(1);
    expect(told.join('\n')).toMatch(/CANCELLED/);
  });

  test('a job that is connected and silent is lost after three beats', async () => {
    const { executor, told } = await opened({ graceMs: 30_000 });
    const marks = new Marks(testFolder());
    const result = executor.submit(until, marks.file, marks.gate, 1);
    const { pilot } = await marks.when(1, limit.timeout);
    process.kill(pilot, 'SIGSTOP');
    await marks.when(2, limit.timeout);
    process.kill(pilot, 'SIGCONT');
    marks.open();
    expect(await result).toBe(1);
    expect(told.join('\n')).toContain('has been silent');
    expect(executor.stats().succeeded).toBe(1);
  });

  test('a stranger at the port does no harm', async () => {
    const { executor, told } = await opened({ port: 0 });
    expect(await executor.submit(double, 1)).toBe(2);
    const script = execFileSync('scontrol', ['write', 'batch_script', executor.jobs()[0]?.id ?? '', '-'], {
      encoding: 'utf8',
    });
    // Everybody may read the scripts of jobs.
    const port = Number(/--connect 127\.0\.0\.1:(\d+)/.exec(script)?.[1]);
    const socket = connect(port, address);
    socket.write('x'.repeat(100));
    socket.resume();
    await new Promise((resolve) => {
      socket.on('error', () => undefined).once('close', resolve);
    });
    expect(told.join('\n')).toContain('refused somebody');
    expect(await executor.submit(double, 2)).toBe(4);
  });

  test.each<[string, NodeJS.Signals]>([['killed', 'SIGKILL']])(
    'nothing is left when the program is %s: no job, no pilot, no worker',
    async (_, signal) => {
      const shared = testFolder();
      const marks = new Marks(shared);
      const urlOf = (path: string): string => JSON.stringify(pathToFileURL(join(root, path)).href);
      using program = new ProgramFolder({
        'main.ts': `
          import { openSlurm } from ${urlOf('src/cluster.ts')};
          import { clusterTasks } from ${urlOf('test/fixtures/tasks/cluster-tasks.ts')};
          const executor = await openSlurm({
            workers: 6, cpusPerWorker: 2, time: '10', folder: ${JSON.stringify(shared)}, address: '${address}', beatMs: 200, graceMs: 1000,
          });
          const marks = ${JSON.stringify(marks.file)};
          for (let i = 0; i < 6; i++) executor.submit(clusterTasks.busyUntil, marks, marks + '.none', 1).catch(() => undefined);
        `,
      });
      const child = spawn(process.execPath, ['main.ts'], {
        cwd: program.path,
        stdio: 'ignore',
        timeout: limit.timeout,
        killSignal: 'SIGKILL',
        env: { ...process.env, NODE_OPTIONS: '' },
      });
      const over = new Promise((resolve) => {
        child.once('exit', resolve);
      });
      await marks.when(2, limit.timeout);
      child.kill(signal);
      await over;
      const pids = marks.all.flatMap(({ worker, pilot }) => [worker, pilot]);
      await expect.poll(() => pids.filter(isRunning), limit).toEqual([]);
      // Those that have not started yet start, find nobody, and end.
      await expect.poll(() => squeue('--states=PENDING,RUNNING'), limit).toBe('');
    },
  );

  test('disposing cancels jobs that run and jobs that wait', async () => {
    const { executor } = await opened({ workers: 5, cpusPerWorker: 2 });
    const marks = new Marks(testFolder());
    const results = Array.from({ length: 5 }, (_, n) =>
      executor.submit(busyUntil, marks.file, marks.gate, n).catch((error: unknown) => (error as Error).name),
    );
    await marks.when(2, limit.timeout);
    await executor.dispose();
    expect(await Promise.all(results)).toEqual(results.map(() => 'ClosedError'));
    await expect.poll(() => squeue('--states=PENDING,RUNNING'), limit).toBe('');
  });
});

describe.skipIf(cluster.slurm === undefined)('executors', () => {
  const folder = join(tmpdir(), `heddle-slurm-executor-${process.pid}`);
  beforeAll(() => mkdirSync(folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  testContract('openSlurm', { open: () => openSlurm({ workers: 2, time: '10', folder, address }) });
});
