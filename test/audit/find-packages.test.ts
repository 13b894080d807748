/** What is a package, and whose a file is. */

import { linkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findPackages } from '../../examples/audit/find-packages.ts';
import { MadeFolder } from './made-folder.ts';

/** The names of what was found, each with its files. */
function found(folder: MadeFolder, inside = ''): Record<string, string[]> {
  const { packages } = findPackages(join(folder.path, inside));
  return Object.fromEntries(
    packages.map(({ name, path, files }) => [`${name} at ${path}`, files.map((file) => file.path)]),
  );
}

describe('findPackages()', () => {
  test('finds plain, scoped and nested packages, and no package in a package', () => {
    using folder = new MadeFolder();
    folder.describe('node_modules/a', { name: 'a', version: '1.0.0' });
    folder.describe('node_modules/a/esm', { type: 'module' });
    folder.describe('node_modules/a/sub', { name: 'a-sub' });
    folder.describe('node_modules/a/node_modules/c', { name: 'c' });
    folder.describe('node_modules/@s/b', { name: '@s/b' });
    folder.write('node_modules/.cache/x', 'left out');
    expect(found(folder, 'node_modules')).toEqual({
      'a at a': ['a/package.json', 'a/esm/package.json', 'a/sub/package.json'],
      'c at a/node_modules/c': ['a/node_modules/c/package.json'],
      '@s/b at @s/b': ['@s/b/package.json'],
    });
  });

  test('takes a project apart: itself, its workspaces, what it has installed', () => {
    using folder = new MadeFolder();
    folder.describe('', { name: 'project' });
    folder.write('src/index.ts', '');
    folder.describe('packages/one', { name: 'one' });
    folder.describe('node_modules/a', {});
    expect(found(folder)).toEqual({
      'project at ': ['/package.json'.slice(1), 'src/index.ts'],
      'one at packages/one': ['packages/one/package.json'],
      'a at node_modules/a': ['node_modules/a/package.json'],
    });
  });

  test('gives files of no package to the top folder they are in', () => {
    using folder = new MadeFolder();
    folder.write('top.txt', '');
    folder.write('docs/a/b.txt', '');
    folder.write('docs/c.txt', '');
    folder.write('docs/package.json', 'not JSON');
    expect(found(folder)).toEqual({
      './ at /': ['top.txt'],
      'docs/ at docs/': ['docs/c.txt', 'docs/package.json', 'docs/a/b.txt'],
    });
  });

  test('follows no symbolic links, and counts hard links once', () => {
    using folder = new MadeFolder();
    folder.write('a/file', 'x');
    symlinkSync('..', join(folder.path, 'a/loop'));
    symlinkSync('nowhere', join(folder.path, 'a/dangling'));
    linkSync(join(folder.path, 'a/file'), join(folder.path, 'b'));
    const { packages, symbolicLinks, hardLinks } = findPackages(folder.path);
    expect(packages.flatMap(({ files }) => files)).toHaveLength(1);
    expect({ symbolicLinks, hardLinks }).toEqual({ symbolicLinks: 2, hardLinks: 1 });
  });

  test('finds nothing in an empty folder', () => {
    using folder = new MadeFolder();
    expect(findPackages(folder.path)).toEqual({
      packages: [],
      unreadable: [],
      symbolicLinks: 0,
      hardLinks: 0,
    });
  });
});
