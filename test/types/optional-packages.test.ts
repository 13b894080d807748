/**
 * Programs without the optional packages: their types compile, also with a look into all declarations, and what is imported
 * loads.
 */

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { build } from '../../tools/build.ts';

const limitMs = 60_000;
const root = join(import.meta.dirname, '../..');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-without-')));

const entries = Object.keys(manifest.exports)
  .filter((name) => name !== './package.json')
  .map((name) => `heddle${name.slice(1)}`);

beforeAll(() => {
  const { built, output } = build();
  if (!built) throw new Error(output);
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'heddle'), { recursive: true });
  mkdirSync(join(modules, '@types'));
  // A copy: by a link, the packages that are here would be found.
  cpSync(join(root, 'package.json'), join(modules, 'heddle/package.json'));
  cpSync(join(root, 'dist'), join(modules, 'heddle/dist'), { recursive: true });
  for (const name of ['@types/node', 'undici-types', ...Object.keys(manifest.dependencies)]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name), 'dir');
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'without', type: 'module' }));
}, limitMs);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, ...args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8', timeout: limitMs });
  return stdout + stderr;
}

test('the optional packages are those that package.json says, and none is here', () => {
  expect(Object.keys(manifest.peerDependencies)).toEqual(Object.keys(manifest.peerDependenciesMeta));
  expect(Object.values(manifest.peerDependenciesMeta).every(({ optional }) => optional)).toBe(true);
  const installed = readdirSync(join(folder, 'node_modules'));
  expect(Object.keys(manifest.peerDependencies).filter((name) => installed.includes(name))).toEqual([]);
});

test('all entries compile, with a look into all declarations', { timeout: limitMs }, () => {
  const text = entries
    .map((entry, i) => `import * as entry${i} from '${entry}';\nvoid entry${i};`)
    .join('\n');
  writeFileSync(
    join(folder, 'main.ts'),
    `${text}
import { toArrow } from 'heddle/codecs/arrow';
import { openRedis } from 'heddle/cache/redis';
import { type Cache, openCache } from 'heddle';
export const bytes: Uint8Array = toArrow({ x: Float64Array.of(1) });
export const open = async (): Promise<Cache> => openCache(await openRedis({ url: 'redis://localhost' }));
`,
  );
  const options = {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable', 'esnext.iterator'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['main.ts'] }),
  );
  expect(run(join(root, 'node_modules/.bin/tsc'), '-p', '.')).toBe('');
});

test('all entries load, and say what to install when it is needed', { timeout: limitMs }, () => {
  writeFileSync(
    join(folder, 'main.js'),
    `${entries.map((entry) => `await import('${entry}');`).join('\n')}
const told = async (action) => console.log(await action().catch((error) => error.message));
const { toArrow } = await import('heddle/codecs/arrow');
const { readHdf5, toHdf5 } = await import('heddle/codecs/hdf5');
const { readZarr, writeZarr } = await import('heddle/codecs/zarr');
const { openPostgres } = await import('heddle/cache/postgres');
const { openRedis } = await import('heddle/cache/redis');
await told(async () => toArrow({ x: ['a'] }));
await told(() => toHdf5({}));
await told(() => readHdf5('main.js', 'x'));
await told(() => writeZarr('x', {}));
await told(() => readZarr('x', 'y'));
await told(() => openPostgres({ url: 'postgres://localhost' }));
await told(() => openRedis({ url: 'redis://localhost' }));
`,
  );
  const missing = (verb: string, name: string): string =>
    `Cannot ${verb} as the package '${name}' is not installed\n  npm install ${name}\n`;
  expect(run(process.execPath, 'main.js')).toBe(
    [
      missing('write Arrow', 'apache-arrow'),
      missing('write HDF5', 'h5wasm'),
      missing('read HDF5', 'h5wasm'),
      missing('write Zarr', 'zarrita'),
      missing('read Zarr', 'zarrita'),
      missing('open a cache in PostgreSQL', 'pg'),
      missing('open a cache in Redis', 'redis'),
    ].join(''),
  );
});
