/** Every store of heddle passes the contract. */

import { join } from 'node:path';
import { fileStore } from '../../src/store/file-store.ts';
import { memoryStore } from '../../src/store/memory-store.ts';
import { verifiedStore } from '../../src/store/verified-store.ts';
import { folders, spoil } from '../fixtures/folders.ts';
import { testStore } from '../fixtures/run-store-contract.ts';

const newFolder = folders('store');

testStore('memoryStore', { open: () => memoryStore() });
testStore('verifiedStore', { open: () => verifiedStore(memoryStore()) });
testStore('fileStore', {
  open: () => fileStore(newFolder()),
  again: ({ descriptor }) => fileStore(descriptor?.['folder'] as string),
  damage: ({ descriptor }, digest) =>
    spoil(join(descriptor?.['folder'] as string, digest.slice(0, 2), digest.slice(2))),
});
