/**
 * The files that count are those that Node.js loads: compared with what it really loads of the examples, and of a program
 * with every kind of import.
 */
import { globSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { SourceDigests } from '../../src/sources/source-digests.ts';
import { build } from '../../tools/build.ts';
import { runProgram } from '../fixtures/run-program.ts';
import { SourceTree } from './source-tree.ts';

const root = join(import.meta.dirname, '../..');

// The examples import the built package.
beforeAll(() => {
  const { built, output } = build();
  if (!built) throw new Error(output);
}, 60_000);

/** The real paths of the files that Node.js loads when a module is imported, and of packages nothing. */
async function loadedFor(url: string): Promise<readonly string[]> {
  using tree = new SourceTree({
    'record.mjs': `
      import { registerHooks } from 'node:module';
      const loaded = new Set();
      registerHooks({ load: (url, context, next) => { loaded.add(url.replace(/[?#].*/, '')); return next(url, context); } });
      await import(${JSON.stringify(url)});
      console.log(JSON.stringify([...loaded].filter((url) => url.startsWith('file:'))));
    `,
  });
  const { stdout, stderr } = await runProgram(join(tree.root, 'record.mjs'));
  expect(stderr).toBe('');
  const urls = JSON.parse(stdout) as readonly string[];
  const isPackage = (path: string): boolean =>
    path.includes(`${sep}node_modules${sep}`) ||
    ['src', 'dist'].some((name) => path.startsWith(join(root, name) + sep));
  return urls
    .map((loaded) => fileURLToPath(loaded))
    .filter((path) => !isPackage(path))
    .sort();
}

describe('the files that count are those that Node.js loads', { timeout: 60_000 }, () => {
  test.for(globSync('examples/*/tasks.ts', { cwd: root }))('of %s', async (example) => {
    const { href } = pathToFileURL(join(root, example));
    const { files, packages, unknown } = new SourceDigests().of(href);
    // Data that an example reads by its URL counts too.
    const modules = files.filter(({ path }) => path.endsWith('.ts'));
    expect(modules.map(({ path }) => join(root, path)).sort()).toEqual(await loadedFor(href));
    // What the project has, and its examples may import.
    const installed = [manifest.name, ...Object.keys(manifest.devDependencies)];
    expect(packages[0]).toEqual({ name: 'heddle', version: manifest.version });
    for (const { name } of packages) expect(installed).toContain(name);
    expect(unknown).toEqual([]);
  });

  test('of a program with every kind of import', async () => {
    using tree = new SourceTree({
      'package.json': JSON.stringify({
        name: 'my-app',
        type: 'module',
        exports: { './self': { node: { import: './src/self.ts' }, default: './src/none.ts' } },
        imports: {
          '#hash': { 'module-sync': './src/hash.ts', default: './src/none.ts' },
          '#*': './src/lib/*.ts',
        },
      }),
      'src/tasks.ts': [
        "import { type A, a } from './a.ts'; import type { T } from './types.ts'; import {} from './empty.ts';",
        "import { type Only } from './only-types.ts'; export { type Too } from './only-types-too.ts';",
        "export * from './b.ts'; export * as c from './c.mts'; export { default as d } from './d.cts';",
        "import data from './data.json' with { type: 'json' }; import 'my-app/self'; import '#hash'; import '#deep/e';",
        "import { createRequire } from 'node:module'; import 'linked'; import './a%62.ts'; import './a.ts?again';",
        "const need = createRequire(import.meta.url); need('./f'); const g = await import('./g.ts');",
        'export const of: T | undefined = undefined; void [a, data, g] as unknown as A; type Late = import("./late.ts").L;',
      ].join('\n'),
      'src/a.ts': 'export type A = 1; export const a = 1;',
      'src/types.ts': 'export type T = 1;',
      'src/empty.ts': '',
      'src/only-types.ts': 'export type Only = 1;',
      'src/only-types-too.ts': 'export type Too = 1;',
      'src/b.ts': "import './tasks.ts'; export const b = 1;",
      'src/c.mts': '',
      'src/d.cts': "const own = require('./own.cjs'); module.exports = own;",
      'src/own.cjs': "module.exports = require('../src/f.cjs');",
      'src/data.json': '{}',
      'src/self.ts': '',
      'src/hash.ts': '',
      'src/lib/deep/e.ts': '',
      'src/ab.ts': '',
      'src/f.js': '',
      'src/f.cjs': '',
      'src/g.ts': '',
      'src/late.ts': '',
      'src/none.ts': '',
      'packages/linked/package.json': '{ "name": "linked", "type": "module", "exports": "./index.ts" }',
      'packages/linked/index.ts': "import './more.ts';",
      'packages/linked/more.ts': '',
    });
    tree.link('node_modules/linked', 'packages/linked');
    const { files, unknown } = tree.manifest();
    const found = files.map((file) =>
      join(tree.root, file.package === undefined ? '' : 'packages/linked', file.path),
    );
    expect(found.sort()).toEqual(await loadedFor(tree.url('src/tasks.ts')));
    expect(unknown).toEqual([]);
  });
});
