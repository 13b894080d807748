/** The contracts of stores and of records find what is wrong with them. */

import { describe, expect, test } from 'vitest';
import { recordsLike } from '../../src/cache/compose/records-like.ts';
import { memoryRecords } from '../../src/cache/memory-records.ts';
import type { Records } from '../../src/cache/records.ts';
import { memoryStore } from '../../src/store/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { storeLike } from '../../src/store/store-like.ts';
import { type ContractCase, recordsContract, storeContract } from '../../src/testing.ts';

/** The names of the cases that fail. */
async function failing(cases: readonly ContractCase[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (const { name, run } of cases) await run().catch(() => names.push(name));
  return names;
}

const wrongStores: readonly (readonly [
  what: string,
  change: (good: Store) => Partial<Store>,
  found: RegExp,
])[] = [
  ['forgets', () => ({ get: () => undefined }), /^get\(\) gives the bytes/],
  ['gives other bytes', () => ({ get: () => new Uint8Array(3) }), /^get\(\) tells apart/],
  ['gives what was never put', () => ({ get: () => new Uint8Array(0) }), /^get\(\) gives undefined/],
  ['never deletes', () => ({ delete: () => true }), /^delete\(\) lets go/],
  ['deletes too much', (good) => ({ delete: async () => deleteAll(good) }), /^delete\(\) lets go/],
  ['has all', () => ({ has: () => true }), /^has\(\)/],
  ['lists nothing', () => ({ async *entries() {} }), /^entries\(\) gives each once/],
  ['lists twice', (good) => ({ entries: () => twice(good.entries()) }), /^entries\(\) gives each once/],
  [
    'keeps a whole buffer',
    (good) => ({ put: (digest, bytes) => good.put(digest, new Uint8Array(bytes.buffer)) }),
    /^put\(\) keeps a part/,
  ],
];

const wrongRecords: readonly (readonly [
  what: string,
  change: (good: Records) => Partial<Records>,
  found: RegExp,
])[] = [
  [
    'lose a member',
    (good) => ({ put: (one) => good.put({ ...one, metadata: {} }) }),
    /^get\(\) gives the record/,
  ],
  ['keep the first', (good) => ({ put: (one) => keepFirst(good, one) }), /^put\(\) takes the place/],
  [
    'are seen later',
    (good) => ({ put: async (one) => later(() => good.put(one)) }),
    /^put\(\) is seen by this/,
  ],
  [
    'pass over the limit',
    (good) => ({ select: ({ limit: _, ...rest }) => good.select(rest) }),
    /no more than asked/,
  ],
  [
    'pass over members',
    (good) => ({ select: ({ args: _, ...rest }) => good.select(rest) }),
    /digest of a member/,
  ],
  ['give all claims', () => ({ claim: () => undefined }), /^claim\(\) is made by one alone/],
  [
    'never take over',
    (good) => ({ claim: (key, claim) => good.claim(key, claim, 0) }),
    /^claim\(\) takes over/,
  ],
  ['never renew', () => ({ renew: () => undefined }), /^renew\(\) makes all/],
  ['release for all', (good) => ({ release: (key) => releaseAny(good, key) }), /^release\(\) gives up/],
  ['forget entries', () => ({ addEntries: () => undefined }), /^entriesOf\(\) gives what/],
  ['keep deleted runs', () => ({ deleteRun: () => true }), /^deleteRun\(\) forgets/],
  ['list runs in any order', (good) => ({ runs: () => reversed(good.runs()) }), /^runs\(\) gives runs/],
];

describe('storeContract()', () => {
  test('passes what is right, and has names of its own for all cases', async () => {
    const cases = storeContract({ open: () => memoryStore() });
    expect(await failing(cases)).toEqual([]);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  test.each(wrongStores)('finds a store that %s', async (_, change, found) => {
    const open = (): Store => {
      const good = memoryStore();
      return storeLike(good, change(good));
    };
    expect(await failing(storeContract({ open }))).toContainEqual(expect.stringMatching(found));
  });
});

describe('recordsContract()', () => {
  test('passes what is right, and has names of its own for all cases', async () => {
    const cases = recordsContract({ open: memoryRecords });
    expect(await failing(cases)).toEqual([]);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  test.each(wrongRecords)('finds records that %s', async (_, change, found) => {
    const open = (): Records => {
      const good = memoryRecords();
      return recordsLike(good, change(good));
    };
    expect(await failing(recordsContract({ open }))).toContainEqual(expect.stringMatching(found));
  });

  test('finds records that are not shared though they should be', async () => {
    const cases = recordsContract({ open: memoryRecords, again: memoryRecords });
    expect(await failing(cases)).toContainEqual('claim() is seen by others at once, and made by one alone');
  });
});

async function deleteAll(store: Store): Promise<boolean> {
  let isThere = false;
  for await (const { digest } of store.entries()) {
    await store.delete(digest);
    isThere = true;
  }
  return isThere;
}

async function* twice<T>(given: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const one of given) {
    yield one;
    yield one;
  }
}

async function* reversed<T>(given: AsyncIterable<T>): AsyncGenerator<T> {
  yield* (await Array.fromAsync(given)).reverse();
}

function keepFirst(good: Records, record: Parameters<Records['put']>[0]): ReturnType<Records['put']> {
  return good.get(record.key) === undefined ? good.put(record) : undefined;
}

async function later(act: () => unknown): Promise<void> {
  await Promise.resolve();
  await act();
}

async function releaseAny(good: Records, key: Parameters<Records['release']>[0]): Promise<void> {
  for (const owner of ['one', 'two']) await good.release(key, owner);
}
