/** Digests of calls, asked of the task. */

import { expect, test } from 'vitest';
import { codecs, openCache, run, task, tasks, withCache } from '../../src/index.ts';

class Point {
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
}

const { area, sized } = tasks(import.meta, {
  area: task((p: { w: number; h: number }, _verbose = false) => p.w * p.h, {
    version: 1,
    cache: { ignore: ['_verbose'] },
  }),
  sized: task((p: Point) => p.x, { version: 1 }),
});

test('task.digest() is the digest by which caches know the call', async () => {
  await using cache = await openCache(':memory:');
  const digest = await area.digest({ w: 2, h: 3 });
  expect(digest).toMatch(/^[\da-f]{64}$/);
  expect(digest).toBe(cache.digest(area, { w: 2, h: 3 }));
  expect(await area.digest({ h: 3, w: 2 }, true)).toBe(digest);
  expect(await area.with({ version: 2 }).digest({ w: 2, h: 3 })).not.toBe(digest);
});

const { double, triple } = tasks(import.meta, {
  double: task((x: number) => x * 2, { name: 'scaled', cache: true }),
  triple: task((x: number) => x * 3, { name: 'scaled', cache: true }),
});

test('task.digest() tells tasks of one module and one name apart, by their keys', async () => {
  expect(await double.digest(5)).not.toBe(await triple.digest(5));
  expect(await double.with({ name: 'other' }).digest(5)).toBe(await double.digest(5));
  await using cache = await openCache(':memory:');
  expect(await run([double(5), triple(5)], { cache })).toEqual([10, 15]);
});

test('task.digest() takes the codecs of the cache around', async () => {
  const points = codecs().register(Point, { encode: ({ x }) => x, decode: (x) => new Point(x) });
  await using cache = await openCache(':memory:', { codecs: points });
  await expect(sized.digest(new Point(1))).rejects.toThrow(/Cannot digest a call of task 'sized'/);
  const digests = await withCache(cache, () => Promise.all([1, 1, 2].map((x) => sized.digest(new Point(x)))));
  expect([digests[0] === digests[1], digests[0] === digests[2]]).toEqual([true, false]);
});

test('task.digest() rejects for what has none that other processes know', async () => {
  await expect(task((x: number) => x, { name: 'closure' }).digest(1)).rejects.toThrow(
    /Cannot digest a call of task 'closure' as it is not in a block/,
  );
  expect(await task((x: number) => x, { name: 'closure', version: 1 }).digest(1)).toMatch(/^[\da-f]{64}$/);
  await expect(area.digest(area({ w: 1, h: 1 }) as never)).rejects.toThrow(/Cannot digest a call/);
});
