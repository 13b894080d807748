/**
 * A cache in a database passes the contracts of stores and of records, each half of it by itself.
 */
import { join } from 'node:path';
import type { Records } from '../../src/cache/records.ts';
import { openSqlite, openSqliteIn } from '../../src/cache/sqlite/sqlite-backend.ts';
import type { Store } from '../../src/store/store.ts';
import { folders, spoil } from '../fixtures/folders.ts';
import { testRecords, testStore } from '../fixtures/run-store-contract.ts';
import { spoilRecord, spoilValue } from '../fixtures/sqlite-cache.ts';

const newFolder = folders('sqlite');
const pathOf = ({ descriptor }: Store | Records): string => descriptor?.['path'] as string;

/** One half; the other is closed, so that the database is when this one is. */
async function storeAt(path: string): Promise<Store> {
  const { values: store, calls: records } = openSqlite(path);
  await records.close();
  return store;
}

async function recordsAt(path: string, isNetwork = false): Promise<Records> {
  const { values: store, calls: records } = openSqliteIn({ isNetworkFolder: () => isNetwork }, path);
  await store.close();
  return records;
}

testStore('openSqlite().values', {
  open: () => storeAt(join(newFolder(), 'cache.db')),
  again: (store) => storeAt(pathOf(store)),
  damage(store, digest) {
    const path = pathOf(store);
    if (!spoilValue(path, digest)) spoil(join(`${path}.values`, digest.slice(0, 2), digest.slice(2)));
  },
});

for (const isNetwork of [false, true]) {
  testRecords(`openSqlite().calls${isNetwork ? ' in a folder of a network' : ''}`, {
    open: () => recordsAt(join(newFolder(), 'cache.db'), isNetwork),
    again: (records) => recordsAt(pathOf(records), isNetwork),
    damage: (records, key) => spoilRecord(pathOf(records), key),
  });
}
