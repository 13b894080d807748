/** Folders of Zarr: written, read, read in part, and folders that are damaged. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readZarr, writeZarr } from '../../src/codecs-zarr.ts';
import { filesIn, folders } from '../fixtures/folders.ts';

const limitMs = 30_000;
const newFolder = folders('zarr');

describe('writeZarr() and readZarr()', { timeout: limitMs }, () => {
  test('keep arrays of all types', async () => {
    const folder = newFolder();
    const all = {
      i8: Int8Array.of(-1, 2),
      u8: Uint8Array.of(1, 255),
      i16: Int16Array.of(-1, 2),
      u16: Uint16Array.of(1, 65535),
      i32: Int32Array.of(-1, 2),
      u32: Uint32Array.of(1, 2 ** 32 - 1),
      i64: BigInt64Array.of(-1n, 2n ** 62n),
      u64: BigUint64Array.of(1n, 2n ** 64n - 1n),
      f32: Float32Array.of(0.5, Number.NaN),
      f64: Float64Array.of(-0, 1e300),
    };
    await writeZarr(folder, all);
    for (const [name, data] of Object.entries(all)) {
      expect(await readZarr(folder, name)).toEqual({ data, shape: [2], chunks: [2], attributes: {} });
    }
  });

  test.for([undefined, 'zstd'] as const)(
    'keep shapes, chunks and attributes, packed as %s',
    async (compression) => {
      const folder = newFolder();
      const data = Float64Array.from({ length: 35 }, (_, i) => i);
      const attributes = { unit: 'm', list: [1, null, { deep: true }] };
      await writeZarr(
        folder,
        {
          'a/b/x': { data, shape: [5, 7], chunks: [2, 3], attributes },
          single: { data: BigInt64Array.of(5n), shape: [] },
        },
        {
          groups: { '': { title: 'all' }, a: { version: 1 } },
          ...(compression === undefined ? {} : { compression }),
        },
      );
      expect(await readZarr(folder, 'a/b/x')).toEqual({ data, shape: [5, 7], chunks: [2, 3], attributes });
      expect(await readZarr(folder, 'single')).toEqual({
        data: BigInt64Array.of(5n),
        shape: [],
        chunks: [],
        attributes: {},
      });
      expect(
        await readZarr(join(folder, 'a/b/x'), '', {
          ranges: [
            [1, 3],
            [5, 7],
          ],
        }),
      ).toMatchObject({
        data: Float64Array.of(12, 13, 19, 20),
        shape: [2, 2],
      });
      const told = (path: string): unknown =>
        JSON.parse(readFileSync(join(folder, path, 'zarr.json'), 'utf8'));
      expect(told('')).toMatchObject({ zarr_format: 3, node_type: 'group', attributes: { title: 'all' } });
      expect(told('a')).toMatchObject({ node_type: 'group', attributes: { version: 1 } });
      expect(told('a/b')).toMatchObject({ node_type: 'group' });
      expect(filesIn(join(folder, 'a/b/x/c')).length).toBe(9);
      expect(filesIn(folder).filter((path) => path.endsWith('.part'))).toEqual([]);
    },
  );

  test('write long arrays in chunks, and read of them what is needed', async () => {
    const folder = newFolder();
    await writeZarr(folder, { x: { data: new Float32Array(1_000_000).fill(2), shape: [1000, 1000] } });
    const { chunks } = await readZarr(folder, 'x', { ranges: [[0, 1]] });
    expect(chunks).toEqual([262, 1000]);
    rmSync(join(folder, 'x/c/3'), { recursive: true });
    expect((await readZarr(folder, 'x', { ranges: [[785, 786]] })).data[0]).toBe(2);
    expect((await readZarr(folder, 'x', { ranges: [[786, 787]] })).data[0]).toBe(0);
  });

  test('refuse what is no array or no path', async () => {
    const folder = newFolder();
    await expect(writeZarr(folder, { x: [1] as never })).rejects.toThrow(TypeError);
    await expect(writeZarr(folder, { '../x': Int8Array.of(1) })).rejects.toThrow(RangeError);
    await expect(writeZarr(folder, { 'a/zarr.json': Int8Array.of(1) })).rejects.toThrow(RangeError);
    await expect(readZarr(folder, '../x')).rejects.toThrow(RangeError);
    await expect(readZarr(folder, 'none')).rejects.toMatchObject({ name: 'DecodeError' });
    await writeZarr(folder, { x: Int8Array.of(1) });
    await expect(readZarr(folder, 'x', { ranges: [[0, 2]] })).rejects.toThrow(
      'its ranges must be within its shape',
    );
    expect(filesIn(folder).every((path) => path.startsWith(folder))).toBe(true);
  });
});

describe('a damaged folder', { timeout: limitMs }, () => {
  const damages: readonly (readonly [what: string, path: string, spoil: (text: string) => string])[] = [
    ['metadata that is cut off', 'x/zarr.json', (text) => text.slice(0, 100)],
    [
      'metadata of a later version',
      'x/zarr.json',
      (text) =>
        text.replace('"zarr_format": 3', '"zarr_format": 9').replace('"zarr_format":3', '"zarr_format":9'),
    ],
    [
      'a shape as large as can be',
      'x/zarr.json',
      (text) => text.replace(/"shape":\s*\[[^\]]*\]/, '"shape":[9007199254740991]'),
    ],
    [
      'chunks beyond counting',
      'x/zarr.json',
      (text) =>
        text
          .replace(/"shape":\s*\[[^\]]*\]/, '"shape":[99999999]')
          .replace(/"chunk_shape":\s*\[[^\]]*\]/, '"chunk_shape":[1]'),
    ],
    ['another type', 'x/zarr.json', (text) => text.replace('float64', 'string')],
    ['a chunk that is cut off', 'x/c/0', (text) => text.slice(0, 5)],
  ];
  test.for(damages)('is refused with a DecodeError: %s', async ([, path, spoil]) => {
    const folder = newFolder();
    await writeZarr(folder, { x: Float64Array.of(1, 2, 3) });
    const file = join(folder, path);
    writeFileSync(file, spoil(readFileSync(file, 'latin1')), 'latin1');
    await expect(readZarr(folder, 'x')).rejects.toMatchObject({ name: 'DecodeError' });
  });
});
