/** What is limited in size: over files that others write too, what listing costs, and what is let go of with a record. */

import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/cache/backend.ts';
import { recordsLike } from '../../../src/cache/compose/records-like.ts';
import { sizeLimited } from '../../../src/cache/compose/size-limited.ts';
import { storeLike } from '../../../src/store/store-like.ts';
import { bytesOf, storedDigestOf } from '../../../src/testing/contract/stored-bytes.ts';
import { all, callNamed } from '../../../src/testing/contract/stored-records.ts';
import { inFolder, inMemory } from '../../fixtures/backends.ts';
import { folders } from '../../fixtures/folders.ts';

const newFolder = folders('size-limited');

/** A value of 100 bytes, told from others by a number. */
function value(number: number): Uint8Array {
  return bytesOf(String(number).padStart(100, '0'));
}

async function put({ values: store }: Backend, number: number): Promise<void> {
  await store.put(storedDigestOf(value(number)), value(number));
}

async function bytesIn({ values: store }: Backend): Promise<number> {
  return (await all(store.entries())).reduce((sum, { bytes }) => sum + bytes, 0);
}

describe('sizeLimited()', () => {
  test('keeps what was there before within the limit, the oldest first', async () => {
    const folder = newFolder();
    for (let i = 0; i < 20; i++) await put(inFolder(folder), i);
    const limited = sizeLimited(inFolder(folder), { maxBytes: 1000 });
    await limited.values.get(storedDigestOf(value(3)));
    await put(limited, 20);
    expect(await bytesIn(limited)).toBe(1000);
    expect(await limited.values.has(storedDigestOf(value(3)))).toBe(true);
    expect(await limited.values.has(storedDigestOf(value(20)))).toBe(true);
  });

  test('of two processes exceeds the limit by no more than an eighth for each', async () => {
    const folder = newFolder();
    const both = [0, 1].map(() => sizeLimited(inFolder(folder), { maxBytes: 4000 }));
    let most = 0;
    for (let i = 0; i < 200; i++) {
      await put(both[i % 2] as Backend, i);
      most = Math.max(most, await bytesIn(inFolder(folder)));
    }
    expect(most).toBeLessThanOrEqual(4000 * 1.25 + 2 * 100);
    expect(most).toBeGreaterThan(3900);
  });

  test('lists what is there once for each eighth that is written', async () => {
    let listed = 0;
    const { values: store, calls: records } = inMemory();
    const counting = {
      values: storeLike(store, {
        entries: () => {
          listed++;
          return store.entries();
        },
      }),
      calls: recordsLike(records, {}),
    };
    const limited = sizeLimited(counting, { maxBytes: 8000 });
    for (let i = 0; i < 1000; i++) await put(limited, i);
    // 100,000 bytes, listed after more than 1,000 each.
    expect(listed).toBeGreaterThan(80);
    expect(listed).toBeLessThan(105);
    expect(await bytesIn(limited)).toBe(8000);
  });

  test('keeps a value whose record is still to come when an older record of it goes', async () => {
    const limited = sizeLimited(inMemory(), { maxCount: 1 });
    const address = storedDigestOf(value(1));
    const result = { digest: address, address, bytes: 100 };
    await put(limited, 1);
    await limited.calls.put(callNamed('old', { result }));
    // A call that has the same result has put it, when the record of another call takes the place of the old one.
    await put(limited, 1);
    await limited.calls.put(callNamed('other', { result: undefined }));
    expect(await limited.values.has(address)).toBe(true);
    await limited.calls.put(callNamed('new', { result }));
    expect((await limited.values.get(address))?.length).toBe(100);
    await limited.calls.put(callNamed('last', { result: undefined }));
    expect(await limited.values.has(address)).toBe(false);
  });

  test('keeps what is put when nothing can be let go of', async () => {
    const { values: store, calls: records } = inMemory();
    const stuck = storeLike(store, {
      delete: () => {
        throw new Error('EACCES');
      },
    });
    const limited = sizeLimited({ values: stuck, calls: records }, { maxBytes: 150 });
    await put(limited, 1);
    await put(limited, 2);
    expect(await limited.values.has(storedDigestOf(value(2)))).toBe(true);
  });

  test('refuses a value beyond the limit, and lets go of nothing for it', async () => {
    const limited = sizeLimited(inMemory(), { maxBytes: 150 });
    await put(limited, 1);
    const long = new Uint8Array(151);
    expect(() => limited.values.put(storedDigestOf(long), long)).toThrow(
      expect.objectContaining({ code: 'HEDDLE_CACHE_REJECTED' }),
    );
    expect(await limited.values.has(storedDigestOf(value(1)))).toBe(true);
  });

  test.each([{ maxBytes: 0 }, { maxCount: 0.5 }, { maxBytes: Number.NaN }])('refuses %j', (options) => {
    expect(() => sizeLimited(inMemory(), options)).toThrow(RangeError);
  });
});
