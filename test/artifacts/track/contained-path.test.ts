/** Paths of artifacts never leave the folder they belong to, whatever their names. */

import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isInside, joinBelow } from '../../../src/artifacts/track/contained-path.ts';
import { folders } from '../../fixtures/folders.ts';

const newFolder = folders('contained');

describe('joinBelow()', () => {
  test.each([
    [['a'], 'a'],
    [['a', 'b/c'], 'a/b/c'],
    [['a', 'b/../c'], 'a/c'],
    [['a', '', 'c'], 'a/c'],
    [['..a', 'b'], '..a/b'],
  ])('joins %j', (names, path) => {
    expect(joinBelow('/root', ...names)).toBe(`/root/${path}`);
  });

  test.each([
    [['..']],
    [['a', '..']],
    [['a', '../b']],
    [['a', 'b/../../c']],
    [['/a']],
    [['a', '/b']],
    [['a\0']],
    [['.']],
    [[]],
    [['a/..']],
  ])('refuses %j', (names) => {
    expect(joinBelow('/root', ...names)).toBeUndefined();
  });

  test('gives nothing that is not below, of any names', () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'b', '...', '..a', '~', ' ');
    const name = fc.array(part, { maxLength: 5 }).map((parts) => parts.join('/'));
    fc.assert(
      fc.property(fc.array(fc.oneof(name, fc.string()), { maxLength: 4 }), (names) => {
        const path = joinBelow('/root/folder', ...names);
        if (path === undefined) return;
        const way = relative('/root/folder', resolve(path));
        expect(way === '' || way.startsWith('../') || way === '..').toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('isInside()', () => {
  test('follows links, also of folders that lead to what is not there yet', () => {
    const [root, outside] = [newFolder(), newFolder()];
    mkdirSync(join(root, 'a'));
    writeFileSync(join(root, 'a/file'), '');
    symlinkSync(join(root, 'a'), join(root, 'within'), 'dir');
    symlinkSync(outside, join(root, 'out'), 'dir');
    symlinkSync(join(outside, 'none'), join(root, 'dangling'));
    expect(
      ['a', 'a/file', 'a/new', 'new/folder/file', 'within', 'within/new', ''].map((name) =>
        isInside(root, join(root, name)),
      ),
    ).toEqual(Array(7).fill(true));
    expect(
      ['out', 'out/new', 'out/new/file', 'dangling', 'dangling/x', '..', '../x'].map((name) =>
        isInside(root, join(root, name)),
      ),
    ).toEqual(Array(7).fill(false));
  });

  test('takes a root that is itself a link', () => {
    const [real, other] = [newFolder(), newFolder()];
    symlinkSync(real, join(other, 'link'), 'dir');
    expect(isInside(join(other, 'link'), join(other, 'link/file'))).toBe(true);
    expect(isInside(realpathSync(real), join(other, 'link/file'))).toBe(true);
  });

  test('tells a folder from one whose name begins alike', () => {
    const outer = newFolder();
    mkdirSync(join(outer, 'root'));
    mkdirSync(join(outer, 'root2'));
    expect(isInside(join(outer, 'root'), join(outer, 'root2/file'))).toBe(false);
  });
});
