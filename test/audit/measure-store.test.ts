/** What is kept between runs: given back for unchanged files only, and never half. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Found, FoundFile } from '../../examples/audit/found.ts';
import type { FileMeasure } from '../../examples/audit/measure-file.ts';
import { MeasureStore } from '../../examples/audit/measure-store.ts';
import { MadeFolder } from './made-folder.ts';

const kept = { isIgnored: false };

function fileAt(path: string, stamp = 's'): FoundFile {
  return { path, bytes: 1, stamp, isFresh: false };
}

function measureOf(path: string): FileMeasure {
  return { path, bytes: 1, gzipBytes: 21, brotliBytes: 5, lines: 1, digest: 'd', licences: [], ownMs: 0.5 };
}

function foundOf(...files: FoundFile[]): Found {
  const about = { name: 'a', version: undefined, licence: undefined, isPackage: true, path: 'a' };
  return { packages: [{ ...about, files }], unreadable: [], symbolicLinks: 0, hardLinks: 0 };
}

/** A store file with the measures of `a` and `b`. */
function filled(folder: MadeFolder): string {
  const file = join(folder.path, 'deep', 'store.jsonl');
  const store = new MeasureStore(file, kept);
  store.put(fileAt('a'), measureOf('a'));
  store.put(fileAt('b'), { ...measureOf('b'), lines: undefined });
  expect(store.save(foundOf(fileAt('a'), fileAt('b')))).toBeUndefined();
  return file;
}

describe('MeasureStore', () => {
  test('gives back what was put for the same file, and nothing for a changed or unknown one', () => {
    using folder = new MadeFolder();
    const store = new MeasureStore(filled(folder), kept);
    expect(store.note).toBeUndefined();
    expect(store.get(fileAt('a'))).toEqual(measureOf('a'));
    expect(store.get(fileAt('b'))?.lines).toBeUndefined();
    expect(store.get(fileAt('a', 'other'))).toBeUndefined();
    expect(store.get(fileAt('c'))).toBeUndefined();
  });

  test('forgets files that are no longer found, and leaves nothing beside its file', () => {
    using folder = new MadeFolder();
    const file = filled(folder);
    new MeasureStore(file, kept).save(foundOf(fileAt('b')));
    const store = new MeasureStore(file, kept);
    expect([store.get(fileAt('a')), store.get(fileAt('b'))?.path]).toEqual([undefined, 'b']);
    expect(readdirSync(join(folder.path, 'deep'))).toEqual(['store.jsonl']);
  });

  test('keeps what another audit saved meanwhile', () => {
    using folder = new MadeFolder();
    const file = join(folder.path, 'store.jsonl');
    const all = foundOf(fileAt('a'), fileAt('b'));
    const one = new MeasureStore(file, kept);
    const other = new MeasureStore(file, kept);
    one.put(fileAt('a'), measureOf('a'));
    one.save(all);
    other.put(fileAt('b'), measureOf('b'));
    other.save(all);
    const store = new MeasureStore(file, kept);
    expect([store.get(fileAt('a'))?.path, store.get(fileAt('b'))?.path]).toEqual(['a', 'b']);
  });

  test('starts anew without a word when the way of measuring has changed', () => {
    using folder = new MadeFolder();
    const file = filled(folder);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"measures":"[^"]*"/, '"measures":"older"'));
    const store = new MeasureStore(file, kept);
    expect([store.note, store.get(fileAt('a'))]).toEqual([undefined, undefined]);
  });

  test.each<[string, (text: string) => string]>([
    ['is empty', () => ''],
    ['holds something else', () => '[1, 2]\n'],
    ['holds null', () => 'null\n'],
    ['was cut off in a line', (text) => text.slice(0, -20)],
    ['lacks lines', (text) => `${text.split('\n').slice(0, 2).join('\n')}\n`],
    ['has a line that is no measure', (text) => text.replace('"gzipBytes":21', '"gzipBytes":"21"')],
  ])('starts anew with a note when its file %s', (_, damage) => {
    using folder = new MadeFolder();
    const file = filled(folder);
    writeFileSync(file, damage(readFileSync(file, 'utf8')));
    const store = new MeasureStore(file, kept);
    expect(store.note).toMatch(/cannot be used .*: measuring everything again$/);
    expect(store.get(fileAt('a'))).toBeUndefined();
    expect(store.save(foundOf(fileAt('a')))).toBeUndefined();
  });

  test('says so when it cannot save', () => {
    using folder = new MadeFolder();
    writeFileSync(join(folder.path, 'file'), '');
    const nowhere = new MeasureStore(join(folder.path, 'file', 'store.jsonl'), { isIgnored: true });
    expect(nowhere.save(foundOf(fileAt('a')))).toMatch(/^Cannot keep the results in '.*': E/);
  });
});
