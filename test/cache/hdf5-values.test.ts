/** Values that are arrays are files of HDF5, come back as they were, and are not there when they were changed. */

import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { memoryRecords } from '../../src/cache/memory-records.ts';
import { hdf5Values, readHdf5 } from '../../src/codecs-hdf5.ts';
import { openCache, run } from '../../src/index.ts';
import { fileStore } from '../../src/store/file-store.ts';
import { memoryStore } from '../../src/store/memory-store.ts';
import { filesIn, folders, spoil } from '../fixtures/folders.ts';
import { testStore } from '../fixtures/run-store-contract.ts';
import { echo } from '../fixtures/tasks/kept-tasks.ts';

const newFolder = folders('hdf5-values');
const h5In = (folder: string): readonly string[] => filesIn(folder).filter((path) => path.endsWith('.h5'));

testStore('hdf5Values', { open: () => hdf5Values(newFolder(), fileStore(newFolder())) });

describe('hdf5Values()', { timeout: 30_000 }, () => {
  test.each([
    Float64Array.of(1.5, -0, Number.NaN),
    Float32Array.of(0.1),
    Int8Array.of(-1),
    Uint8Array.of(255),
    Uint8ClampedArray.of(3),
    Uint16Array.of(7),
    Int32Array.of(-5),
    BigInt64Array.of(-(2n ** 60n)),
    new Float64Array(0),
    'no array',
    { inner: Float64Array.of(1) },
    Buffer.from('bytes'),
  ])('gives back as it was: %o', async (value) => {
    const folder = newFolder();
    const calls = memoryRecords();
    const values = hdf5Values(folder, memoryStore());
    await using cache = await openCache({ values, calls });
    await run(echo(value), { cache });
    await cache.flush();
    const back = await cache.load(cache.digest(echo, value));
    expect(back).toEqual(value);
    expect(Object.getPrototypeOf(back)).toBe(Object.getPrototypeOf(value));
  });

  test('writes files that other programs read', async () => {
    const folder = newFolder();
    await using cache = await openCache({
      values: hdf5Values(folder, memoryStore()),
      calls: memoryRecords(),
    });
    await run(echo(Float64Array.of(1, 2, 3)), { cache });
    await cache.flush();
    const [file = ''] = h5In(folder);
    expect((await readHdf5(file, 'value')).data).toEqual(Float64Array.of(1, 2, 3));
  });

  test('a changed file is not there, and its call is computed anew', async () => {
    const folder = newFolder();
    await using cache = await openCache({
      values: hdf5Values(folder, memoryStore()),
      calls: memoryRecords(),
    });
    const array = Float64Array.from({ length: 1000 }, (_, i) => i);
    await run(echo(array), { cache });
    await cache.flush();
    for (const file of h5In(folder)) spoil(file);
    expect(await run(echo(array), { cache })).toEqual(array);
    for (const file of h5In(folder)) writeFileSync(file, readFileSync(file).subarray(0, 100));
    expect(await run(echo(array), { cache })).toEqual(array);
    expect((await cache.stats()).calls).toMatchObject({ retrieved: 0 });
  });

  test('lets go of what is not needed', async () => {
    const folder = newFolder();
    await using cache = await openCache({
      values: hdf5Values(folder, memoryStore()),
      calls: memoryRecords(),
    });
    await run(echo(Float64Array.of(4)), { cache });
    await cache.flush();
    expect(h5In(folder).length).toBe(1);
    await cache.query().evict();
    expect((await cache.gc({ graceMs: 0 })).values).toBe(0); // They were used within the last second.
    expect(await cache.verify()).toMatchObject({ isSound: true });
  });
});
