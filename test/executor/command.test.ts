/** Worker processes by a command: what they run, what they print, who is refused, and what is left of them. */

import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  IncompatibleWorkerError,
  type OutputLine,
  openPool,
  openProcesses,
  type ProcessesExecutor,
  type ProcessesOptions,
  run,
  WorkerLostError,
} from '../../src/index.ts';
import { isRunning } from '../fixtures/living.ts';
import { testContract } from '../fixtures/run-contract.ts';
import { ProgramFolder } from '../fixtures/run-program.ts';
import { processTasks } from '../fixtures/tasks/process-tasks.ts';
import { writingTasks } from '../fixtures/tasks/writing-tasks.ts';
import { workerCommand } from '../fixtures/worker-command.ts';

const { add, exit, pid, spin, startSleeper } = processTasks;
const { writeByChild, writeToOne } = writingTasks;

/** A worker by a command is two processes that start one after the other, on a busy machine. */
const limit = { timeout: 30_000 };
const root = join(import.meta.dirname, '../..');

testContract('openProcesses by a command', {
  open: () => openProcesses({ workers: 2, command: workerCommand }),
});

function opened(options: ProcessesOptions = {}): ProcessesExecutor {
  const executor = openProcesses({ workers: 1, command: workerCommand, ...options });
  onTestFinished(() => executor.dispose());
  return executor;
}

/** What a call to a worker fails with that is reached by a command. */
async function lostBy(...command: string[]): Promise<WorkerLostError> {
  const error: unknown = await opened({ command })
    .submit(add, 1, 2)
    .catch((thrown: unknown) => thrown);
  if (!(error instanceof WorkerLostError)) throw new TypeError(`no worker was lost: ${String(error)}`);
  return error;
}

describe('a worker by a command', limit, () => {
  test('runs the calls of pools and graphs, elsewhere', async () => {
    const executor = opened();
    expect(await run(add(1, add(2, 3)), { executor })).toBe(6);
    expect(await executor.submit(pid)).not.toBe(process.pid);
    const pool = openPool(add, { kind: 'processes', workers: 1, command: workerCommand });
    onTestFinished(() => pool.dispose());
    expect(await pool.map([[1, 2] as const, [3, 4]], { spread: true }).toArray()).toEqual([3, 7]);
  });

  test('keeps apart what is written to file descriptor 1, by whomever, and its messages', async () => {
    const lines: OutputLine[] = [];
    const executor = opened({ output: (line) => lines.push(line) });
    for (let i = 0; i < 20; i++) {
      await executor.submit(writeToOne, `\0hdl ${i}\n`);
      expect(await executor.submit(add, i, 1)).toBe(i + 1);
    }
    expect(await executor.submit(writeByChild, 'by a child')).toBe(0);
    expect(await executor.submit(add, 1, 1)).toBe(2);
    await executor.dispose();
    // They do not come by the protocol, so not before the outcome; but all of them, as they were.
    expect(lines.map(({ text, stream }) => `${stream} ${text}`)).toEqual([
      ...Array.from({ length: 20 }, (_, i) => `stderr \0hdl ${i}`),
      'stderr by a child',
    ]);
  });

  test('that is lost fails the call that it ran, and is replaced; what was sent with it is run again', async () => {
    const executor = opened();
    const lost = executor.submit(exit, 3).catch((error: unknown) => error);
    const others = [1, 2, 3].map((n) => executor.submit(add, n, 1));
    expect(await lost).toMatchObject({ name: 'WorkerLostError', exitCode: 3 });
    expect(await Promise.all(others)).toEqual([2, 3, 4]);
  });

  test('that runs out of memory is lost for that reason', async () => {
    // Options of Node.js go by its environment, which processes of the command have, too.
    const executor = opened({
      env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=32' },
      output: 'ignore',
    });
    await expect(executor.submit(processTasks.fillMemory)).rejects.toMatchObject({
      name: 'WorkerLostError',
      message: expect.stringContaining('ran out of memory') as unknown,
    });
  });

  test('ends by a time limit with what it has started, though it is in an endless loop', async () => {
    const executor = opened();
    const pids = [await executor.submit(pid), await executor.submit(startSleeper)];
    await expect(run(spin.with({ timeoutMs: 100 })(), { executor })).rejects.toMatchObject({
      cause: { code: 'HEDDLE_TIMED_OUT' },
    });
    await expect.poll(() => pids.filter(isRunning), { timeout: 10_000 }).toEqual([]);
    expect(await executor.submit(add, 1, 2)).toBe(3);
  });

  test('ends with the executor', async () => {
    const executor = opened();
    const there = await executor.submit(pid);
    await executor.dispose();
    expect(isRunning(there)).toBe(false);
  });

  test('says that a module is not there, and where', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-command-')));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'gone.ts');
    const library = JSON.stringify(pathToFileURL(join(root, 'src/index.ts')).href);
    writeFileSync(
      file,
      `import { tasks } from ${library}; export const { one } = tasks(import.meta, { one: () => 1 });`,
    );
    const { one } = (await import(pathToFileURL(file).href)) as { readonly one: typeof processTasks.pid };
    rmSync(file);
    const { message } = (await opened()
      .submit(one)
      .catch((error: unknown) => error)) as Error;
    expect(message).toMatch(
      /^Cannot load task 'one' in a worker as its module is not there: received file:.*gone\.ts on/,
    );
    expect(message).toContain('\n  a worker elsewhere needs it at the same path');
  });
});

describe('nothing is left of a worker by a command when its host', limit, () => {
  test.each<[string, NodeJS.Signals]>([
    ['is killed', 'SIGKILL'],
    ['is terminated', 'SIGTERM'],
    ['is interrupted', 'SIGINT'],
  ])('%s', async (_, signal) => {
    const urlOf = (path: string): string => JSON.stringify(pathToFileURL(join(root, path)).href);
    using folder = new ProgramFolder({
      'main.ts': `
        import { openProcesses } from ${urlOf('src/executor/processes.ts')};
        import { processTasks } from ${urlOf('test/fixtures/tasks/process-tasks.ts')};
        const { pid, startSleeper, spinAloud } = processTasks;
        const open = () => openProcesses({ workers: 1, command: ${JSON.stringify(workerCommand)} });
        const [idle, busy] = [open(), open()];
        console.log('pids', await idle.submit(pid), await idle.submit(startSleeper), await busy.submit(pid), await busy.submit(startSleeper));
        busy.submit(spinAloud).catch(() => undefined);
        // More than the pipes hold: who waits for room in them does not see them end.
        for (let i = 0; i < 4; i++) busy.submit(processTasks.same, 'x'.repeat(1_000_000)).catch(() => undefined);
        setInterval(() => undefined, 1000);
      `,
    });
    const child = spawn(process.execPath, ['main.ts'], {
      cwd: folder.path,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: limit.timeout,
      killSignal: 'SIGKILL',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.includes('spinning')) child.kill(signal);
    });
    await new Promise((resolve) => {
      child.once('exit', resolve);
    });
    const pids = (/pids (.*)/.exec(text)?.[1] ?? '').split(' ').map(Number);
    expect(pids).toHaveLength(4);
    try {
      await expect.poll(() => pids.filter(isRunning), { timeout: 5000 }).toEqual([]);
    } finally {
      for (const left of pids.filter(isRunning)) process.kill(left, 'SIGKILL');
    }
  });
});

describe('a worker is refused', limit, () => {
  const fake = (told: string): Promise<WorkerLostError> =>
    lostBy(process.execPath, join(root, 'test/fixtures/fake-worker.ts'), told);
  const { node } = process.versions;

  test.each<[string, object, RegExp, RegExp]>([
    [
      'another protocol',
      { heddle: '9.8.7', protocol: 99 },
      /different versions of the protocol: received 99 for 1\n {2}install heddle .* where the worker runs, or the worker's 9\.8\.7 here$/,
      /heddle 9\.8\.7 on node/,
    ],
    [
      'another runtime',
      { runtime: 'bun', runtimeVersion: '1.3.0', v8Format: null },
      /bun does not write values in the format of V8, which node reads\n {2}run both on node \d+$/,
      /on bun 1\.3\.0 /,
    ],
    [
      'a later format of V8',
      { runtimeVersion: '99.1.0', v8Format: 99 },
      /reads values up to version \d+ of the format of V8: received version 99 from node 99\.1\.0\n {2}run both on node \d+$/,
      /on node 99\.1\.0 /,
    ],
    [
      'an earlier format of V8',
      { runtimeVersion: '10.1.0', v8Format: 2 },
      /node 10\.1\.0 reads values up to version 2 of the format of V8: received version \d+ from node/,
      /on node 10\.1\.0 /,
    ],
  ])('for %s, naming both sides and the mend', async (_, told, why, name) => {
    const error = await fake(JSON.stringify(told));
    expect(error.cause).toBeInstanceOf(IncompatibleWorkerError);
    expect(error.message).toMatch(why);
    expect(error.message).toMatch(name);
    expect(error.message).toContain(`to a program of heddle 0.1.0 on node ${node} as`);
  });

  test('that does not say who it is', async () => {
    const { cause } = await fake('none');
    expect(cause).toMatchObject({
      code: 'HEDDLE_INCOMPATIBLE_WORKER',
      message: expect.stringContaining('the worker did not say who it is') as unknown,
    });
  });

  test('that says nonsense of itself', async () => {
    expect((await fake('{"protocol":"one"}')).message).toContain("Cannot read 'greeting.protocol'");
  });

  test('behind something that prints first, which is shown', async () => {
    const { message } = await fake('text');
    expect(message).toMatch(/something else was written to its stdout first: received 'Welcome to node7/);
    expect(message).toContain("the command must run 'heddle worker --stdio'");
  });

  test('by all calls of a run at once, and each later one', async () => {
    const told = JSON.stringify({ protocol: 99 });
    const executor = opened({
      workers: 2,
      command: [process.execPath, join(root, 'test/fixtures/fake-worker.ts'), told],
    });
    const calls = Array.from({ length: 20 }, (_, i) => add(i, 1));
    await expect(run(calls, { executor })).rejects.toThrow(/different versions of the protocol/);
    await expect(executor.submit(add, 1, 2)).rejects.toThrow(/different versions of the protocol/);
  });

  test('never for other members, which a later heddle may add', async () => {
    const executor = opened({
      command: [process.execPath, join(root, 'test/fixtures/fake-worker.ts'), '{"more":[1]}'],
      startTimeoutMs: 20_000,
    });
    const waiting = executor.submit(add, 1, 2).catch(String);
    await expect.poll(() => executor.stats().running, limit).toBe(1);
    await executor.dispose();
    expect(await waiting).toMatch(/disposed of/);
  });
});

describe('a command', limit, () => {
  test('that is not there fails the calls, saying so', async () => {
    expect((await lostBy('/nowhere/heddle', 'worker')).message).toMatch(
      /could not be started: spawn \/nowhere\/heddle ENOENT/,
    );
  });

  test('that fails fails the calls, with its code', async () => {
    const { message, exitCode } = await lostBy(process.execPath, '-e', 'process.exit(255)');
    expect(exitCode).toBe(255);
    expect(message).toMatch(/exited with code 255 before it could run the call/);
  });

  test.each<[string, unknown]>([
    ['a text', 'ssh host'],
    ['nothing', []],
    ['an empty program', ['']],
    ['a number in it', ['ssh', 22]],
  ])('must be a list of texts: not %s', (_, command) => {
    const open = (): unknown => openProcesses({ command: command as string[] });
    expect(open).toThrow(
      /^Cannot open worker processes as 'command' must be a list of a program and its arg/,
    );
    expect(open).toThrow(TypeError);
  });

  test('has no execArgv beside it, which it would not be given', () => {
    expect(() => openProcesses({ command: workerCommand, execArgv: ['--no-warnings'] })).toThrow(
      /^Cannot open worker processes as a 'command' starts Node\.js by itself: received 'execArgv'/,
    );
  });
});
