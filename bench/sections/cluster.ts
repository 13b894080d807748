/**
 * What calls cost that run in jobs of a cluster: many at once over two pilots, one alone, and the very first.
 *
 * On a throw-away SLURM of two nodes, started for it, where SLURM is installed; otherwise in jobs that are processes here, which
 * have no time until they start, so that no figure of the first call is given.
 */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ClusterExecutor, LocalEngine, openCluster, slurmEngine } from 'heddle/cluster';
import { missingPrograms, PARTS } from '../../tools/cluster/packages.ts';
import { startSlurm, stopSlurm } from '../../tools/cluster/slurm.ts';
import type { Figure, Settings } from '../figure.ts';
import { timeMs } from '../in-turns.ts';
import { median } from '../median.ts';
import { increment } from '../tiny-tasks.ts';

const address = '127.0.0.1';
const run = promisify(execFile);

/** Measures the section `cluster`. */
export async function measureCluster({ quick }: Settings): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-cluster-'));
  const isSlurm = PARTS.every((part) => part.name !== 'slurm' || missingPrograms(part).length === 0);
  try {
    if (isSlurm) {
      const { configuration } = await startSlurm({ folder, nodes: 2, cpus: 2 });
      process.env['SLURM_CONF'] = configuration;
    }
    const open = (workers: number): Promise<ClusterExecutor> => {
      const engine = isSlurm ? slurmEngine() : new LocalEngine();
      return openCluster({ engine, workers, time: '00:10:00', folder, address });
    };
    const where = isSlurm ? 'SLURM, two nodes on this machine' : 'no SLURM here: jobs are processes';
    return [
      ...(await measureMany(open, quick ? 20_000 : 100_000, quick ? 3 : 9, where)),
      ...(await measureLone(open, quick ? 300 : 3000)),
      ...(isSlurm ? await measureFirst(open, folder, quick ? 2 : 7) : []),
    ];
  } finally {
    if (isSlurm) await stopSlurm(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

type Open = (workers: number) => Promise<ClusterExecutor>;

async function measureMany(
  open: Open,
  calls: number,
  turns: number,
  where: string,
): Promise<readonly Figure[]> {
  const executor = await open(2);
  try {
    const burst = (): Promise<unknown> =>
      Promise.all(Array.from({ length: calls }, (_, i) => executor.submit(increment, i)));
    // Until both are there, and their code is compiled.
    while (executor.jobs().filter(({ is }) => is === 'connected').length < 2) await burst();
    await burst();
    const rates: number[] = [];
    for (let turn = 0; turn < turns; turn++) rates.push(calls / (await timeMs(burst)));
    return [
      {
        name: `tiny calls, ${calls / 1000}k at once, two pilots`,
        unit: 'thousand a second',
        value: median(rates),
        atLeast: 50,
        beside: where,
      },
    ];
  } finally {
    await executor.dispose();
  }
}

/** One call at a time, in turns with a byte that goes there and back on the loopback. */
async function measureLone(open: Open, calls: number): Promise<readonly Figure[]> {
  const executor = await open(1);
  const echo = await openEcho();
  const us = { heddle: [] as number[], bare: [] as number[] };
  try {
    for (let i = -calls / 10; i < calls; i++) {
      const heddleMs = await timeMs(() => executor.submit(increment, i));
      const bareMs = await timeMs(() => echo.roundTrip());
      if (i < 0) continue;
      us.heddle.push(heddleMs * 1000);
      us.bare.push(bareMs * 1000);
    }
  } finally {
    echo.close();
    await executor.dispose();
  }
  return [
    { name: 'one call at a time, p50', unit: 'µs', value: median(us.heddle) },
    { name: 'one call at a time, p99', unit: 'µs', value: median(us.heddle, 0.99) },
    { name: 'a byte there and back on the loopback, p50', unit: 'µs', value: median(us.bare) },
    {
      name: 'one call beyond the loopback, p50',
      unit: 'µs',
      value: median(us.heddle) - median(us.bare),
      atMost: 1000,
    },
  ];
}

/** From nothing to the first value, in turns with what SLURM takes to start a job that only says when it runs. */
async function measureFirst(open: Open, folder: string, turns: number): Promise<readonly Figure[]> {
  const ms = { heddle: [] as number[], slurm: [] as number[] };
  for (let turn = 0; turn < turns; turn++) {
    ms.slurm.push(await timeMs(() => startedBySlurm(folder)));
    let executor: ClusterExecutor | undefined;
    ms.heddle.push(
      await timeMs(async () => {
        executor = await open(1);
        await executor.submit(increment, 1);
      }),
    );
    await executor?.dispose();
  }
  return [
    { name: 'first value, from nothing', unit: 'ms', value: median(ms.heddle) },
    { name: 'SLURM, from sbatch to a job that has run', unit: 'ms', value: median(ms.slurm) },
    {
      name: 'first value beyond SLURM',
      unit: 'ms',
      value: median(ms.heddle) - median(ms.slurm),
      atMost: 500,
    },
  ];
}

/** A job connects to a port as the first thing that it does. */
async function startedBySlurm(folder: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    socket.destroy();
    resolve();
  });
  await new Promise<void>((listening) => {
    server.listen(0, address, listening);
  });
  const place = server.address();
  const port = typeof place === 'object' && place !== null ? place.port : 0;
  const script = `exec 3<>/dev/tcp/${address}/${port}`;
  await run('sbatch', ['--parsable', `--output=${folder}/%j.out`, `--wrap=exec bash -c '${script}'`]);
  await promise;
  server.close();
}

async function openEcho(): Promise<{ roundTrip(): Promise<void>; close(): void }> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', (bytes) => void socket.write(bytes));
  });
  await new Promise<void>((listening) => {
    server.listen(0, address, listening);
  });
  const place = server.address();
  const port = typeof place === 'object' && place !== null ? place.port : 0;
  const socket = connect({ port, host: address, noDelay: true });
  let answered: () => void = () => undefined;
  socket.on('data', () => answered());
  return {
    roundTrip: () =>
      new Promise((resolve) => {
        answered = resolve;
        socket.write('x');
      }),
    close: () => {
      socket.destroy();
      server.close();
    },
  };
}
