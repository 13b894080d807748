/** Making folders, with those above them, ends: also where folders refuse to have others in them. */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolders } from '../../src/base/make-folders.ts';
import { openCache } from '../../src/index.ts';
import { folders } from '../fixtures/folders.ts';

const newFolder = folders('make');

describe('makeFolders()', { timeout: 5_000 }, () => {
  test('makes a folder, and those above it, or leaves it as it is', () => {
    const folder = newFolder();
    for (let i = 0; i < 2; i++) {
      makeFolders(join(folder, 'a/b/c'));
      expect(existsSync(join(folder, 'a/b/c'))).toBe(true);
    }
    makeFolders('/');
  });

  test('throws where a file is in the way', () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'file'), '');
    expect(() => makeFolders(join(folder, 'file'))).toThrow(/EEXIST/);
    expect(() => makeFolders(join(folder, 'file/below'))).toThrow(/ENOTDIR/);
  });

  test.skipIf(!existsSync('/proc/self'))(
    'throws where no folder can be made, as in /proc (Linux)',
    async () => {
      expect(() => makeFolders('/proc/none/below')).toThrow(/ENOENT/);
      await expect(openCache('/proc/none/below')).rejects.toMatchObject({ code: 'HEDDLE_CACHE_OPEN' });
    },
  );
});
