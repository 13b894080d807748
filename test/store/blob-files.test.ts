/**
 * A folder of files named by their digests: whole or not at all, never wrong, and swept of what dead processes left.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Digest } from '../../src/codec/canonical/digester.ts';
import { BlobFiles } from '../../src/store/blob-files.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-blobs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function digestOf(bytes: Uint8Array): Digest {
  return createHash('sha256').update(bytes).digest('hex') as Digest;
}

const temporaryIn = (): string[] => readdirSync(join(folder, 'temporary'));

const lengths = [
  ['none', 0],
  ['few', 10],
  ['one MiB', 2 ** 20],
  ['more than is read at once', 2 ** 20 + 1],
  ['more than a piece', 2 ** 23 + 5],
] as const;

describe('BlobFiles', () => {
  test.for(lengths)('gives what was put, with %s bytes', async ([, length]) => {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
    const digest = digestOf(bytes);
    const files = new BlobFiles(folder, { durability: length % 2 === 0 ? 'full' : 'normal' });
    expect(await files.get(digest)).toBeUndefined();
    expect(files.has(digest)).toBe(false);
    const put = files.put(digest, bytes);
    expect(put instanceof Promise).toBe(length > 2 ** 20);
    await put;
    await files.put(digest, bytes);
    expect(Buffer.compare((await files.get(digest)) as Uint8Array, bytes)).toBe(0);
    expect(files.has(digest)).toBe(true);
    expect(await Array.fromAsync(files.entries())).toEqual([
      { digest, bytes: length, usedMs: expect.any(Number) },
    ]);
    expect(temporaryIn()).toEqual([]);
    expect(files.delete(digest)).toBe(true);
    expect(files.delete(digest)).toBe(false);
    expect(await files.get(digest)).toBeUndefined();
    expect(await Array.fromAsync(files.entries())).toEqual([]);
  });

  test.for(lengths.slice(1))(
    'is without a damaged file, and takes the bytes again, with %s bytes',
    async ([, length]) => {
      const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
      const digest = digestOf(bytes);
      const files = new BlobFiles(folder);
      const path = files.pathOf(digest);
      for (const damage of [bytes.with(length >> 1, 255 - (bytes[length >> 1] as number)), bytes.slice(1)]) {
        await files.put(digest, bytes);
        writeFileSync(path, damage);
        expect(await files.get(digest)).toBeUndefined();
        expect(existsSync(path)).toBe(false);
      }
      await files.put(digest, bytes);
      writeFileSync(path, bytes.slice(1));
      await files.put(digest, bytes); // Without having read it.
      expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
      expect(temporaryIn()).toEqual([]);
    },
  );

  const bytes = new TextEncoder().encode('some bytes');
  const digest = digestOf(bytes);

  test('makes nothing before the first put', async () => {
    const files = new BlobFiles(join(folder, 'values'));
    expect(await files.get(digest)).toBeUndefined();
    expect(files.has(digest)).toBe(false);
    expect(files.delete(digest)).toBe(false);
    expect(await Array.fromAsync(files.entries())).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('notes reading no more than once an hour, but at once that bytes are put again', async () => {
    const files = new BlobFiles(folder);
    await files.put(digest, bytes);
    const path = files.pathOf(digest);
    const nowMs = statSync(path).mtimeMs;
    const usedAfter = async (agoMs: number, use: () => unknown): Promise<number> => {
      utimesSync(path, (nowMs - agoMs) / 1000, (nowMs - agoMs) / 1000);
      await use();
      return nowMs - statSync(path).mtimeMs;
    };
    expect(await usedAfter(1_800_000, () => files.get(digest))).toBeGreaterThan(1_799_000);
    expect(await usedAfter(7_200_000, () => files.get(digest))).toBeLessThan(60_000);
    expect(await usedAfter(7_200_000, () => files.put(digest, bytes))).toBeLessThan(60_000);
    expect(await usedAfter(60_000, () => files.put(digest, bytes))).toBeLessThan(50_000);
    expect(await usedAfter(7_200_000, () => files.has(digest))).toBeGreaterThan(7_199_000);
  });

  test('removes what processes that are gone left, when it is an hour old', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const temporary = join(folder, 'temporary');
    mkdirSync(temporary, { recursive: true });
    const hour = 3_600;
    const left = (name: string, agoSeconds: number): string => {
      const path = join(temporary, name);
      writeFileSync(path, 'half');
      const at = statSync(path).mtimeMs / 1000 - agoSeconds;
      utimesSync(path, at, at);
      return name;
    };
    const host = encodeURIComponent(hostname());
    left(`${pid}-a-0-${host}`, 2 * hour);
    const young = left(`${pid}-b-0-${host}`, hour / 2);
    const alive = left(`${process.pid}-c-0-${host}`, 2 * hour);
    const elsewhere = left(`${pid}-d-0-elsewhere`, 2 * hour);
    left(`${pid}-e-0-elsewhere`, 25 * hour);
    await new BlobFiles(folder).put(digest, bytes);
    expect(temporaryIn().sort()).toEqual([young, alive, elsewhere].sort());
  });

  test('throws what the system says when a file cannot be written, and leaves nothing', () => {
    writeFileSync(join(folder, digest.slice(0, 2)), 'in the way');
    expect(() => new BlobFiles(folder).put(digest, bytes)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(?:EEXIST|ENOTDIR)$/) }),
    );
    expect(temporaryIn()).toEqual([]);
  });

  test('takes no digest that leads elsewhere', () => {
    expect(() => new BlobFiles(folder).get('../secret' as Digest)).toThrow(
      "Cannot find stored bytes as a digest is 64 hexadecimal digits in lower case: received '../secret'",
    );
  });

  test('takes the same bytes from two at once', async () => {
    const long = new Uint8Array(2 ** 21).fill(3);
    const files = new BlobFiles(folder);
    await Promise.all([files.put(digestOf(long), long), files.put(digestOf(long), long)]);
    expect((await files.get(digestOf(long)))?.length).toBe(2 ** 21);
    expect(temporaryIn()).toEqual([]);
  });
});
