/** The package as npm packs and installs it: its command runs, and so do workers by it. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { build } from '../../tools/build.ts';

/** Packing and installing takes seconds on a busy machine. */
const limitMs = 60_000;
const root = join(import.meta.dirname, '../..');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-packed-')));
const installed = join(folder, 'installed');

function run(program: string, args: readonly string[], cwd: string): string {
  // Of npm's own settings only what it needs: none of those of whoever runs the tests.
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    npm_config_offline: 'true',
    npm_config_cache: join(folder, 'cache'),
  };
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    timeout: limitMs,
    env,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`);
  return stdout;
}

beforeAll(() => {
  const { built, output } = build();
  if (!built) throw new Error(output);
  mkdirSync(installed);
  const [packed] = JSON.parse(
    run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], root),
  ) as readonly { readonly filename: string }[];
  // The dependencies are those that are here, so that nothing is fetched.
  const here = Object.keys(manifest.dependencies).map((name) => [
    name,
    `file:${join(root, 'node_modules', name)}`,
  ]);
  const dependencies = {
    ...(Object.fromEntries(here) as Record<string, string>),
    heddle: `file:${join(folder, packed?.filename ?? '')}`,
  };
  writeFileSync(
    join(installed, 'package.json'),
    JSON.stringify({ name: 'installed', version: '1.0.0', type: 'module', dependencies }),
  );
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], installed);
}, limitMs);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('npx heddle runs, by its shebang', { timeout: limitMs }, () => {
  expect(run('npx', ['--no', '--', 'heddle', '--version'], installed)).toBe(`${manifest.version}\n`);
  expect(run(join(installed, 'node_modules/.bin/heddle'), ['--help'], installed)).toMatch(/^Usage: heddle /);
});

test('an installed heddle remembers, and its command tells of it', { timeout: limitMs }, () => {
  writeFileSync(
    join(installed, 'remember.js'),
    `import { openCache, run, task, tasks } from 'heddle';
     export const { square } = tasks(import.meta, { square: task((x) => { console.log('squares'); return x * x; }, { cache: true }) });
     if (import.meta.main) {
       const cache = await openCache('.heddle');
       console.log(await run(square(3), { cache, threads: 1 }));
       await cache.close();
     }`,
  );
  expect(run(process.execPath, ['remember.js'], installed)).toBe('squares\n9\n');
  expect(run(process.execPath, ['remember.js'], installed)).toBe('9\n');
  expect(run('npx', ['--no', '--', 'heddle', 'cache', 'ls', '--values'], installed)).toContain(
    'square(x: 3) = 9',
  );
  expect(run('npx', ['--no', '--', 'heddle', 'explain', './remember.js#square', '4'], installed)).toContain(
    "argument 'x' is 4, and was 3",
  );
});

test('workers by the installed command run the calls of an installed heddle', { timeout: limitMs }, () => {
  writeFileSync(
    join(installed, 'tasks.js'),
    `import { tasks } from 'heddle';
     export const { add } = tasks(import.meta, { add: (a, b) => { console.log('adds'); return a + b; } });`,
  );
  writeFileSync(
    join(installed, 'main.js'),
    `import { openProcesses, run } from 'heddle';
     import { add } from './tasks.js';
     const executor = openProcesses({ workers: 1, command: ['node_modules/.bin/heddle', 'worker', '--stdio'] });
     console.log(await run(add(1, add(2, 3)), { executor }));
     await executor.dispose();`,
  );
  expect(run(process.execPath, ['main.js'], installed)).toBe('adds\nadds\n6\n');
});
