/** All records of heddle pass the contract. */

import { join } from 'node:path';
import { fileRecords } from '../../src/cache/file-records.ts';
import { memoryRecords } from '../../src/cache/memory-records.ts';
import { folders, spoil } from '../fixtures/folders.ts';
import { testRecords } from '../fixtures/run-store-contract.ts';

const newFolder = folders('records');

testRecords('memoryRecords', { open: memoryRecords });
testRecords('fileRecords', {
  open: () => fileRecords(newFolder()),
  again: ({ descriptor }) => fileRecords(descriptor?.['folder'] as string),
  damage: ({ descriptor }, key) =>
    spoil(join(descriptor?.['folder'] as string, 'calls', key.slice(0, 2), `${key}.json`)),
});
