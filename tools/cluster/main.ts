/**
 * A throw-away cluster on this machine, and the tests that need one.
 *
 *     node tools/cluster/main.ts test [vitest's arguments]   as `npm run test:cluster`: installs, starts, tests, stops
 *     node tools/cluster/main.ts start [--folder F] [--nodes N] [--cpus N] [--only slurm|redis]
 *     node tools/cluster/main.ts stop | kill-node N | start-node N | restart-controller | kill-controller |
 *                                start-controller | restart-redis | kill-redis | start-redis  [--folder F]
 *
 * Promises that `test` leaves no process, no port and no file behind, whatever the tests did; that it names each part whose
 * tests were not run, with the reason; and these exit codes: 0, what could be run succeeded; 1, a test failed or a part did
 * not start; 2, not a command. Leaves the work to `slurm.ts`, `redis.ts` and `packages.ts`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installParts, PARTS, type Part } from './packages.ts';
import { killRedis, startRedis, stopRedis } from './redis.ts';
import {
  killSlurmController,
  killSlurmNode,
  startSlurm,
  startSlurmController,
  startSlurmNode,
  stopSlurm,
  stopSlurmController,
} from './slurm.ts';

const root = join(import.meta.dirname, '..', '..');

const [command = '', ...rest] = process.argv.slice(2);
process.exitCode = command === 'test' ? await test(rest) : await act(command, rest);

/** Runs one of the small commands. */
async function act(name: string, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      folder: { type: 'string', default: process.env['HEDDLE_CLUSTER'] ?? join(tmpdir(), 'heddle-cluster') },
      nodes: { type: 'string', default: '2' },
      cpus: { type: 'string', default: '2' },
      only: { type: 'string' },
    },
  });
  const { folder } = values;
  const [node = ''] = positionals;
  const actions: Readonly<Record<string, () => Promise<void>>> = {
    start: async () => {
      const parts = PARTS.filter((part) => values.only === undefined || part.name === values.only);
      const counts = { nodes: Number(values.nodes), cpus: Number(values.cpus) };
      const started = await start(folder, parts, counts);
      for (const [variable, value] of Object.entries(started)) console.log(`export ${variable}='${value}'`);
    },
    stop: () => stop(folder),
    'kill-node': () => killSlurmNode(folder, node),
    'start-node': () => startSlurmNode(folder, node),
    'kill-controller': () => killSlurmController(folder),
    'start-controller': () => startSlurmController(folder),
    'restart-controller': async () => {
      await stopSlurmController(folder);
      await startSlurmController(folder);
    },
    'kill-redis': () => killRedis(folder),
    'start-redis': async () => void (await startRedis(folder)),
    'restart-redis': async () => {
      await killRedis(folder);
      await startRedis(folder);
    },
  };
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined) {
    console.error(`Cannot run the command as none has that name: received '${name}'`);
    console.error(`Commands: test, ${Object.keys(actions).join(', ')}`);
    return 2;
  }
  await action();
  return 0;
}

/** Installs, starts, tests, stops. */
async function test(args: readonly string[]): Promise<number> {
  const without = installParts(PARTS);
  for (const [part, why] of without) console.log(`Not run: test/cluster/${part.name}/, as ${why}`);
  const parts = PARTS.filter((part) => !without.has(part));
  const folder = mkdtempSync(join(tmpdir(), 'heddle-cluster-'));
  const ending = stopOnSignals();
  try {
    const variables = await start(folder, parts, { nodes: 2, cpus: 2 });
    console.log(`Cluster: ${parts.map(({ title }) => title).join(' and ') || 'none'}, in ${folder}`);
    const code = await vitest(args, { ...variables, HEDDLE_CLUSTER: folder }, ending);
    for (const [part, why] of without) console.log(`Not run: test/cluster/${part.name}/, as ${why}`);
    return code;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    await stop(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Starts parts, and gives the variables by which they are found. */
async function start(
  folder: string,
  parts: readonly Part[],
  counts: { readonly nodes: number; readonly cpus: number },
): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const { name } of parts) {
    if (name === 'slurm') variables['SLURM_CONF'] = (await startSlurm({ folder, ...counts })).configuration;
    else variables['HEDDLE_REDIS'] = await startRedis(folder);
  }
  return variables;
}

async function stop(folder: string): Promise<void> {
  await Promise.all([stopSlurm(folder), stopRedis(folder)]);
}

/** Runs the tests, and ends them if we are told to end: what we started is stopped either way. */
function vitest(
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  ending: AbortSignal,
): Promise<number> {
  return new Promise((settle) => {
    const program = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const child = spawn(
      process.execPath,
      [program, 'run', '--config', join(root, 'vitest.cluster.config.ts'), ...args],
      { cwd: root, env: { ...process.env, ...variables }, stdio: 'inherit' },
    );
    ending.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
    child.on('error', () => settle(1));
    child.on('exit', (code) => settle(code ?? 1));
  });
}

/** Ctrl-C reaches the tests too. We wait for them, then stop what we started. */
function stopOnSignals(): AbortSignal {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => ending.abort());
  return ending.signal;
}
