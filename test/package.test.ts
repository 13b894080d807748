/**
 * The package as it is built: a few bundles, which must behave as the one library that they are.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { build } from '../tools/build.ts';
import { type Ended, ProgramFolder } from './fixtures/run-program.ts';

/** Starting Node.js several times on a busy machine takes seconds. */
const limitMs = 30_000;

const dist = join(import.meta.dirname, '..', 'dist');

// Programs import the built package.
beforeAll(() => {
  const { built, output } = build();
  if (!built) throw new Error(output);
}, limitMs);

async function runMain(text: string, ...execArgv: string[]): Promise<Ended> {
  using folder = new ProgramFolder({ 'main.js': text });
  return await folder.run('main.js', { execArgv });
}

test('package.json says nothing twice, of which only the last would count', () => {
  const text = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8');
  expect(text).toBe(`${JSON.stringify(JSON.parse(text), undefined, 2)}\n`);
});

describe('entries', { timeout: limitMs }, () => {
  test('share classes and tasks', async () => {
    using folder = new ProgramFolder({
      'tasks.js': `
        import { tasks } from 'heddle';
        export const { add, boom } = tasks(import.meta, {
          add: (a, b) => a + b,
          boom: () => { throw new RangeError('boom'); },
        });
      `,
      'main.js': `
        import { Failure, run } from 'heddle';
        import { computeAlone } from 'heddle/testing';
        import { pqdm } from 'heddle/threads';
        import { add, boom } from './tasks.js';
        const [failure] = await pqdm([1], boom, 1, { disable: true }).toArray();
        console.log(failure instanceof Failure, await computeAlone(add(1, add(2, 3))), await run(add(1, 1)));
      `,
    });
    const { stdout, stderr } = await folder.run('main.js');
    expect({ stdout, stderr }).toEqual({ stdout: 'true 6 2\n', stderr: '' });
  });

  test('give workers the errors of their host', async () => {
    using folder = new ProgramFolder({
      'tasks.js': `
        import { HeddleError, tasks } from 'heddle';
        export const { leave, refuse } = tasks(import.meta, {
          leave: () => process.exit(7),
          refuse: () => { throw new HeddleError('MINE', 'refused'); },
        });
      `,
      'main.js': `
        import { openProcesses, openThreads, WorkerLostError } from 'heddle';
        import { leave, refuse } from './tasks.js';
        for (const pool of [openThreads({ workers: 1 }), openProcesses({ workers: 1 })]) {
          const lost = await pool.submit(leave).catch((error) => error);
          const refused = await pool.submit(refuse).catch((error) => error);
          console.log(lost instanceof WorkerLostError, refused.message);
          await pool.dispose();
        }
      `,
    });
    const { stdout, stderr } = await folder.run('main.js');
    expect({ stdout, stderr }).toEqual({ stdout: 'true refused\ntrue refused\n', stderr: '' });
  });
});

describe('bundled into one file', { timeout: limitMs }, () => {
  const esbuild = join(import.meta.dirname, '../node_modules/esbuild/bin/esbuild');
  const program = `
    import { openCache, run, task, tasks } from 'heddle';
    const { square } = tasks(import.meta, { square: task((x) => x * FACTOR * x, { cache: true }) });
    const cache = await openCache('.heddle');
    const value = await run(square(3), { cache });
    console.log(value, (await cache.stats()).calls.computed);
    await cache.close();
  `;

  test('without optional packages, a program remembers, by the text of the bundle', async () => {
    using folder = new ProgramFolder({
      'one.js': program.replace('FACTOR', '1'),
      'two.js': program.replace('FACTOR', '2'),
    });
    // A copy, which does not see the packages that are installed beside this one.
    const installed = join(folder.path, 'node_modules', 'heddle');
    rmSync(installed);
    cpSync(dist, join(installed, 'dist'), { recursive: true });
    cpSync(join(dist, '..', 'package.json'), join(installed, 'package.json'));
    const bundle = (entry: string): string => {
      const { status, stderr } = spawnSync(
        process.execPath,
        [esbuild, entry, '--bundle', '--platform=node', '--format=esm', '--outfile=bundle.mjs'],
        { cwd: folder.path, encoding: 'utf8', timeout: limitMs },
      );
      return `${status} ${/error/i.test(stderr) ? stderr : ''}`;
    };
    expect(bundle('one.js')).toBe('0 ');
    expect((await folder.run('bundle.mjs')).stdout).toBe('9 1\n');
    expect((await folder.run('bundle.mjs')).stdout).toBe('9 0\n');
    expect(bundle('two.js')).toBe('0 ');
    expect((await folder.run('bundle.mjs')).stdout).toBe('18 1\n');
  });
});

describe('places in messages', { timeout: limitMs }, () => {
  const program = `
    import { map, run, task } from 'heddle';
    const inverse = task((x) => { if (x === 0) throw new RangeError('none'); return 1 / x; });
    await run(map(inverse, [1, 0])).catch((error) => console.log(String(error)));
  `;
  test.for(['--no-warnings', '--enable-source-maps'])('are those of the user, with %s', async (option) => {
    const { stdout, stderr } = await runMain(program, option);
    expect({ stderr, isTold: stdout.includes('main.js:4') }).toEqual({ stderr: '', isTold: true });
    expect(stdout).not.toMatch(/\/(?:src|dist)\//);
  });
});

describe("import 'heddle'", { timeout: limitMs }, () => {
  test('loads no module of Node.js that is slow and seldom used', async () => {
    const { stdout } = await runMain(`
      const before = new Set(process.moduleLoadList);
      await import('heddle');
      console.log(process.moduleLoadList.filter((name) => !before.has(name)).join('\\n'));
    `);
    const slow = ['child_process', 'crypto', 'net', 'readline', 'v8', 'worker_threads'];
    expect(slow.filter((name) => stdout.split('\n').includes(`NativeModule ${name}`))).toEqual([]);
  });

  test('loads two modules besides its entry; a worker one', () => {
    const importsOf = (file: string): string[] =>
      [...readFileSync(join(dist, file), 'utf8').matchAll(/^import\b.*?"([^"]+)";$/gm)].map(
        ([, from = '']) => from,
      );
    expect(importsOf('index.js').sort()).toEqual(['./chunks/heddle-core.js', './chunks/heddle-host.js']);
    expect(importsOf('chunks/heddle-host.js')).toEqual(['./heddle-core.js']);
    expect(importsOf('chunks/heddle-core.js')).toEqual([]);
    expect(importsOf('worker/inside/main.js')).toEqual(['../../chunks/heddle-core.js']);
    expect(importsOf('worker/inside/process-main.js')).toEqual(['../../chunks/heddle-core.js']);
  });

  test('is nothing that the command loads before it needs it, nor does it load what parses arguments', () => {
    const command = readFileSync(join(dist, 'cli/main.js'), 'utf8');
    const atOnce = [...command.matchAll(/^import\b.*?"([^"]+)"/gm)].map(([, from]) => from);
    const later = [...command.matchAll(/\bimport\("([^"]+)"\)/g)].map(([, from]) => from);
    expect(command.startsWith('#!/usr/bin/env node\n')).toBe(true);
    expect(atOnce.filter((from) => !from?.startsWith('node:'))).toEqual(['commander']);
    expect(later).toContain('../index.js');
    expect(later).toContain('../worker.js');
  });
});

describe('caches', { timeout: limitMs }, () => {
  const taskModule = `
    import { memoize, tasks } from 'heddle';
    import { appendFileSync } from 'node:fs';
    const root = memoize((x) => { appendFileSync('log', 'root '); return Math.sqrt(x); }, { name: 'root', version: 1 });
    export const { rootOf } = tasks(import.meta, {
      rootOf: (x) => { appendFileSync('log', 'rootOf '); return root(x % 10); },
    });
  `;
  test('travel with tasks to threads and processes, and to other pools', async () => {
    using folder = new ProgramFolder({
      'tasks.js': taskModule,
      'main.js': `
        import { readFileSync } from 'node:fs';
        import { bind, cachedExecutor, openCache, openProcesses, openThreads } from 'heddle';
        import piscinas from '${pathToFileURL(createRequire(import.meta.url).resolve('piscina')).href}';
        import { rootOf } from './tasks.js';
        const cache = await openCache('cache');
        const bound = bind(rootOf, { cache });
        for (const pool of [openThreads({ workers: 1 }), openProcesses({ workers: 1 })]) {
          console.log(await pool.submit(bound, 14), await pool.submit(bound, 4));
          await pool.dispose();
        }
        const piscina = new piscinas.Piscina({ maxThreads: 1 });
        const pool = cachedExecutor(piscina, { cache });
        console.log(await pool.submit(rootOf, 14), await pool.submit(rootOf, 24));
        await piscina.destroy();
        await cache.close();
        console.log(readFileSync('log', 'utf8'));
      `,
    });
    const { stdout, stderr } = await folder.run('main.js');
    expect({ stdout, stderr }).toEqual({ stdout: '2 2\n2 2\n2 2\nrootOf root rootOf rootOf \n', stderr: '' });
  });
});
