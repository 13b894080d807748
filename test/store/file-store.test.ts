/** A store in files where the disk is full, or may only be read; and bytes that are looked at again. */

import { describe, expect, test } from 'vitest';
import { fileStore } from '../../src/store/file-store.ts';
import { memoryStore } from '../../src/store/memory-store.ts';
import { verifiedStore } from '../../src/store/verified-store.ts';
import { bytesOf, storedDigestOf } from '../../src/testing/contract/stored-bytes.ts';
import { filesIn, folders } from '../fixtures/folders.ts';

const newFolder = folders('file-store');

describe('fileStore()', () => {
  test.each([
    ['short', 10],
    ['long', 2 ** 21],
  ])(
    'put() of %s bytes and flush() once reject when the disk is full, and nothing is left',
    async (_, length) => {
      let isFull = true;
      const folder = newFolder();
      const store = fileStore(folder, {
        atStep: (step) => {
          if (isFull && step === 'blob:write') throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        },
      });
      const bytes = new Uint8Array(length);
      const digest = storedDigestOf(bytes);
      const error = { code: 'HEDDLE_CACHE_WRITE', cause: expect.objectContaining({ code: 'ENOSPC' }) };
      await expect((async () => store.put(digest, bytes))()).rejects.toMatchObject(error);
      await expect((async () => store.flush())()).rejects.toMatchObject(error);
      await store.flush();
      expect(filesIn(folder)).toEqual([]);
      isFull = false;
      await store.put(digest, bytes);
      expect((await store.get(digest))?.length).toBe(length);
    },
  );

  test('refuses what is no digest', () => {
    const store = fileStore(newFolder());
    expect(() => store.put('../../out' as never, new Uint8Array(1))).toThrow(TypeError);
    expect(() => store.get('../../out' as never)).toThrow(TypeError);
  });

  test('flush() waits for long bytes, which nobody else waits for', async () => {
    const folder = newFolder();
    const store = fileStore(folder);
    const bytes = new Uint8Array(2 ** 22).fill(7);
    void store.put(storedDigestOf(bytes), bytes);
    await store.flush();
    expect(await fileStore(folder).has(storedDigestOf(bytes))).toBe(true);
  });
});

describe('verifiedStore()', () => {
  test('gives bytes of their digest, and no others', async () => {
    const inner = memoryStore();
    const [right, forged] = [bytesOf('right'), bytesOf('forged')];
    await inner.put(storedDigestOf(right), right);
    await inner.put(storedDigestOf(bytesOf('other')), forged);
    const store = verifiedStore(inner);
    expect(await store.get(storedDigestOf(right))).toBe(right);
    expect(await store.get(storedDigestOf(bytesOf('other')))).toBeUndefined();
    expect(await store.get(storedDigestOf(bytesOf('none')))).toBeUndefined();
  });
});
