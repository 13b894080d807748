/** Whole programs over jobs: what is left when one is killed, ends, or was changed meanwhile. */

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isRunning } from '../../fixtures/living.ts';
import { openLocal, testFolder } from '../../fixtures/local-cluster.ts';
import { Marks } from '../../fixtures/marks.ts';
import { ProgramFolder } from '../../fixtures/run-program.ts';
import type { processTasks } from '../../fixtures/tasks/process-tasks.ts';

const limit = { timeout: 30_000 };
const root = join(import.meta.dirname, '../../..');
const urlOf = (path: string): string => JSON.stringify(pathToFileURL(join(root, path)).href);

/** An engine that does not look after its jobs: as of a scheduler, they go on when the program is gone. */
const careless = `
  import { spawn } from 'node:child_process';
  let jobs = 0;
  export const engine = {
    name: 'careless',
    traits: { mostAtOnce: 1, idInScript: '$JOB' },
    submit: async ({ script }) => {
      const id = String(++jobs);
      spawn('/bin/sh', ['-c', script], { detached: true, stdio: 'ignore', env: { ...process.env, JOB: id } }).unref();
      return [id];
    },
    poll: async (ids) => new Map(ids.map((id) => [id, { is: 'running', state: 'RUNNING', reason: '' }])),
    cancel: async () => undefined,
  };
`;

describe('nothing is left of jobs when their program', limit, () => {
  test.each<[string, NodeJS.Signals]>([
    ['is killed', 'SIGKILL'],
    ['is terminated', 'SIGTERM'],
  ])('%s', async (_, signal) => {
    const shared = testFolder();
    const marks = new Marks(shared);
    using folder = new ProgramFolder({
      'engine.js': careless,
      'main.ts': `
        import { openCluster } from ${urlOf('src/cluster.ts')};
        import { clusterTasks } from ${urlOf('test/fixtures/tasks/cluster-tasks.ts')};
        import { engine } from './engine.js';
        const executor = await openCluster({
          engine, workers: 2, folder: ${JSON.stringify(shared)}, address: '127.0.0.1', beatMs: 200, graceMs: 500,
        });
        const { until, busyUntil, startSleeper } = clusterTasks;
        const marks = ${JSON.stringify(marks.file)};
        await executor.submit(startSleeper);
        executor.submit(until, marks, marks + '.none', 1).catch(() => undefined);
        executor.submit(busyUntil, marks, marks + '.none', 1).catch(() => undefined);
      `,
    });
    const child = spawn(process.execPath, ['main.ts'], {
      cwd: folder.path,
      stdio: 'ignore',
      timeout: limit.timeout,
      killSignal: 'SIGKILL',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const over = new Promise((resolve) => {
      child.once('exit', resolve);
    });
    await marks.when(2);
    child.kill(signal);
    await over;
    const pids = marks.all.flatMap(({ worker, pilot }) => [worker, pilot]);
    expect(new Set(pids).size).toBe(4);
    try {
      await expect.poll(() => pids.filter(isRunning), { timeout: 10_000 }).toEqual([]);
    } finally {
      for (const left of pids.filter(isRunning)) process.kill(left, 'SIGKILL');
    }
  });
});

test('a program with jobs at rest ends by itself', limit, async () => {
  const shared = testFolder();
  using folder = new ProgramFolder({
    'main.ts': `
      import { LocalEngine, openCluster } from ${urlOf('src/cluster.ts')};
      import { clusterTasks } from ${urlOf('test/fixtures/tasks/cluster-tasks.ts')};
      const engine = new LocalEngine({ places: 1 });
      const executor = await openCluster({ engine, workers: { min: 1, max: 3 }, folder: ${JSON.stringify(shared)}, address: '127.0.0.1' });
      const results = [1, 2, 3].map((n) => executor.submit(clusterTasks.double, n));
      console.log(JSON.stringify(await Promise.all(results)));
    `,
  });
  const { code, signal, stdout, stderr } = await folder.run('main.ts');
  expect({ code, signal, stdout, stderr }).toEqual({
    code: 0,
    signal: null,
    stdout: '[2,4,6]\n',
    stderr: '',
  });
});

describe('the module of a task', limit, () => {
  const textOf = (factor: number): string =>
    `import { tasks } from ${urlOf('src/index.ts')}; export const { times } = tasks(import.meta, { times: (n: number) => n * ${factor} });`;

  /** Writes a module, and imports its task here. */
  async function written(): Promise<{ readonly file: string; readonly times: typeof processTasks.same }> {
    const folder = new ProgramFolder({});
    onTestFinished(() => folder[Symbol.dispose]());
    const file = join(folder.path, 'times.ts');
    writeFileSync(file, textOf(2));
    const { times } = (await import(pathToFileURL(file).href)) as {
      readonly times: typeof processTasks.same;
    };
    return { file, times };
  }

  test('that is made of other source where the worker is fails its calls, naming what differs and the mend', async () => {
    const { file, times } = await written();
    const { executor, engine } = await openLocal();
    expect(await executor.submit(times, 2)).toBe(4);
    writeFileSync(file, textOf(3));
    // The worker that has imported it goes on with what it has; another one must not.
    expect(await executor.submit(times, 2)).toBe(4);
    engine.lose('1_0', 'NODE_FAIL');
    await expect.poll(() => engine.running).toEqual([]);
    await expect.poll(() => executor.stats().workers).toBe(0);
    const error = (await executor.submit(times, 2).catch((thrown: unknown) => thrown)) as Error;
    expect(error.message).toMatch(
      /^Cannot load task 'times' in a worker as its module is made of other source there than in the program: received times\.ts changed on the machine '.*'\n {2}install the same version/,
    );
    writeFileSync(file, textOf(2));
    engine.lose('2_0', 'NODE_FAIL');
    await expect.poll(() => executor.stats().workers).toBe(0);
    expect(await executor.submit(times, 2)).toBe(4);
  });
});
