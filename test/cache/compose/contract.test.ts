/** Compositions of backends pass the contracts, as far as they read and write as one backend does. */

import { describe, expect, test } from 'vitest';
import { filtered } from '../../../src/cache/compose/filtered.ts';
import { refreshing } from '../../../src/cache/compose/refreshing.ts';
import { signed } from '../../../src/cache/compose/signed.ts';
import { sizeLimited } from '../../../src/cache/compose/size-limited.ts';
import { stack } from '../../../src/cache/compose/stack.ts';
import { callNamed } from '../../../src/testing/contract/stored-records.ts';
import { recordsContract } from '../../../src/testing.ts';
import { inFolder, inMemory, testBackend } from '../../fixtures/backends.ts';
import { folders } from '../../fixtures/folders.ts';
import { testRecords, testStore } from '../../fixtures/run-store-contract.ts';

const newFolder = folders('compose');
const large = { maxBytes: 1e9, maxCount: 1e6 };

const inMemoryCompositions = {
  'stack of one': () => stack([inMemory()]),
  'stack of two': () => stack([inMemory(), inMemory()]),
  'stack that writes through': () => stack([inMemory(), inMemory(), inMemory()], { writeThrough: true }),
  'filtered by what all fit': () => filtered(inMemory(), () => true),
  'sizeLimited to much': () => sizeLimited(inMemory(), large),
  'sizeLimited to nothing in particular': () => sizeLimited(inMemory()),
  signed: () => signed(inMemory(), { secrets: ['secret'] }),
};

for (const [name, open] of Object.entries(inMemoryCompositions)) {
  testStore(`${name}, in memory`, { open: () => open().values });
  testRecords(`${name}, in memory`, { open: () => open().calls });
}

testBackend('signed, in files', newFolder, (folder) => signed(inFolder(folder), { secrets: ['secret'] }));
testBackend('sizeLimited, in files', newFolder, (folder) => sizeLimited(inFolder(folder), large));
testBackend('stack of files that writes through', newFolder, (folder) =>
  stack([inFolder(`${folder}/a`), inFolder(`${folder}/b`)], { writeThrough: true }),
);

describe('the contract of records: refreshing', () => {
  // Those which find by `get` what was put are not for it.
  const notFound = /^get\(\) gives the record|^put\(\) (?:is seen|takes the place)/;
  const cases = recordsContract({ open: () => refreshing(inMemory()).calls });
  const fitting = cases.filter(({ name }) => !notFound.test(name));
  // oxlint-disable-next-line vitest/valid-title, vitest/expect-expect -- the contract names its cases, and asserts itself.
  for (const { name, run } of fitting) test(name, run);

  test('get() finds nothing, and put() replaces what is below', async () => {
    const below = inMemory();
    const { calls: records } = refreshing(below);
    await below.calls.put(callNamed('a', { task: 'old' }));
    expect(await records.get(callNamed('a').key)).toBeUndefined();
    await records.put(callNamed('a', { task: 'new' }));
    expect(await records.get(callNamed('a').key)).toBeUndefined();
    expect((await below.calls.get(callNamed('a').key))?.task).toBe('new');
  });
});
