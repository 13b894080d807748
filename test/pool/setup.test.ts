/** What workers do besides running calls: a task before the first one and after the last one, and a directory for each. */

import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type Executor,
  type OutputLine,
  openPool,
  openProcesses,
  openThreads,
  type ProcessesOptions,
  run,
  type SetupOptions,
  task,
  type WorkerLimits,
} from '../../src/index.ts';
import { callFailure } from '../fixtures/call-failure.ts';
import { fromBroken } from '../fixtures/tasks/broken-module.ts';
import { notesIn } from '../fixtures/tasks/meeting-folder.ts';
import { folderVariable, setupTasks, Visitor } from '../fixtures/tasks/setup-tasks.ts';
import { folderForTest } from './gate.ts';
import { isolatedKinds, type PoolKind } from './opened.ts';

const {
  open,
  openNever,
  exitInstead,
  refuse,
  refuseLater,
  close,
  failToClose,
  visit,
  stay,
  leave,
  leaveLater,
  named,
} = setupTasks;

/** What hangs is told within this time. */
const limit = { timeout: 10_000 };

type Options = SetupOptions &
  WorkerLimits & {
    readonly workers?: number;
    readonly env?: NodeJS.ProcessEnv;
    readonly output?: (line: OutputLine) => void;
  };

/** Workers, however they are opened. */
interface Workers {
  visit(what: string): Promise<boolean>;
  stats(): { readonly workers: number };
  dispose(): Promise<void>;
}

function onExecutor(executor: Executor): Workers {
  return {
    visit: (what) => executor.submit(visit, what),
    stats: () => executor.stats(),
    dispose: () => executor.dispose(),
  };
}

function onPool(kind: 'threads' | 'processes', options: Options): Workers {
  const pool = openPool(visit, { kind, ...options });
  return { visit: (what) => pool.submit(what), stats: () => pool.stats(), dispose: () => pool.dispose() };
}

/** All ways to open workers that take the options. */
const openers: Readonly<Record<string, (options: Options) => Workers>> = {
  'openThreads()': (options) => onExecutor(openThreads(options)),
  'openProcesses()': (options) => onExecutor(openProcesses(options)),
  'openPool() of threads': (options) => onPool('threads', options),
  'openPool() of processes': (options) => onPool('processes', options),
};

function envFor(folder: string): NodeJS.ProcessEnv {
  return { ...process.env, [folderVariable]: folder };
}

/** Notes without the worker that made them. */
function textsIn(folder: string): string[] {
  return notesIn(folder).map((note) => note.replace(/ \d+$/, ''));
}

describe.each(Object.entries(openers))('%s', limit, (_, openWith) => {
  const opened = (folder: string, options: Options): Workers => {
    const workers = openWith({ workers: 1, env: envFor(folder), ...options });
    onTestFinished(() => workers.dispose());
    return workers;
  };

  test('init: is run once in each worker, and to its end before the first call', async () => {
    const folder = folderForTest();
    const workers = opened(folder, { init: open, workers: 2 });
    const visits = await Promise.all(Array.from({ length: 40 }, () => workers.visit('')));
    expect(visits).toEqual(visits.map(() => true));
    const notes = notesIn(folder);
    const ids = [...new Set(notes.map((note) => note.split(' ').at(-1)))];
    expect(notes.filter((note) => note.startsWith('call'))).toHaveLength(40);
    for (const id of ids) {
      const own = notes.filter((note) => note.endsWith(` ${id}`)).map((note) => note.split(' ')[0]);
      expect(own.slice(0, 2)).toEqual(['opening', 'open']);
      expect(new Set(own.slice(2))).toEqual(new Set(own.length > 2 ? ['call'] : []));
    }
  });

  test('init: a worker that takes the place of a lost one runs it too', async () => {
    const folder = folderForTest();
    const workers = opened(folder, { init: open });
    await expect(workers.visit('exit')).rejects.toThrow(/exited with code 1/);
    expect(await workers.visit('')).toBe(true);
    expect(textsIn(folder)).toEqual(['opening', 'open', 'call', 'opening', 'open', 'call']);
  });

  test.each(Object.entries({ refuse, refuseLater }))(
    'init: what %s() throws fails all calls',
    async (__, init) => {
      const folder = folderForTest();
      const workers = opened(folder, { init, workers: 2 });
      const settled = await Promise.allSettled(Array.from({ length: 10 }, () => workers.visit('')));
      for (const outcome of settled) {
        expect(outcome).toMatchObject({
          status: 'rejected',
          reason: { name: 'RangeError', message: 'no licence' },
        });
      }
      // At once, and without another attempt.
      const before = notesIn(folder).length;
      await expect(workers.visit('')).rejects.toThrow('no licence');
      expect(notesIn(folder)).toHaveLength(before);
      expect(before).toBeLessThanOrEqual(2);
      expect(textsIn(folder)).not.toContain('call');
    },
  );

  test('init: one that never ends fails all calls, if `startTimeoutMs` is given', async () => {
    const workers = opened(folderForTest(), { init: openNever, startTimeoutMs: 300 });
    for (let time = 0; time < 2; time++) {
      await expect(workers.visit('')).rejects.toMatchObject({ name: 'TimedOutError' });
    }
  });

  test('init: one that ends its worker fails the calls, and not for ever', async () => {
    const workers = opened(folderForTest(), { init: exitInstead });
    await expect(workers.visit('')).rejects.toThrow(/exited with code 3/);
  });

  test('finish: is run once, to its end, when the workers are disposed of', async () => {
    const folder = folderForTest();
    const workers = opened(folder, { init: open, finish: close });
    await workers.visit('');
    await expect(workers.visit('throw')).rejects.toThrow('a bad visit');
    await workers.dispose();
    await workers.dispose();
    expect(textsIn(folder)).toEqual(['opening', 'open', 'call', 'call', 'closed']);
  });

  test('finish: is run by a worker that has been idle for long', async () => {
    const folder = folderForTest();
    const workers = opened(folder, { finish: close, idleTimeoutMs: 20 });
    await workers.visit('');
    await expect.poll(() => textsIn(folder)).toEqual(['call', 'closed']);
    await expect.poll(() => workers.stats().workers).toBe(0);
  });

  test('finish: is run by each worker that has had its calls', async () => {
    const folder = folderForTest();
    const workers = opened(folder, { finish: close, maxCallsPerWorker: 2 });
    for (let call = 0; call < 4; call++) await workers.visit('');
    await expect.poll(() => textsIn(folder).filter((text) => text === 'closed')).toHaveLength(2);
    await workers.dispose();
    const notes = notesIn(folder);
    expect(notes.filter((note) => note.startsWith('closed'))).toHaveLength(2);
    expect(new Set(notes).size).toBe(4);
  });

  test('finish: is not run by a worker that is lost', async () => {
    const folder = folderForTest();
    const workers = opened(folder, { finish: close });
    await expect(workers.visit('exit')).rejects.toThrow(/exited with code 1/);
    await workers.dispose();
    expect(textsIn(folder)).toEqual(['call']);
  });

  test('finish: is not run where init has failed', async () => {
    const folder = folderForTest();
    const workers = opened(folder, { init: refuse, finish: close });
    await expect(workers.visit('')).rejects.toThrow('no licence');
    await workers.dispose();
    expect(textsIn(folder)).toEqual(['refused']);
  });

  test('finish: what it throws is printed, and ends nothing else', async () => {
    const folder = folderForTest();
    const lines: OutputLine[] = [];
    const workers = opened(folder, { finish: failToClose, output: (line) => lines.push(line) });
    await workers.visit('');
    await workers.dispose();
    expect(textsIn(folder)).toEqual(['call', 'closed']);
    expect(lines.filter(({ stream }) => stream === 'stderr').map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^RangeError: stuck door/),
    );
  });

  test.each<[string, unknown]>([
    ['a function', () => 1],
    ['a task that stays', task(() => 1)],
    ['a class made with delayedInit', Visitor],
    ['no function', 'open'],
    ['null', null],
  ])('refuses %s as init and as finish', (__, wrong) => {
    for (const option of ['init', 'finish']) {
      expect(() => openWith({ [option]: wrong } as never)).toThrow(
        new RegExp(`'${option}' must be a task that workers can find`),
      );
    }
  });
});

describe.each(isolatedKinds as readonly Exclude<PoolKind, 'inline'>[])('on %s', limit, (kind) => {
  test('a state is built after init, and disposed of after finish', async () => {
    const folder = folderForTest();
    const pool = openPool(Visitor(), { kind, workers: 1, init: open, finish: close, env: envFor(folder) });
    onTestFinished(() => pool.dispose());
    expect(await pool.submit(1)).toBe(1);
    await pool.stop();
    expect(textsIn(folder)).toEqual(['opening', 'open', 'built true', 'call', 'closed', 'disposed']);
  });

  test('a state is not built when init has failed, and all calls fail with what it threw', async () => {
    const folder = folderForTest();
    const pool = openPool(Visitor(), { kind, workers: 1, init: refuse, finish: close, env: envFor(folder) });
    onTestFinished(() => pool.dispose());
    await expect(pool.submit(1)).rejects.toThrow('no licence');
    await expect(pool.map([1, 2]).toArray()).rejects.toThrow('no licence');
    await pool.stop();
    expect(textsIn(folder)).toEqual(['refused']);
  });

  test.each(['stop', 'dispose', 'terminate'] as const)(
    'finish is run by idle workers at %s()',
    async (end) => {
      const folder = folderForTest();
      const pool = openPool(visit, { kind, workers: 2, finish: close, env: envFor(folder) });
      await pool.submit('');
      await pool[end]();
      expect(textsIn(folder)).toEqual(['call', 'closed']);
    },
  );

  test('finish is run by workers that are too many since resize()', async () => {
    const folder = folderForTest();
    const pool = openPool(visit, {
      kind,
      workers: 2,
      finish: close,
      env: envFor(folder),
      affinity: (what) => what,
    });
    onTestFinished(() => pool.dispose());
    await Promise.all(['a', 'b', 'c', 'd'].map((what) => pool.submit(what)));
    const { workers } = pool.stats();
    pool.resize(1);
    await expect.poll(() => textsIn(folder).filter((text) => text === 'closed')).toHaveLength(workers - 1);
  });

  test('finish is not run by a worker that is ended in the midst of a call', async () => {
    const folder = folderForTest();
    const pool = openPool(stay, { kind, workers: 1, finish: close, env: envFor(folder) });
    const ending = pool.submit().catch((error: unknown) => error);
    await expect.poll(() => textsIn(folder)).toEqual(['call']);
    await pool.dispose();
    expect(await ending).toMatchObject({ code: 'HEDDLE_CLOSED' });
    expect(textsIn(folder)).toEqual(['call']);
  });

  test('a run fails with what init has thrown', async () => {
    const folder = folderForTest();
    const openHere = kind === 'threads' ? openThreads : openProcesses;
    const executor = openHere({ workers: 1, init: refuse, env: envFor(folder) });
    onTestFinished(() => executor.dispose());
    for (let time = 0; time < 2; time++) {
      const error = await callFailure([visit('a'), visit('b')], { executor });
      expect(error.reason).toBe('not-loadable');
      expect(error.cause).toMatchObject({ name: 'RangeError', message: 'no licence' });
    }
  });

  test('a module that cannot be imported fails all calls', async () => {
    const pool = openPool(visit, { kind, workers: 1, init: fromBroken, env: envFor(folderForTest()) });
    onTestFinished(() => pool.dispose());
    await expect(pool.submit('')).rejects.toThrow(/does not like workers/);
  });
});

test('a pool without workers has neither init nor finish', () => {
  for (const option of ['init', 'finish', 'jobDirs']) {
    expect(() => openPool(visit, { kind: 'inline', [option]: open } as never)).toThrow(
      new RegExp(`no option '${option}'`),
    );
  }
});

describe('jobDirs of processes', limit, () => {
  /** A folder that is not there yet, and an executor that uses it. */
  const opened = (options: ProcessesOptions = {}): { root: string; executor: Executor } => {
    const root = join(realpathSync(folderForTest()), 'deep', 'jobs');
    const executor = openProcesses({ workers: 2, jobDirs: root, ...options });
    onTestFinished(() => executor.dispose());
    return { root, executor };
  };

  test('each call has a directory of its own, which is gone when it has given a value', async () => {
    const { root, executor } = opened();
    const home = process.cwd();
    const texts = Array.from({ length: 20 }, (_, i) => String(i));
    const dirs = await run(
      texts.flatMap((text) => [leave(text), leaveLater(text)]),
      { executor },
    );
    expect(new Set(dirs).size).toBe(40);
    expect(new Set(dirs.map((dir) => dirname(dir)))).toEqual(new Set([root]));
    expect(readdirSync(root)).toEqual([]);
    expect(process.cwd()).toBe(home);
  });

  test('it stays when the call has failed, and the error has its path', async () => {
    const { root, executor } = opened();
    for (const failing of [leave, leaveLater]) {
      const error: unknown = await executor.submit(failing, 'throw').catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RangeError);
      const { jobDir } = error as { readonly jobDir: string };
      expect(dirname(jobDir)).toBe(root);
      expect(readFileSync(join(jobDir, 'left'), 'utf8')).toBe('throw');
    }
    expect(readdirSync(root)).toHaveLength(2);
    expect(existsSync(await executor.submit(leave, 'after'))).toBe(false);
    expect(readdirSync(root)).toHaveLength(2);
    const { cause } = await callFailure(leave('throw'), { executor });
    expect((cause as { readonly jobDir: string }).jobDir.startsWith(root)).toBe(true);
  });

  test('what is thrown and cannot have its path comes as it is', async () => {
    const { root, executor } = opened();
    await expect(executor.submit(leave, 'throw text')).rejects.toBe('no error');
    await expect(executor.submit(leave, 'throw frozen')).rejects.toThrow('cold');
    expect(readdirSync(root)).toHaveLength(2);
  });

  test('calls that leave it, or remove it, harm none that come after', async () => {
    const { root, executor } = opened({ workers: 1 });
    expect(await executor.submit(leave, 'elsewhere')).toBe('elsewhere');
    expect(await executor.submit(leave, 'remove')).toBe('remove');
    expect(dirname(await executor.submit(leave, 'after'))).toBe(root);
    expect(readdirSync(root)).toEqual([]);
  });

  test('many calls in a pool, in batches', async () => {
    const root = realpathSync(folderForTest());
    const pool = openPool(leave, { kind: 'processes', workers: 2, jobDirs: root });
    onTestFinished(() => pool.dispose());
    const inputs = Array.from({ length: 100 }, (_, i) => String(i));
    const dirs = await pool.map(inputs, { batch: 10 }).toArray();
    expect(new Set(dirs).size).toBe(100);
    expect(readdirSync(root)).toEqual([]);
  });

  test('its name begins with that of the task, as far as files can be called so', async () => {
    const { root, executor } = opened();
    expect(relative(root, await executor.submit(named))).toMatch(/^\.\._odd_name_-\w+$/);
  });

  test('a path is taken from where the host is, whatever cwd says', async () => {
    const folder = realpathSync(folderForTest());
    const { executor } = opened({ jobDirs: relative(process.cwd(), folder), cwd: '/' });
    expect(dirname(await executor.submit(leave, 'x'))).toBe(folder);
  });

  test('init and finish run where the worker is', async () => {
    const folder = folderForTest();
    const { root, executor } = opened({ workers: 1, init: open, finish: close, env: envFor(folder) });
    expect(dirname(await executor.submit(leave, 'x'))).toBe(root);
    await executor.dispose();
    expect(textsIn(folder)).toEqual(['opening', 'open', 'closed']);
    expect(readdirSync(root)).toEqual([]);
  });

  test.each([5, '', null, {}])('refuses %j', (wrong) => {
    const options = { jobDirs: wrong as never };
    expect(() => openProcesses(options)).toThrow(/'jobDirs' must be a path: received/);
    expect(() => openPool(leave, { kind: 'processes', ...options })).toThrow(/'jobDirs' must be a path/);
  });

  test('threads have none, since a program has one working directory', () => {
    expect(() => openThreads({ jobDirs: '/' } as never)).toThrow(/no option 'jobDirs'/);
    expect(() => openPool(leave, { kind: 'threads', jobDirs: '/' } as never)).toThrow(/no option 'jobDirs'/);
  });
});
