/** Records in files: what is damaged, cut off, forged, left behind, or does not fit on the disk. */

import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fileRecords } from '../../src/cache/file-records.ts';
import type { Digest } from '../../src/codec/canonical/digester.ts';
import {
  all,
  callNamed,
  claimOf,
  digestNamed,
  entryNamed,
  runNamed,
} from '../../src/testing/contract/stored-records.ts';
import { filesIn, folders, spoil } from '../fixtures/folders.ts';

const newFolder = folders('file-records');
const record = callNamed('one', { metadata: { note: 'some text' } });

/** Where the record of a key is. */
function pathOf(folder: string, key: Digest): string {
  return `${folder}/calls/${key.slice(0, 2)}/${key}.json`;
}

async function folderWith(...some: readonly (typeof record)[]): Promise<string> {
  const folder = newFolder();
  const records = fileRecords(folder);
  for (const one of some) await records.put(one);
  await records.close();
  return folder;
}

function diskFull(): never {
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
}

describe('fileRecords()', () => {
  test('makes nothing in the folder before something is put', async () => {
    const folder = `${newFolder()}/new`;
    const records = fileRecords(folder);
    expect(await records.get(record.key)).toBeUndefined();
    expect(await all(records.select({}))).toEqual([]);
    expect(await all(records.runs())).toEqual([]);
    expect(await records.delete(record.key)).toBe(false);
    await records.close();
    expect(() => filesIn(folder)).toThrow('ENOENT');
  });

  test('is without a record of which any byte was changed', async () => {
    const folder = await folderWith(record);
    const path = pathOf(folder, record.key);
    const whole = readFileSync(path);
    const records = fileRecords(folder);
    for (let i = 0; i < whole.length; i += 7) {
      const bytes = Buffer.from(whole);
      bytes[i] = (bytes[i] as number) ^ 1;
      writeFileSync(path, bytes);
      expect(await records.get(record.key)).toBeUndefined();
    }
    writeFileSync(path, whole);
    expect(await records.get(record.key)).toEqual(record);
  });

  test('is without a record that was cut off at any place', async () => {
    const folder = await folderWith(record);
    const path = pathOf(folder, record.key);
    const records = fileRecords(folder);
    for (let length = readFileSync(path).length - 1; length >= 0; length -= 5) {
      truncateSync(path, length);
      expect(await records.get(record.key)).toBeUndefined();
    }
  });

  test.each([
    ['of another version', (text: string) => text.replace('"version":1,', '"version":2,')],
    ['that is no object', () => '[]'],
    ['of binary data', () => '\0\u{fffd}\n'],
  ])('is without a file %s', async (_, change) => {
    const folder = await folderWith(record);
    const path = pathOf(folder, record.key);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    expect(await all(fileRecords(folder).select({}))).toEqual([]);
  });

  test('is without a record that was copied to the key of another call', async () => {
    const folder = await folderWith(record, callNamed('two'));
    copyFileSync(pathOf(folder, record.key), pathOf(folder, callNamed('two').key));
    const records = fileRecords(folder);
    expect(await records.get(callNamed('two').key)).toBeUndefined();
    expect(await all(records.select({}))).toEqual([record]);
  });

  test('leaves out lines of entries that are cut off or damaged, and adds more after them', async () => {
    const folder = newFolder();
    const records = fileRecords(folder);
    await records.addEntries('run', [entryNamed('a'), entryNamed('b')]);
    const path = `${folder}/runs/run.jsonl`;
    const length = readFileSync(path).length;
    await records.addEntries('run', [entryNamed('c')]);
    truncateSync(path, length + 40);
    await records.addEntries('run', [entryNamed('d')]);
    expect(await all(records.entriesOf('run'))).toEqual(['a', 'b', 'd'].map((name) => entryNamed(name)));
    writeFileSync(path, readFileSync(path, 'utf8').replace('"durationMs":1.25', '"durationMs":1.26'));
    appendFileSync(path, 'no JSON\n{}\n');
    expect(await all(records.entriesOf('run'))).toEqual(['b', 'd'].map((name) => entryNamed(name)));
  });

  test('is without a damaged run, and keeps its entries', async () => {
    const folder = newFolder();
    const records = fileRecords(folder);
    await records.putRun(runNamed('run'));
    await records.addEntries('run', [entryNamed('a')]);
    spoil(`${folder}/runs/run.json`);
    expect(await all(records.runs())).toEqual([]);
    expect(await all(records.entriesOf('run'))).toHaveLength(1);
  });

  test('keeps runs of any name inside its folder', async () => {
    const folder = newFolder();
    const records = fileRecords(folder);
    for (const id of ['../../out', '..', 'a/b', 'c*?', 'ü 🧵']) {
      await records.putRun(runNamed(id));
      await records.addEntries(id, [entryNamed(id)]);
    }
    expect((await all(records.runs())).map(({ id }) => id).sort()).toEqual(
      ['../../out', '..', 'a/b', 'c*?', 'ü 🧵'].sort(),
    );
    expect(filesIn(`${folder}/runs`)).toHaveLength(10);
    await expect(records.putRun(runNamed('x'.repeat(201)))).rejects.toThrow(RangeError);
  });

  test('refuses what is no key, and an owner whose name is too long', async () => {
    const records = fileRecords(newFolder());
    await expect((async () => records.get('../../etc/passwd' as Digest))()).rejects.toThrow(TypeError);
    await expect((async () => records.claim(record.key, claimOf('x'.repeat(300)), 0))()).rejects.toThrow(
      RangeError,
    );
  });

  test.each(['make', 'fill', 'close', 'rename'])(
    'rejects put() and flush() once when the disk is full at step %s, and has what was there before',
    async (full) => {
      let isFull = false;
      const folder = newFolder();
      const records = fileRecords(folder, {
        onStep: (step) => (isFull && step === full ? diskFull() : undefined),
      });
      await records.put(record);
      isFull = true;
      const error = { code: 'HEDDLE_CACHE_WRITE', cause: expect.objectContaining({ code: 'ENOSPC' }) };
      await expect(records.put({ ...record, task: 'new' })).rejects.toMatchObject(error);
      expect(await records.get(record.key)).toEqual(record);
      expect(filesIn(`${folder}/unfinished`)).toEqual([]);
      void records.put({ ...record, task: 'newer' });
      await expect(records.flush()).rejects.toMatchObject(error);
      await records.flush();
      isFull = false;
      await records.put({ ...record, task: 'newest' });
      await records.close();
      expect((await fileRecords(folder).get(record.key))?.task).toBe('newest');
    },
  );

  test('removes what killed processes left a day ago, and nothing younger', async () => {
    const folder = newFolder();
    mkdirSync(`${folder}/unfinished/claim`, { recursive: true });
    for (const name of ['old', 'young', 'claim/old']) writeFileSync(`${folder}/unfinished/${name}`, '');
    const twoDaysAgo = (performance.timeOrigin + performance.now()) / 1000 - 2 * 24 * 3600;
    for (const name of ['old', 'claim']) utimesSync(`${folder}/unfinished/${name}`, twoDaysAgo, twoDaysAgo);
    const records = fileRecords(folder);
    await records.put(record);
    expect(filesIn(`${folder}/unfinished`)).toEqual([`${folder}/unfinished/young`]);
  });

  test('goes on from claims that were given up half', async () => {
    const folder = newFolder();
    // Its file was removed, and the process was killed before it removed the folder.
    mkdirSync(`${folder}/claims/${record.key}`, { recursive: true });
    const records = fileRecords(folder);
    expect(await records.claim(record.key, claimOf('one'), 0)).toBeUndefined();
    expect(await records.claim(record.key, claimOf('two'), 0)).toEqual(claimOf('one'));
    await records.close();
    expect(filesIn(folder)).toEqual([]);
  });

  test('select() finds keys by a beginning of any length', async () => {
    const folder = await folderWith(record, callNamed('two'), callNamed('three'));
    const records = fileRecords(folder);
    for (let length = 0; length <= record.key.length; length++) {
      const prefix = record.key.slice(0, length);
      expect(await all(records.select({ prefix }))).toContainEqual(record);
    }
    expect(await all(records.select({ prefix: record.key }))).toEqual([record]);
    expect(await all(records.select({ prefix: digestNamed('none') }))).toEqual([]);
  });
});
