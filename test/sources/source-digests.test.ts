/**
 * What changes the digest of a module, and what does not.
 */
import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SourceDigests } from '../../src/sources/source-digests.ts';
import { SourceTree } from './source-tree.ts';

/** Whether the digest of `src/tasks.ts` changes when files are written. */
function changes(tree: SourceTree, files: Readonly<Record<string, string>>): boolean {
  const before = tree.manifest().digest;
  tree.write(files);
  return tree.manifest().digest !== before;
}

describe('the digest of a module', () => {
  const project = {
    'src/tasks.ts':
      "import { mean } from './stats.ts';\nexport const twice = (x: number) => 2 * mean([x]);\n",
    'src/stats.ts':
      "import { sum } from './sum.ts';\nexport const mean = (xs: number[]) => sum(xs) / xs.length;\n",
    'src/sum.ts': 'export const sum = (xs: number[]) => xs.reduce((a, b) => a + b, 0);\n',
    'src/other.ts': 'export const other = 1;\n',
  };

  test('changes with the module, and with what it imports two imports away', () => {
    using tree = new SourceTree(project);
    expect(changes(tree, { 'src/tasks.ts': `${project['src/tasks.ts']}export const one = 1;\n` })).toBe(true);
    expect(changes(tree, { 'src/sum.ts': 'export const sum = (xs: number[]) => xs.length;\n' })).toBe(true);
  });

  test('changes with a comment: files count by their content', () => {
    using tree = new SourceTree(project);
    expect(changes(tree, { 'src/sum.ts': `// Adds.\n${project['src/sum.ts']}` })).toBe(true);
  });

  test('does not change with files that are not imported, nor with the version of the project', () => {
    using tree = new SourceTree(project);
    expect(changes(tree, { 'src/other.ts': 'export const other = 2;\n' })).toBe(false);
    expect(changes(tree, { 'package.json': '{ "name": "my-app", "version": "2.0.0" }' })).toBe(false);
  });

  test('is the same in another folder', () => {
    using tree = new SourceTree(project);
    const before = tree.manifest();
    tree.move();
    expect(tree.manifest()).toEqual(before);
    expect(before.files.map(({ path }) => path)).toEqual(['src/stats.ts', 'src/sum.ts', 'src/tasks.ts']);
  });

  test('is the same in another folder without a package.json', () => {
    using tree = new SourceTree(project);
    tree.write({ 'src/tasks.ts': "import '../shared.ts';", 'shared.ts': '' });
    tree.remove('package.json');
    const before = tree.manifest();
    tree.move();
    expect(tree.manifest()).toEqual(before);
    expect(before.files.map(({ path }) => path)).toEqual(['../shared.ts', 'tasks.ts']);
  });

  test('is the same when lines of code end as on Windows, but not for data', () => {
    using tree = new SourceTree({ ...project, 'src/data.json': '[1,\n2]' });
    expect(changes(tree, { 'src/sum.ts': project['src/sum.ts'].replaceAll('\n', '\r\n') })).toBe(false);
    tree.write({ 'src/tasks.ts': "import data from './data.json' with { type: 'json' };" });
    expect(changes(tree, { 'src/data.json': '[1,\r\n2]' })).toBe(true);
  });

  test('tells files of the same content at two paths apart', () => {
    using tree = new SourceTree({ 'src/tasks.ts': '' });
    tree.write({ 'src/a.ts': '', 'src/b.ts': '' });
    expect(tree.manifest('src/a.ts').digest).not.toBe(tree.manifest('src/b.ts').digest);
  });
});

describe('what counts', () => {
  /** The files beside `src/tasks.ts` that count, if that has a text. */
  const others = (text: string, files: Readonly<Record<string, string>> = {}): readonly string[] => {
    const beside = Object.fromEntries(
      ['a.ts', 'b.ts', 'c.mts', 'd.cts', 'e.json', 'f.wasm', 'dir/index.ts'].map((name) => [
        `src/${name}`,
        '',
      ]),
    );
    using tree = new SourceTree({ ...beside, ...files, 'src/tasks.ts': text });
    return tree.files().filter((path) => path !== 'src/tasks.ts');
  };

  test.for<readonly [what: string, text: string, ...found: string[]]>([
    ['an import', "import { a } from './a.ts'; import b from './b.ts';", 'src/a.ts', 'src/b.ts'],
    ['an import for its effect', "import './a.ts';", 'src/a.ts'],
    ['an import of a type and a value', "import { type A, b } from './a.ts';", 'src/a.ts'],
    [
      're-exports',
      "export * from './a.ts'; export { b as c } from './b.ts'; export * as d from './c.mts';",
      'src/a.ts',
      'src/b.ts',
      'src/c.mts',
    ],
    ['a dynamic import', "const load = async () => await import('./a.ts');", 'src/a.ts'],
    ['a dynamic import of a template without holes', 'import(`./a.ts`);', 'src/a.ts'],
    ['an import with a query', "import './a.ts?raw';", 'src/a.ts'],
    [
      'an import by another extension',
      "import './a.js'; import './c.mjs'; import './d.cjs';",
      'src/a.ts',
      'src/c.mts',
      'src/d.cts',
    ],
    ['an import without an extension', "import './a'; import './dir';", 'src/a.ts', 'src/dir/index.ts'],
    ['JSON', "import data from './e.json' with { type: 'json' };", 'src/e.json'],
    ['JSON, dynamically', "const data = await import('./e.json', { with: { type: 'json' } });", 'src/e.json'],
    ['WebAssembly', "import source module from './f.wasm';", 'src/f.wasm'],
    [
      'an asset by its URL',
      "const file = new URL('./f.wasm', import.meta.url); new URL('b.ts', import.meta.url)",
      'src/b.ts',
      'src/f.wasm',
    ],
    ['a resolved path', "const file = import.meta.resolve('./a.ts');", 'src/a.ts'],
    [
      'a require',
      "import { createRequire } from 'node:module';\nconst need = createRequire(import.meta.url);\nneed('./d.cts'); createRequire(import.meta.url)('./e.json')",
      'src/d.cts',
      'src/e.json',
    ],
    ['a require of TypeScript', "import d = require('./d.cts');", 'src/d.cts'],
    [
      'a type',
      "import type { A } from './a.ts'; export type { B } from './b.ts'; export type * from './c.mts';",
    ],
    ['a type of a module', "let a: typeof import('./a.ts'); type B = import('./b.ts').B;"],
    [
      'an import in a comment or a text',
      "// import './a.ts';\n/* import './b.ts'; */ const text = \"import './c.mts'\";",
    ],
    [
      'a module of Node.js',
      "import fs from 'node:fs'; import path from 'path'; import test from 'node:test';",
    ],
    ['another module of data', "import 'data:text/javascript,1';"],
  ])('%s', ([, text, ...found]) => {
    expect(others(text)).toEqual(found);
  });

  test('an asset is not followed, unless it is also run', () => {
    const files = { 'src/w.ts': "import './a.ts';" };
    const asText = "import text from './w.ts' with { type: 'text' };";
    expect(others(asText, files)).toEqual(['src/w.ts']);
    expect(others(`${asText} import './w.ts';`, files)).toEqual(['src/a.ts', 'src/w.ts']);
    expect(others("new Worker(new URL('./w.ts', import.meta.url))", files)).toEqual(['src/a.ts', 'src/w.ts']);
  });

  test('modules in CommonJS, with what they require', () => {
    using tree = new SourceTree({
      'src/tasks.ts': "import './old.cjs';",
      'src/old.cjs': "const { b } = require('./b'); require.resolve('./c.cjs'); exports.a = b;",
      'src/b.js': "require('node:fs'); import('./d.mjs');",
      'src/c.cjs': '',
      'src/d.mjs': '',
    });
    expect(tree.files()).toEqual(['src/b.js', 'src/c.cjs', 'src/d.mjs', 'src/old.cjs', 'src/tasks.ts']);
  });

  test('modules that import each other, each once', () => {
    using tree = new SourceTree({
      'src/tasks.ts': "import './a.ts'; import './b.ts';",
      'src/a.ts': "import './b.ts'; import './tasks.ts';",
      'src/b.ts': "import './a.ts'; import './b.ts';",
    });
    expect(tree.files()).toEqual(['src/a.ts', 'src/b.ts', 'src/tasks.ts']);
    expect(tree.manifest('src/a.ts').digest).toBe(tree.manifest().digest);
  });

  test('files by their real paths', () => {
    using tree = new SourceTree({ 'src/real/a.ts': "import './b.ts';", 'src/real/b.ts': '' });
    tree.link('src/linked', 'src/real');
    tree.link('src/c.ts', 'src/real/b.ts');
    tree.link('src/gone.ts', 'src/none.ts');
    tree.write({
      'src/tasks.ts': "import './linked/a.ts'; import './real/b.ts'; import './c.ts'; import './gone.ts';",
    });
    expect(tree.manifest().unknown).toHaveLength(1);
    expect(tree.files()).toEqual(['src/real/a.ts', 'src/real/b.ts', 'src/tasks.ts']);
  });

  test("what the project's own name and '#' names mean", () => {
    using tree = new SourceTree({
      'package.json': JSON.stringify({
        name: 'my-app',
        type: 'module',
        exports: { '.': { import: './src/index.ts', require: './src/index.cjs' } },
        imports: {
          '#a': { require: './src/a.cjs', import: './src/a.ts' },
          '#lib/*': './src/lib/*.ts',
          '#pad': 'left-pad',
        },
      }),
      'src/tasks.ts': "import 'my-app'; import '#a'; import '#lib/deep/b'; import '#pad';",
      'src/index.ts': '',
      'src/index.cjs': '',
      'src/a.ts': '',
      'src/a.cjs': '',
      'src/lib/deep/b.ts': '',
      'node_modules/left-pad/package.json':
        '{ "name": "left-pad", "version": "1.0.0", "exports": { "import": "./i.js" } }',
      'node_modules/left-pad/i.js': '',
    });
    const { packages, unknown } = tree.manifest();
    expect(tree.files()).toEqual(['src/a.ts', 'src/index.ts', 'src/lib/deep/b.ts', 'src/tasks.ts']);
    expect({ packages, unknown }).toEqual({
      packages: [{ name: 'left-pad', version: '1.0.0' }],
      unknown: [],
    });
  });
});

describe('packages', () => {
  const pad = (version: string): string =>
    JSON.stringify({
      name: 'left-pad',
      version,
      type: 'module',
      exports: { '.': { import: './lib/index.js' }, './right': './lib/right.js' },
    });
  const project = {
    'src/tasks.ts':
      "import pad from 'left-pad'; import right from 'left-pad/right'; import { x } from '@scope/x';",
    'node_modules/left-pad/package.json': pad('1.0.0'),
    'node_modules/left-pad/lib/index.js': 'export default 1;',
    'node_modules/left-pad/lib/package.json': '{ "name": "inner", "version": "9.0.0" }',
    'node_modules/left-pad/lib/right.js': '',
    'node_modules/@scope/x/package.json': '{ "name": "@scope/x", "version": "3.0.0-rc.1", "main": "m.js" }',
    'node_modules/@scope/x/m.js': '',
  };

  test('count by name and version, not by content', () => {
    using tree = new SourceTree(project);
    expect(tree.manifest().packages).toEqual([
      { name: '@scope/x', version: '3.0.0-rc.1' },
      { name: 'left-pad', version: '1.0.0' },
    ]);
    expect(tree.files()).toEqual(['src/tasks.ts']);
    expect(changes(tree, { 'node_modules/left-pad/lib/index.js': 'export default 2;' })).toBe(false);
    expect(changes(tree, { 'node_modules/left-pad/package.json': pad('1.1.0') })).toBe(true);
  });

  test('count when their files are imported by a path', () => {
    using tree = new SourceTree(project);
    tree.write({ 'src/tasks.ts': "import '../node_modules/left-pad/lib/index.js';" });
    expect(tree.manifest().packages).toEqual([{ name: 'left-pad', version: '1.0.0' }]);
  });

  test('count in several versions, each where it is imported', () => {
    using tree = new SourceTree(project);
    tree.write({
      'src/tasks.ts': "import 'left-pad'; import './old/a.ts';",
      'src/old/a.ts': "import 'left-pad';",
      'src/old/node_modules/left-pad/package.json': pad('0.9.0'),
    });
    expect(tree.manifest().packages).toEqual([
      { name: 'left-pad', version: '0.9.0' },
      { name: 'left-pad', version: '1.0.0' },
    ]);
  });

  test('that are linked to count by content, under their name', () => {
    using tree = new SourceTree({
      ...project,
      'src/tasks.ts': "import { a } from 'linked'; import 'linked/asset.json' with { type: 'json' };",
      'packages/linked/package.json': JSON.stringify({
        name: 'linked',
        version: '1.0.0',
        exports: { '.': { types: './none.d.ts', import: './src/a.ts' }, './asset.json': './asset.json' },
      }),
      'packages/linked/src/a.ts': "import './b.ts'; import 'left-pad';",
      'packages/linked/src/b.ts': '',
      'packages/linked/asset.json': '{}',
    });
    tree.link('node_modules/linked', 'packages/linked');
    expect(tree.files()).toEqual(['src/tasks.ts', 'linked:asset.json', 'linked:src/a.ts', 'linked:src/b.ts']);
    expect(tree.manifest().packages).toEqual([{ name: 'left-pad', version: '1.0.0' }]);
    expect(changes(tree, { 'packages/linked/src/b.ts': '1;' })).toBe(true);
  });

  test('that are linked to inside of node_modules, as pnpm does, count by version', () => {
    using tree = new SourceTree({ 'src/tasks.ts': "import 'left-pad';" });
    tree.write({ 'node_modules/.pnpm/left-pad@1.0.0/node_modules/left-pad/package.json': pad('1.0.0') });
    tree.link('node_modules/left-pad', 'node_modules/.pnpm/left-pad@1.0.0/node_modules/left-pad');
    expect(tree.manifest().packages).toEqual([{ name: 'left-pad', version: '1.0.0' }]);
  });

  test('a module that is installed is its package', () => {
    using tree = new SourceTree(project);
    const { files, packages } = tree.manifest('node_modules/left-pad/lib/index.js');
    expect({ files, packages }).toEqual({ files: [], packages: [{ name: 'left-pad', version: '1.0.0' }] });
  });

  test('heddle counts by version, also from its own sources', () => {
    const manifest = new SourceDigests().of(import.meta.url);
    expect(manifest.packages).toContainEqual({ name: 'heddle', version: '0.1.0' });
    expect(manifest.files.map(({ path }) => path)).toEqual([
      'test/sources/source-digests.test.ts',
      'test/sources/source-tree.ts',
    ]);
  });
});

describe('what is unknown', () => {
  test('is told of, and not thrown', () => {
    using tree = new SourceTree({
      'src/tasks.ts': [
        "import './gone.ts'; import 'nope'; import '@/alias'; import '#none'; import 'https://host/x.js';",
        "import './broken.ts'; import 'bare'; import(name); import(`./${name}.ts`); import.meta.resolve(name);",
        "new URL('..', import.meta.url); new URL('x.bin', import.meta.url); new URL(name, import.meta.url);",
        "new URL('https://host/', import.meta.url);",
      ].join('\n'),
      'src/broken.ts': "import { from './x.ts'",
      'node_modules/bare/package.json': '{ "name": "bare" }',
    });
    const { unknown, packages, files } = tree.manifest();
    expect(unknown.map(({ path, reason }) => `${path} ${reason}`)).toEqual([
      expect.stringMatching(/^src\/broken\.ts cannot be read as a module: Parse error/),
      "src/tasks.ts imports '#none', which cannot be found",
      "src/tasks.ts imports './gone.ts', which is missing",
      "src/tasks.ts imports '@/alias', which cannot be found",
      "src/tasks.ts imports 'https://host/x.js', which is no file",
      "src/tasks.ts imports 'nope', which cannot be found",
      'src/tasks.ts imports an expression: import(`./${name}.ts`)',
      'src/tasks.ts imports an expression: import(name)',
      "src/tasks.ts imports package 'bare', which has no version",
      "src/tasks.ts names '..', which is a folder",
      "src/tasks.ts names 'x.bin', which is missing",
      'src/tasks.ts names a file by an expression: new URL(name, import.meta.url)',
      'src/tasks.ts resolves an expression: import.meta.resolve(name)',
    ]);
    expect(packages).toEqual([{ name: 'bare', version: '' }]);
    expect(files.map(({ path }) => path)).toEqual(['src/broken.ts', 'src/tasks.ts']);
  });

  test('counts when it is there', () => {
    using tree = new SourceTree({ 'src/tasks.ts': "import './gone.ts'; import 'nope';" });
    expect(changes(tree, { 'src/gone.ts': '' })).toBe(true);
    expect(
      changes(tree, { 'node_modules/nope/package.json': '{ "name": "nope", "version": "1.0.0" }' }),
    ).toBe(true);
    expect(tree.manifest().unknown).toEqual([]);
  });

  test('a module that is missing, or is no file', () => {
    using tree = new SourceTree({});
    expect(tree.manifest('src/none.ts')).toMatchObject({
      files: [],
      unknown: [{ path: 'src/none.ts', reason: 'is missing, or cannot be read' }],
    });
    const { unknown } = new SourceDigests().of('https://host/tasks.js');
    expect(unknown).toEqual([{ path: 'https://host/tasks.js', reason: 'is no file' }]);
  });

  test('nothing is unknown of a module whose URL is its text, nor of one of Node.js', () => {
    const digests = new SourceDigests();
    const [one, other] = ['data:text/javascript,1', 'data:text/javascript,2'].map((url) => digests.of(url));
    expect(one?.digest).not.toBe(other?.digest);
    expect([one?.unknown, digests.of('node:path')]).toMatchObject([
      [],
      { files: [], packages: [], unknown: [] },
    ]);
  });

  test('a URL that is none is refused', () => {
    expect(() => new SourceDigests().of('src/tasks.ts')).toThrow(
      new TypeError(
        "Cannot tell the source of a module as its URL cannot be read: received 'src/tasks.ts'\n  give import.meta.url",
      ),
    );
  });
});

describe('SourceDigests', () => {
  test('of() gives what a file was when it was first asked for, until refresh()', () => {
    using tree = new SourceTree({
      'src/tasks.ts': "import './shared.ts';",
      'src/late.ts': "import './shared.ts';",
      'src/shared.ts': '1;',
    });
    const digests = new SourceDigests();
    const before = digests.of(tree.url('src/tasks.ts'));
    const shared = before.files.find(({ path }) => path === 'src/shared.ts');
    tree.write({ 'src/shared.ts': '1 + 1;' });
    expect(digests.of(tree.url('src/tasks.ts'))).toBe(before);
    expect(digests.of(tree.url('src/late.ts')).files).toContainEqual(shared);
    digests.refresh();
    expect(digests.of(tree.url('src/tasks.ts')).digest).not.toBe(before.digest);
    expect(digests.of(tree.url('src/tasks.ts'))).toEqual(tree.manifest());
  });

  test('refresh() reads files again only if their time, size or number changed', () => {
    using tree = new SourceTree({ 'src/tasks.ts': '1;' });
    const file = join(tree.root, 'src/tasks.ts');
    const digests = new SourceDigests();
    const before = digests.of(tree.url('src/tasks.ts'));
    const { atime, mtime } = statSync(file);
    utimesSync(file, atime, mtime);
    digests.refresh();
    digests.of(tree.url('src/tasks.ts'));
    tree.write({ 'src/tasks.ts': '2;' });
    utimesSync(file, atime, mtime);
    digests.refresh();
    expect(digests.of(tree.url('src/tasks.ts')).digest).toBe(before.digest);
    utimesSync(file, atime, new Date(mtime.getTime() + 1000));
    digests.refresh();
    expect(digests.of(tree.url('src/tasks.ts')).digest).not.toBe(before.digest);
  });

  test('refresh() sees packages of another version, and files that came', () => {
    using tree = new SourceTree({
      'src/tasks.ts': "import 'left-pad'; import './came.ts';",
      'node_modules/left-pad/package.json': '{ "name": "left-pad", "version": "1.0.0" }',
    });
    const digests = new SourceDigests();
    digests.of(tree.url('src/tasks.ts'));
    tree.write({
      'src/came.ts': '',
      'node_modules/left-pad/package.json': '{ "name": "left-pad", "version": "2.0.0" }',
    });
    digests.refresh();
    expect(digests.of(tree.url('src/tasks.ts'))).toEqual(tree.manifest());
    expect(tree.manifest().packages).toEqual([{ name: 'left-pad', version: '2.0.0' }]);
  });
});
