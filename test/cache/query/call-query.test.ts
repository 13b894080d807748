/** Queries over remembered calls. */

import { describe, expect, test } from 'vitest';
import {
  anything,
  type Cache,
  digestOf,
  memoize,
  NotFoundError,
  openCache,
  run,
  SeveralCallsError,
  task,
  withTags,
} from '../../../src/index.ts';
import { FakeClock } from '../../../src/testing.ts';
import { cacheKinds, listOf } from '../../fixtures/caches.ts';
import { add, fails, square, train } from '../../fixtures/tasks/kept-tasks.ts';

describe.each(cacheKinds())('query() of $kind', ({ open }) => {
  async function withCalls(): Promise<{ readonly cache: Cache; readonly clock: FakeClock }> {
    const clock = new FakeClock();
    const cache = await open({ clock });
    for (const x of [3, 1, 2]) {
      await run(square(x), { cache });
      clock.pass(1000);
    }
    return { cache, clock };
  }

  test('gives the newest first, each time anew', async () => {
    const { cache } = await withCalls();
    const query = cache.query({ task: 'square' });
    expect(await listOf(query.results())).toEqual([4, 1, 9]);
    await run(square(5), { cache });
    expect(await listOf(query.results())).toEqual([25, 4, 1, 9]);
    await cache.close();
  });

  test('loads no value, but for results() and table({ values })', async () => {
    const { cache } = await withCalls();
    const { values: store } = cache.engine.parts.backend;
    const read: string[] = [];
    const get = store.get.bind(store);
    store.get = (digest) => {
      read.push(digest);
      return get(digest);
    };
    const query = cache.query({ task: square, args: { x: 2 } });
    await query.latest();
    await query.only();
    await query.sorted('durationMs').groupBy('task');
    await query.table();
    expect(read).toEqual([]);
    const [row] = await query.table({ values: true });
    expect(row).toMatchObject({ args: 'x: 2', result: '4' });
    expect(read).toHaveLength(2);
    await cache.close();
  });

  test('compares arguments by digest, and members of records given as arguments', async () => {
    await using cache = await open();
    await run([train('a', { lr: 0.1 }), train('a', { lr: 0.2, epochs: 3 }), train('b', {})], { cache });
    const count = (args: Readonly<Record<string, unknown>>): Promise<number> =>
      cache.query({ task: 'train', args }).count();
    expect(await count({ data: 'a' })).toBe(2);
    expect(await count({ lr: 0.1 })).toBe(1);
    expect(await count({ lr: 0.2, data: 'a' })).toBe(1);
    expect(await count({ lr: 0.2, data: 'b' })).toBe(0);
    expect(await count({ lr: anything })).toBe(2);
    expect(await count({ epochs: anything, lr: anything })).toBe(1);
    expect(await count({ options: { epochs: 3, lr: 0.2 } })).toBe(1);
    expect(await count({ other: anything })).toBe(0);
  });

  test('finds values within lists given as arguments', async () => {
    await using cache = await open();
    await run(train('a', [1, 2] as never), { cache });
    expect(await cache.query({ args: { '[1]': 2 } }).count()).toBe(1);
  });

  test('compares a part of the metadata', async () => {
    await using cache = await open();
    await withTags({ study: { name: 'first', seeds: [1, 2] } }, () => run(square(1), { cache }));
    await run(square(2), { cache });
    const count = (metadata: Readonly<Record<string, unknown>>): Promise<number> =>
      cache.query({ metadata }).count();
    expect(await count({ tags: {} })).toBe(1);
    expect(await count({ tags: undefined })).toBe(1);
    expect(await count({ tags: { study: { name: 'first' } } })).toBe(1);
    expect(await count({ tags: { study: { name: 'second' } } })).toBe(0);
    expect(await count({ tags: { study: { seeds: [1, 2] } } })).toBe(1);
    expect(await count({ tags: { study: { seeds: [1] } } })).toBe(0);
    expect(await count({ tags: { study: { name: anything } } })).toBe(1);
    expect(await count({ tags: { toString: anything } })).toBe(0);
  });

  test('of a task finds its version as it is now, of any version if asked (fleche #916)', async () => {
    await using cache = await open();
    const [old, now] = [
      task((x: number) => x * 2, { name: 'scale', version: '1', cache: true }),
      task((x: number) => x * 2, { name: 'scale', version: '2', cache: true }),
    ];
    await run([old(1), now(1)], { cache });
    expect(await cache.query({ task: now }).count()).toBe(1);
    expect((await cache.query({ task: now }).only()).version).toBe('version:2');
    expect(await cache.query({ task: now, anyVersion: true }).count()).toBe(2);
    expect(await cache.query({ task: now, anyVersion: true, args: { x: 1 } }).count()).toBe(2);
    expect(await cache.query({ task: 'scale' }).count()).toBe(2);
  });

  test('finds calls by state, run, kind and time', async () => {
    const { cache, clock } = await withCalls();
    await expect(run(fails('no'), { cache })).rejects.toThrow('no');
    expect(await cache.query({ state: 'failure' }).count()).toBe(1);
    expect(await cache.query({ state: 'any' }).count()).toBe(4);
    const startMs = clock.epochMs() - 3000;
    expect(await cache.query({ sinceMs: startMs + 1000 }).count()).toBe(2);
    expect(await cache.query({ untilMs: startMs + 1000 }).count()).toBe(1);
    const { run: id = '' } = (await cache.query({ args: { x: 1 } }).only()) ?? {};
    expect(await listOf(cache.query({ run: id }).results())).toEqual([1]);
    expect(await cache.query({ kind: 'graph' }).count()).toBe(0);
    await run(add(square(1), square(2)), { cache });
    expect(await cache.query({ kind: 'graph' }).count()).toBe(1);
    expect(await cache.query({ kind: 'any' }).count()).toBe(5);
    await cache.close();
  });

  test('take(), skip() and filter() chain', async () => {
    const { cache } = await withCalls();
    const query = cache.query();
    expect(await listOf(query.take(2).results())).toEqual([4, 1]);
    expect(await listOf(query.skip(1).results())).toEqual([1, 9]);
    expect(await listOf(query.skip(1).take(1).results())).toEqual([1]);
    expect(await listOf(query.take(2).skip(1).results())).toEqual([1]);
    expect(await listOf(query.take(1).take(5).results())).toEqual([4]);
    expect(await query.take(0).empty()).toBe(true);
    const nine = query.filter(({ resultRef }) => resultRef?.digest === digestOf(9));
    expect(await listOf(nine.take(1).results())).toEqual([9]);
    expect(() => query.take(-1)).toThrow(RangeError);
    await cache.close();
  });

  test('sorted() sorts stably, both ways, what has no number or text last', async () => {
    const { cache } = await withCalls();
    const query = cache.query();
    expect(await listOf(query.sorted('startedMs').results())).toEqual([9, 1, 4]);
    expect(await listOf(query.sorted('startedMs', { descending: true }).results())).toEqual([4, 1, 9]);
    expect(await listOf(query.sorted('task').results())).toEqual([4, 1, 9]);
    const ofFirst = (): ((entry: { readonly startedMs: number }) => unknown) => {
      let left = 1;
      return () => (left-- > 0 ? undefined : -left);
    };
    expect(await listOf(query.sorted(ofFirst()).results())).toEqual([1, 9, 4]);
    expect(await listOf(query.sorted(ofFirst(), { descending: true }).results())).toEqual([9, 1, 4]);
    expect(await (await query.sorted('startedMs').latest())?.result()).toBe(4);
    await cache.close();
  });

  test('unique() keeps the first of those that are the same', async () => {
    await using cache = await open();
    await run([square(2), square(-2), square(3)], { cache });
    expect(await cache.query().unique().count()).toBe(2);
    expect(await cache.query().unique('task').count()).toBe(1);
    const twice = cache.query().unique();
    expect(await twice.count()).toBe(await twice.count());
  });

  test('groupBy() gives queries', async () => {
    await using cache = await open();
    await run([square(2), square(3), add(1, 2)], { cache });
    const groups = await cache.query().sorted('task').groupBy('task');
    expect([...groups.keys()]).toEqual(['add', 'square']);
    expect(await groups.get('square')?.count()).toBe(2);
    expect(await listOf(groups.get('add')?.results() ?? cache.query().results())).toEqual([3]);
  });

  test('only() gives one, and says if there is none or several', async () => {
    const { cache } = await withCalls();
    expect(await (await cache.query({ args: { x: 3 } }).only()).result()).toBe(9);
    await expect(cache.query({ task: 'other' }).only()).rejects.toThrow(NotFoundError);
    await expect(cache.query().only()).rejects.toThrow(SeveralCallsError);
    await expect(cache.query().only()).rejects.toThrow(/several fit: received \w{12}… of task 'square'/);
    await cache.close();
  });

  test('any(), empty(), count(), latest() and oldest() end a query', async () => {
    const { cache } = await withCalls();
    const none = cache.query({ task: 'none' });
    expect([await none.any(), await none.empty(), await none.count()]).toEqual([false, true, 0]);
    expect([await none.latest(), await none.oldest()]).toEqual([undefined, undefined]);
    const all = cache.query();
    expect([await all.any(), await all.empty(), await all.count()]).toEqual([true, false, 3]);
    expect(await (await all.latest())?.argument('x')).toBe(2);
    expect(await (await all.oldest())?.argument(0)).toBe(3);
    await cache.close();
  });

  test('table() gives plain rows, with columns of the metadata', async () => {
    const clock = new FakeClock();
    await using cache = await open({ clock });
    await withTags({ study: 'first', list: [1] }, () => run(add(1, 2), { cache }));
    const [row] = await cache.query().table();
    expect(row).toEqual({
      digest: cache.digest(add, 1, 2).slice(0, 8),
      task: 'add',
      args: `a: ${digestOf(1).slice(0, 8)}, b: ${digestOf(2).slice(0, 8)}`,
      state: 'success',
      when: '2020-01-01T00:00:00.000Z',
      durationMs: 0,
      'tags.study': 'first',
      'tags.list': [1],
    });
  });

  test('evict() forgets calls, and graphs in which they may stand', async () => {
    await using cache = await open();
    const graph = (): ReturnType<typeof add> => add(square(1), square(2));
    await run(graph(), { cache });
    expect(await cache.query({ task: 'add' }).evict()).toBe(1);
    expect(await cache.query({ kind: 'any' }).count()).toBe(2);
    expect(await run(graph(), { cache })).toBe(5);
    const { calls } = await cache.stats();
    expect(calls).toMatchObject({ computed: 4, retrieved: 2 });
  });

  test('of a memoized function finds its calls', async () => {
    await using cache = await open();
    const doubled = memoize((x: number) => x * 2, { cache, name: 'doubled', version: 2 });
    await doubled(4);
    const entry = await cache.query({ task: doubled, args: { x: 4 } }).only();
    expect(await entry.result()).toBe(8);
    expect(entry.digest).toBe(await doubled.digest(4));
  });

  test('refuses what cannot be asked for', async () => {
    await using cache = await open();
    expect(() => cache.query({ tsk: 'x' } as never)).toThrow("'task' was probably meant");
    expect(() => cache.query({ task: (() => 1) as never })).toThrow(TypeError);
    expect(() => cache.query({ args: { x: () => 1 } })).toThrow('digest');
  });
});

describe('CallEntry', () => {
  test('tells of a call that failed, and gives what it threw', async () => {
    await using cache = await openCache(':memory:');
    await expect(run(fails('no'), { cache })).rejects.toThrow('no');
    const entry = await cache.query({ state: 'failure' }).only();
    expect(entry.failure).toMatchObject({ reason: 'threw', summary: 'RangeError: no' });
    expect(await entry.error()).toBeInstanceOf(RangeError);
    await expect(entry.result()).rejects.toThrow(/as it failed \(threw\): RangeError: no/);
  });

  test('tells what is not stored', async () => {
    await using cache = await openCache(':memory:', { storeArguments: false });
    await run(square(3), { cache });
    const entry = await cache.query().only();
    await expect(entry.argument('x')).rejects.toThrow('it was not stored');
    await expect(entry.argument('y')).rejects.toThrow("not among 'x'");
    expect(await entry.error()).toBeUndefined();
    await cache.engine.parts.backend.values.delete(entry.resultRef?.address as never);
    await expect(entry.result()).rejects.toThrow('not stored any more');
    await expect(listOf(cache.query().results())).rejects.toThrow(NotFoundError);
  });

  test('evict() forgets it', async () => {
    await using cache = await openCache(':memory:');
    await run(square(3), { cache });
    const entry = await cache.query().only();
    expect([await entry.evict(), await entry.evict()]).toEqual([true, false]);
    expect(await cache.has(entry.digest)).toBe(false);
  });
});
