/** Files of HDF5: written, read, read in part, read and written by h5py, and files that are none. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fromHdf5, readHdf5, toHdf5 } from '../../src/codecs-hdf5.ts';
import { folders } from '../fixtures/folders.ts';

/** The package takes a second to load on a busy machine. */
const limitMs = 30_000;
const newFolder = folders('hdf5');

const python = ['python3', '/usr/bin/python3'].find(
  (program) => spawnSync(program, ['-c', 'import h5py']).status === 0,
);

function runPython(text: string): string {
  const { stdout, stderr, status } = spawnSync(python as string, ['-c', text], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

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

describe('toHdf5() and fromHdf5()', { timeout: limitMs }, () => {
  test('keep arrays of all types', async () => {
    const { arrays } = await fromHdf5(await toHdf5(all));
    expect(arrays).toEqual(
      Object.fromEntries(
        Object.entries(all).map(([name, data]) => [name, { data, shape: [2], attributes: {} }]),
      ),
    );
  });

  test('keep shapes, groups and attributes', async () => {
    const attributes = { unit: 'm²', scale: 2.5, count: 3, names: ['a', 'é'], range: Float64Array.of(0, 1) };
    const bytes = await toHdf5(
      {
        'a/b/matrix': { data: Float64Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3], attributes },
        'a/single': { data: Float64Array.of(7), shape: [] },
        'a/int': { data: BigInt64Array.of(7n), shape: [] },
        empty: { data: new Float32Array(0), shape: [0, 3] },
      },
      { groups: { '': { title: 'all' }, a: { version: 1 }, lone: {} } },
    );
    const { arrays, groups } = await fromHdf5(bytes);
    expect(arrays).toEqual({
      'a/b/matrix': { data: Float64Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3], attributes },
      'a/single': { data: Float64Array.of(7), shape: [], attributes: {} },
      'a/int': { data: BigInt64Array.of(7n), shape: [], attributes: {} },
      empty: { data: new Float32Array(0), shape: [0, 3], attributes: {} },
    });
    expect(groups).toEqual({ '': { title: 'all' }, a: { version: 1 }, 'a/b': {}, lone: {} });
  });

  test('pack by gzip', async () => {
    const data = new Float64Array(300_000).fill(1.5);
    const packed = await toHdf5({ x: { data, shape: [300, 1000] } }, { gzip: 4 });
    expect(packed.length).toBeLessThan(100_000);
    expect((await fromHdf5(packed)).arrays['x']?.data).toEqual(data);
  });

  test('write the elements of a Buffer, of a part of an array, and of a clamped one', async () => {
    const part = Float64Array.of(0, 1, 2, 3).subarray(1, 3);
    const { arrays } = await fromHdf5(
      await toHdf5({ part, buffer: Buffer.from([1, 2]), clamped: Uint8ClampedArray.of(3) }),
    );
    expect([arrays['part']?.data, arrays['buffer']?.data, arrays['clamped']?.data]).toEqual([
      Float64Array.of(1, 2),
      Uint8Array.of(1, 2),
      Uint8Array.of(3),
    ]);
  });

  test('refuse what is no array, and go on', async () => {
    await expect(toHdf5({ x: [1] as never })).rejects.toThrow(
      "'x' must be a typed array, or one with its shape",
    );
    await expect(toHdf5({ x: { data: Int8Array.of(1), shape: [2] } })).rejects.toThrow(RangeError);
    await expect(toHdf5({ 'a/../b': Int8Array.of(1) })).rejects.toThrow("names joined by '/'");
    await expect(toHdf5({ x: Int8Array.of(1) }, { groups: { '': { bad: {} as never } } })).rejects.toThrow(
      TypeError,
    );
    expect((await fromHdf5(await toHdf5({ x: Int8Array.of(1) }))).arrays['x']?.data).toEqual(Int8Array.of(1));
  });
});

describe('readHdf5()', { timeout: limitMs }, () => {
  test('reads one array, or a part of it', async () => {
    const path = join(newFolder(), 'one.h5');
    const data = Float64Array.from({ length: 12 }, (_, i) => i);
    writeFileSync(
      path,
      await toHdf5({ 'g/x': { data, shape: [3, 4], attributes: { unit: 'm' } }, other: data }),
    );
    expect(await readHdf5(path, 'g/x')).toEqual({ data, shape: [3, 4], attributes: { unit: 'm' } });
    expect(await readHdf5(path, 'g/x', { ranges: [undefined, [1, 3]] })).toMatchObject({
      data: Float64Array.of(1, 2, 5, 6, 9, 10),
      shape: [3, 2],
    });
    await expect(readHdf5(path, 'g/x', { ranges: [[0, 4]] })).rejects.toThrow(RangeError);
    await expect(readHdf5(path, 'g')).rejects.toThrow("it has no array 'g'");
    await expect(readHdf5(path, 'nothing')).rejects.toMatchObject({ name: 'DecodeError' });
    await expect(readHdf5(`${path}.none`, 'x')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.skipIf(python === undefined)('reads what h5py writes, which needs h5py', async () => {
    const path = join(newFolder(), 'py.h5');
    runPython(`
import h5py, numpy as np
with h5py.File(${JSON.stringify(path)}, 'w') as f:
    f['big'] = np.arange(6, dtype='>f8').reshape(2, 3)
    f.create_dataset('packed', data=np.arange(100000, dtype='i4'), compression='gzip', shuffle=True)
    f['big'].attrs['unit'] = 'm'
    f['text'] = 'hello'
`);
    expect(await readHdf5(path, 'big')).toEqual({
      data: Float64Array.of(0, 1, 2, 3, 4, 5),
      shape: [2, 3],
      attributes: { unit: 'm' },
    });
    expect((await readHdf5(path, 'packed', { ranges: [[99_998, 100_000]] })).data).toEqual(
      Int32Array.of(99_998, 99_999),
    );
    await expect(fromHdf5(readFileSync(path))).rejects.toThrow("'text' is not of numbers");
  });

  test.skipIf(python === undefined)('reads what toHdf5() writes, by h5py, which needs h5py', async () => {
    const path = join(newFolder(), 'js.h5');
    writeFileSync(
      path,
      await toHdf5({
        ...all,
        'g/m': { data: Float64Array.of(1, 2), shape: [2, 1], attributes: { unit: 'm' } },
      }),
    );
    const told = runPython(`
import h5py
with h5py.File(${JSON.stringify(path)}) as f:
    print(*[f"{name}:{f[name].dtype.str}" for name in f if name != 'g'], f['g/m'].shape, f['g/m'].attrs['unit'])
`);
    expect(told).toBe(
      'f32:<f4 f64:<f8 i16:<i2 i32:<i4 i64:<i8 i8:|i1 u16:<u2 u32:<u4 u64:<u8 u8:|u1 (2, 1) m\n',
    );
  });
});

describe('bytes that are no file of HDF5', { timeout: 60_000 }, () => {
  test('are refused with a DecodeError, cut off anywhere', async () => {
    const bytes = await toHdf5({ 'g/x': Float64Array.of(1, 2, 3) });
    for (let length = 0; length < bytes.length; length += 37) {
      await expect(fromHdf5(bytes.subarray(0, length))).rejects.toMatchObject({ name: 'DecodeError' });
    }
    await expect(fromHdf5('text' as never)).rejects.toMatchObject({ name: 'DecodeError' });
  });

  test('are refused with a DecodeError, or read as some file, with any byte changed', async () => {
    const bytes = await toHdf5({
      'g/x': { data: Float64Array.of(1, 2, 3), shape: [3], attributes: { a: 'b' } },
    });
    const ends = new Set<string>();
    for (let at = 0; at < bytes.length; at += 3) {
      const changed = new Uint8Array(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      ends.add(
        await fromHdf5(changed).then(
          () => 'read',
          (error: Error) => error.name,
        ),
      );
    }
    expect([...ends].sort()).toEqual(['DecodeError', 'read']);
    // And it can still be used.
    expect((await fromHdf5(bytes)).arrays['g/x']?.data).toEqual(Float64Array.of(1, 2, 3));
  });
});
