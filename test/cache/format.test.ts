/** What is kept in files is what `docs/formats/store.md` says, byte for byte: so other versions and programs can read it. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { fileRecords } from '../../src/cache/file-records.ts';
import type { CallRecord, RunEntry } from '../../src/cache/record.ts';
import { callText } from '../../src/cache/record-json.ts';
import { signedRecords } from '../../src/cache/signed-records.ts';
import { fileStore } from '../../src/store/file-store.ts';
import { bytesOf, storedDigestOf } from '../../src/testing/contract/stored-bytes.ts';
import { all, claimOf, digestNamed } from '../../src/testing/contract/stored-records.ts';
import { filesIn, folders } from '../fixtures/folders.ts';

const newFolder = folders('format');
const document = readFileSync(join(import.meta.dirname, '../../docs/formats/store.md'), 'utf8');
const vectors = document.slice(document.indexOf('## Test vectors'));
const [text, file, line, claim, value] = [...vectors.matchAll(/```text\n(.*)\n```/g)].map(
  ([, block]) => block,
) as [string, string, string, string, string];

const key = digestNamed('call');
const record: CallRecord = {
  key,
  kind: 'call',
  task: 'add',
  identity: 'package/module add',
  version: 'version:1.0',
  sources: undefined,
  state: 'success',
  args: [{ name: 'a', digest: digestNamed('a'), address: undefined, bytes: 0, members: undefined }],
  result: { digest: digestNamed('value'), address: digestNamed('hello'), bytes: 5 },
  failure: undefined,
  run: undefined,
  startedMs: 1_750_000_000_000,
  settledMs: 1_750_000_000_012.5,
  metadata: {},
};
const entry: RunEntry = {
  key,
  task: 'add',
  how: 'computed',
  startedMs: 1_750_000_000_000,
  durationMs: 12.5,
};
const owner = claimOf('a1', { untilMs: 1_750_000_060_000 });
const secrets = ['secret'];

test('fileStore() and fileRecords() write the files that are documented', async () => {
  const folder = newFolder();
  const records = signedRecords(fileRecords(folder), { secrets });
  await records.put(record);
  await records.addEntries('run-1', [entry]);
  await records.claim(key, owner, 0);
  await fileStore(folder).put(storedDigestOf(bytesOf('hello')), bytesOf('hello'));

  expect(callText(record)).toBe(text);
  const written = new Map(
    filesIn(folder).map((path) => [relative(folder, path), readFileSync(path, 'utf8')]),
  );
  expect(written).toEqual(
    new Map([
      [`calls/7e/${key}.json`, `${file}\n`],
      ['runs/run-1.jsonl', `\n${line}\n`],
      [claim, ''],
      [value, 'hello'],
    ]),
  );
});

test('fileStore() and fileRecords() read the files that are documented', async () => {
  const folder = newFolder();
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  write(`calls/7e/${key}.json`, `${file}\n`);
  write('runs/run-1.jsonl', `\n${line}\n`);
  write(claim, '');
  write(value, 'hello');
  const records = signedRecords(fileRecords(folder), { secrets });
  expect(await records.get(key)).toEqual(record);
  expect(await all(records.entriesOf('run-1'))).toEqual([entry]);
  expect(await records.claim(key, claimOf('other'), 0)).toEqual(owner);
  expect(await fileStore(folder).get(storedDigestOf(bytesOf('hello')))).toEqual(bytesOf('hello'));
});
