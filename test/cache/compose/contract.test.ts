/** Compositions of backends pass the contracts, as far as they read and write as one backend does. */

import { describe, test } from 'vitest';
import { filtered } from '../../../src/cache/compose/filtered.ts';
import { refreshing } from '../../../src/cache/compose/refreshing.ts';
import { signed } from '../../../src/cache/compose/signed.ts';
import { sizeLimited } from '../../../src/cache/compose/size-limited.ts';
import { stack } from '../../../src/cache/compose/stack.ts';
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
  testStore(`${name}, in memory`, { open: () => open().store });
  testRecords(`${name}, in memory`, { open: () => open().records });
}

testBackend('signed, in files', newFolder, (folder) => signed(inFolder(folder), { secrets: ['secret'] }));
testBackend('sizeLimited, in files', newFolder, (folder) => sizeLimited(inFolder(folder), large));
testBackend('stack of files that writes through', newFolder, (folder) =>
  stack([inFolder(`${folder}/a`), inFolder(`${folder}/b`)], { writeThrough: true }),
);

describe('the contract of records: refreshing', () => {
  const cases = recordsContract({ open: () => refreshing(inMemory()).records });
  const notFound = /^get\(\) gives the record|^put\(\) (?:is seen|takes the place)/;
  for (const { name, run } of cases) {
    // oxlint-disable-next-line vitest/valid-title, vitest/expect-expect -- the contract names its cases, and asserts itself.
    if (!notFound.test(name)) test(name, run);
  }
});
