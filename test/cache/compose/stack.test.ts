/** A stack where something goes wrong, or happens at once. */

import { describe, expect, test } from 'vitest';
import { pool } from '../../../src/cache/compose/pool.ts';
import { readOnly } from '../../../src/cache/compose/read-only.ts';
import { recordsLike } from '../../../src/cache/compose/records-like.ts';
import { stack } from '../../../src/cache/compose/stack.ts';
import type { CallRecord } from '../../../src/cache/record.ts';
import { storeLike } from '../../../src/store/store-like.ts';
import { bytesOf, storedDigestOf } from '../../../src/testing/contract/stored-bytes.ts';
import {
  all,
  callNamed,
  claimOf,
  entryNamed,
  runNamed,
} from '../../../src/testing/contract/stored-records.ts';
import { inFolder, inMemory } from '../../fixtures/backends.ts';

const bytes = bytesOf('value');
const digest = storedDigestOf(bytes);

describe('stack()', () => {
  test('puts bytes found below into all above', async () => {
    const layers = [inMemory(), inMemory(), inMemory()];
    await layers[2]?.values.put(digest, bytes);
    expect(await stack(layers).values.get(digest)).toEqual(bytes);
    for (const { values: store } of layers) expect(await store.has(digest)).toBe(true);
  });

  test('gives what is below though it cannot be put above', async () => {
    const below = inMemory();
    await below.values.put(digest, bytes);
    await below.calls.put(callNamed('a'));
    const failing = async (): Promise<void> => {
      throw new Error('ENOSPC');
    };
    const { values: store, calls: records } = inMemory();
    const full = {
      values: storeLike(store, { put: failing }),
      calls: recordsLike(records, { put: failing }),
    };
    for (const above of [full, readOnly(inMemory())]) {
      const both = stack([above, below]);
      expect(await both.values.get(digest)).toEqual(bytes);
      expect(await both.calls.get(callNamed('a').key)).toEqual(callNamed('a'));
    }
  });

  test('does not put an older record from below over one that is put meanwhile', async () => {
    const [above, below] = [inMemory(), inMemory()];
    const { promise, resolve } = Promise.withResolvers<CallRecord>();
    const slow = { ...below, records: recordsLike(below.calls, { get: () => promise }) };
    const { calls: records } = stack([above, slow]);
    const reading = records.get(callNamed('a').key);
    await records.put(callNamed('a', { task: 'new' }));
    resolve(callNamed('a', { task: 'old' }));
    await reading;
    expect((await records.get(callNamed('a').key))?.task).toBe('new');
  });

  test('claims where it writes, and gives up what it claimed if one of them is held', async () => {
    const [above, below] = [inMemory(), inMemory()];
    const { key } = callNamed('a');
    await below.calls.claim(key, claimOf('other'), 0);
    expect(await stack([above, below]).calls.claim(key, claimOf('me'), 0)).toBeUndefined();
    await above.calls.release(key, 'me');
    const through = stack([above, below], { writeThrough: true }).calls;
    expect(await through.claim(key, claimOf('me'), 0)).toEqual(claimOf('other'));
    expect(await above.calls.claim(key, claimOf('third'), 0)).toBeUndefined();
  });

  test('tells the first error, when all that can be written is written', async () => {
    const { values: store, calls: records } = inMemory();
    const through = stack([readOnly(inMemory()), { values: store, calls: records }], { writeThrough: true });
    expect(() => through.values.put(digest, bytes)).toThrow(
      expect.objectContaining({ code: 'HEDDLE_CACHE_REJECTED' }),
    );
    expect(await store.has(digest)).toBe(true);
  });

  test('answers at once where memory does', () => {
    const { values: store, calls: records } = stack([inMemory(), inMemory()]);
    expect(store.put(digest, bytes)).toBeUndefined();
    expect(store.get(digest)).toBe(bytes);
    void records.put(callNamed('a'));
    expect(records.get(callNamed('a').key)).toEqual(callNamed('a'));
  });

  test('says how another process opens it, if all can be opened', () => {
    const folder = '/nowhere';
    expect(stack([inFolder(folder), inMemory()]).values.descriptor).toBeUndefined();
    expect(stack([inFolder(folder), readOnly(inFolder(folder))]).values.descriptor).toEqual({
      kind: 'stack',
      of: [
        { kind: 'files', folder: '/nowhere/values' },
        { kind: 'read-only', of: [{ kind: 'files', folder: '/nowhere/values' }] },
      ],
      writeThrough: false,
    });
  });

  test('and pool() refuse to be of none', () => {
    expect(() => stack([])).toThrow(RangeError);
    expect(() => pool([])).toThrow(RangeError);
    expect(() => stack([inMemory()], { writeThru: true } as never)).toThrow(TypeError);
  });
});

test('pool() gives the runs of all, and bytes of the first that has them, without filling in', async () => {
  const [one, other] = [inMemory(), inMemory()];
  await one.calls.putRun(runNamed('1', { startedMs: 1 }));
  await other.calls.putRun(runNamed('2', { startedMs: 2 }));
  await other.calls.addEntries('2', [entryNamed('a')]);
  await other.values.put(digest, bytes);
  const { values: store, calls: records } = pool([one, other]);
  expect((await all(records.runs())).map(({ id }) => id)).toEqual(['2', '1']);
  expect(await all(records.entriesOf('2'))).toEqual([entryNamed('a')]);
  expect(await store.get(digest)).toBe(bytes);
  expect(await store.has(digest)).toBe(true);
  expect(await one.values.has(digest)).toBe(false);
  expect((await all(store.entries())).map((entry) => entry.digest)).toEqual([digest]);
  expect(() => store.put(digest, bytes)).toThrow(expect.objectContaining({ code: 'HEDDLE_CACHE_REJECTED' }));
  expect(() => store.delete(digest)).toThrow(expect.objectContaining({ code: 'HEDDLE_CACHE_REJECTED' }));
  expect(records.claim(callNamed('a').key, claimOf('me'), 0)).toBeUndefined();
});
