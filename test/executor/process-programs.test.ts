/** Whole programs with worker processes: how they end, and that nothing of them is left. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { isRunning } from '../fixtures/living.ts';
import { ProgramFolder } from '../fixtures/run-program.ts';

/** Starting Node.js several times on a busy machine takes seconds. */
const limitMs = 30_000;

const root = join(import.meta.dirname, '../..');
const urlOf = (path: string): string => JSON.stringify(pathToFileURL(join(root, path)).href);
const opening = `
  import { openProcesses } from ${urlOf('src/executor/processes.ts')};
  import { run } from ${urlOf('src/index.ts')};
  import { processTasks } from ${urlOf('test/fixtures/tasks/process-tasks.ts')};
  const { add, pid, print, printError, startSleeper, spinAloud } = processTasks;
`;

function program(body: string): ProgramFolder {
  return new ProgramFolder({ 'main.ts': `${opening}\n${body}` });
}

describe('a program ends by itself', { timeout: limitMs }, () => {
  test('with a pool of processes that is idle and was never disposed of', async () => {
    using folder = program(`
      const pool = openProcesses({ workers: 2 });
      console.log(JSON.stringify(await run([add(1, 2), add(3, 4)], { executor: pool })), await pool.submit(pid));
    `);
    const { stdout, stderr, code } = await folder.run('main.ts');
    const [, sums, worker] = /^(\S+) (\d+)\n$/.exec(stdout) ?? [];
    expect({ code, stderr, sums }).toEqual({ code: 0, stderr: '', sums: '[3,7]' });
    await expect.poll(() => isRunning(Number(worker))).toBe(false);
  });

  test('not before a call in a worker has its value', async () => {
    using folder = program('openProcesses({ workers: 1 }).submit(add, 40, 2).then(console.log);');
    expect(await folder.run('main.ts')).toEqual({ code: 0, signal: null, stdout: '42\n', stderr: '' });
  });
});

describe('what workers print', { timeout: limitMs }, () => {
  test('comes in whole lines, all of them, to the stream they were written to', async () => {
    using folder = program(`
      const pool = openProcesses({ workers: 3 });
      const parts = (name) => Array.from({ length: 400 }, (_, i) => [name, ' line ', i + '\\n']).flat();
      await Promise.all([print, print, print].map((task, i) => pool.submit(task, ...parts('abc'[i]))));
      await pool.submit(printError, 'to stderr\\n');
      await pool.submit(print, 'no end');
      await pool.dispose();
      console.log('disposed of');
    `);
    const { stdout, stderr } = await folder.run('main.ts');
    const lines = stdout.split('\n');
    expect(lines.slice(-3)).toEqual(['no end', 'disposed of', '']);
    for (const name of ['a', 'b', 'c']) {
      expect(lines.filter((line) => line.startsWith(`${name} `))).toEqual(
        Array.from({ length: 400 }, (_, i) => `${name} line ${i}`),
      );
    }
    expect(lines).toHaveLength(1203);
    expect(stderr).toBe('to stderr\n');
  });

  test('cannot disturb their messages', async () => {
    using folder = program(`
      const pool = openProcesses({ workers: 1 });
      await Promise.all(Array.from({ length: 50 }, (_, i) => pool.submit(print, '\\0\\0\\0\\0' + i)));
      console.log(await pool.submit(add, 1, 2));
      await pool.dispose();
    `);
    const { stdout, code } = await folder.run('main.ts');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^3\n/m);
  });
});

describe('no worker, and nothing that it has started, outlives a host that', { timeout: limitMs }, () => {
  const host = `
    const [idle, busy] = [openProcesses({ workers: 1 }), openProcesses({ workers: 1 })];
    console.log('pids', await idle.submit(pid), await idle.submit(startSleeper), await busy.submit(pid), await busy.submit(startSleeper));
    busy.submit(spinAloud).catch(() => undefined);
    // It has been said by the time that this is heard.
    process.once('SIGUSR2', () => { END });
    setInterval(() => undefined, 1000);
  `;
  test.each<[string, string, NodeJS.Signals]>([
    ['is killed', '', 'SIGKILL'],
    ['is terminated', '', 'SIGTERM'],
    ['is interrupted', '', 'SIGINT'],
    ['calls process.exit()', 'process.exit(3)', 'SIGUSR2'],
    ['throws', "throw new Error('enough')", 'SIGUSR2'],
    ['aborts', 'process.abort()', 'SIGUSR2'],
  ])('%s', async (_, end, signal) => {
    using folder = program(host.replace('END', end));
    const child = spawn(process.execPath, ['main.ts'], {
      cwd: folder.path,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: limitMs,
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
      for (const pid of pids.filter(isRunning)) process.kill(pid, 'SIGKILL');
    }
  });
});
