/** What a cache does with digests of calls and of values. */

import { describe, expect, test } from 'vitest';
import { AmbiguousDigestError, openMemory } from '../../src/cache.ts';
import { type Digest, digestOf, NotFoundError, openCache, run, withCache } from '../../src/index.ts';
import { cacheKinds, listOf } from '../fixtures/caches.ts';
import { add, echo, fails, square } from '../fixtures/tasks/kept-tasks.ts';

const nowhere = 'f'.repeat(64) as Digest;

describe.each(cacheKinds())('Cache of $kind', ({ open }) => {
  test('has(), load(), record() and evict() take digests of calls', async () => {
    await using cache = await open();
    await run([square(3), echo(undefined)], { cache });
    const digest = cache.digest(square, 3);
    expect(await cache.has(digest)).toBe(true);
    expect(await cache.load(digest)).toBe(9);
    expect(await cache.load(cache.digest(echo, undefined))).toBeUndefined();
    expect((await cache.record(digest))?.task).toBe('square');
    expect(await cache.evict(digest)).toBe(true);
    expect(await cache.evict(digest)).toBe(false);
    expect(await cache.has(digest)).toBe(false);
    expect(await cache.record(digest)).toBeUndefined();
    await expect(cache.load(digest)).rejects.toThrow(NotFoundError);
  });

  test('value() takes digests of values that calls gave or were given', async () => {
    await using cache = await open();
    await run(square(3), { cache });
    expect(await cache.value(digestOf(9))).toBe(9);
    expect(await cache.value(digestOf(3))).toBe(3);
    await expect(cache.value(digestOf(4))).rejects.toThrow('no call gave it');
  });

  test('expand() finds a digest by its beginning', async () => {
    await using cache = await open();
    await run(square(3), { cache });
    const digest = cache.digest(square, 3);
    expect(await cache.expand(digest.slice(0, 4))).toBe(digest);
    expect(await cache.expand(digest.slice(0, 10).toUpperCase())).toBe(digest);
    expect(await cache.expand(digest)).toBe(digest);
    await expect(cache.expand(digest.slice(0, 3))).rejects.toThrow('at least 4 characters');
    await expect(cache.expand(nowhere.slice(0, 9))).rejects.toThrow(NotFoundError);
    await expect(cache.expand('train')).rejects.toThrow(TypeError);
    expect(await cache.shrink(digest)).toBe(digest.slice(0, 8));
    await expect(cache.shrink(nowhere)).rejects.toThrow(NotFoundError);
  });

  test('expand() says how many characters are needed, and shrink() gives that many', async () => {
    await using cache = await open();
    await run(square(3), { cache });
    const { calls: records } = cache.engine.parts.backend;
    const { record } = await cache.query().only();
    const keys = ['abcd111111110', 'abcd111111122', 'abcd2'].map((start) => start.padEnd(64, '0') as Digest);
    for (const key of keys) await records.put({ ...record, key });
    const error = await cache.expand('abcd').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AmbiguousDigestError);
    expect(error).toMatchObject({ neededLength: 12, code: 'HEDDLE_AMBIGUOUS_DIGEST' });
    expect(await cache.expand('abcd11111112')).toBe(keys[1]);
    expect(await cache.shrink(keys[0] as Digest)).toBe('abcd11111111');
    expect(await cache.shrink(keys[2] as Digest)).toBe('abcd2000');
  });

  test('stats() counts what is kept, and what was found', async () => {
    await using cache = await open();
    for (let i = 0; i < 2; i++) await run([square(3), square(4)], { cache });
    await expect(run(fails('no'), { cache })).rejects.toThrow('no');
    for (let i = 0; i < 2; i++) await run(add(square(3), 1), { cache });
    const stats = await cache.stats();
    expect(stats.records).toEqual({ success: 3, failure: 1, begun: 0, graphs: 2 });
    expect(stats.calls).toEqual({ computed: 4, retrieved: 1, attached: 0 });
    expect(stats.graphs).toEqual({ computed: 2, retrieved: 2, attached: 0 });
    expect(stats.runs).toBe(5);
    expect(stats.values).toBeGreaterThanOrEqual(6);
    expect(stats.bytes).toBeGreaterThan(stats.values * 8);
  });

  test('runs() tells what ran, was retrieved, and failed', async () => {
    await using cache = await open();
    await run(square(3), { cache });
    await expect(run([square(3), fails('no')], { cache })).rejects.toThrow('no');
    const [second, first] = await listOf(cache.runs());
    expect(await first?.counts()).toEqual({ computed: 1, failed: 0, attached: 0, retrieved: 0 });
    expect(await second?.counts()).toMatchObject({ failed: 1, retrieved: 1 });
    expect([first?.is, second?.is]).toEqual(['success', 'failure']);
    expect(await listOf(first?.calls().results() ?? cache.query().results())).toEqual([9]);
    expect(first?.where).toContain(String(process.pid));
    expect(first?.durationMs).toBeGreaterThanOrEqual(0);
  });
});

test('stats() counts calls that waited for an equal one in flight', async () => {
  await using cache = await openCache(':memory:');
  const [one, other] = await Promise.all([run(square(3), { cache }), run(square(3), { cache })]);
  expect([one, other]).toEqual([9, 9]);
  const { computed, retrieved, attached } = (await cache.stats()).calls;
  expect([computed, retrieved + attached]).toEqual([1, 1]);
});

test('push() keeps above what is computed, and finds what is below', async () => {
  await using shared = await openCache(':memory:');
  await run(square(3), { cache: shared });
  const mine = await shared.push(openMemory());
  await run([square(3), square(4)], { cache: mine });
  expect(await shared.query().count()).toBe(1);
  expect(await listOf(mine.query().results())).toEqual(expect.arrayContaining([9, 16]));
  expect((await mine.stats()).calls).toMatchObject({ retrieved: 1 });
});

describe('openCache()', () => {
  test.for([
    [[5], /must be said where, by a folder or a backend: received 5\n {2}such as openCache\('\.heddle'\)/],
    [[undefined], /received undefined/],
    [[''], /received ''/],
    [[{ values: {} }], /received \{ values: \{\} \}/],
    [[':memory:', { onTrouble: 5 }], /'onTrouble' must be 'warn', 'ignore' or a function: received 5/],
    [[':memory:', { format: 'xml' }], /'format' must be 'v8' or 'json': received 'xml'/],
    [[':memory:', { storeArguments: 'no' }], /'storeArguments' must be true or false: received 'no'/],
    [[':memory:', { metadata: {} }], /'metadata' must be a list of hooks: received \{\}/],
  ] as const)('of %j is refused', async ([args, message]) => {
    const open = openCache as (...given: readonly unknown[]) => Promise<unknown>;
    const error: unknown = await open(...args).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).message).toMatch(message);
  });
});

test('withCache() without a function says what it takes', async () => {
  await using cache = await openCache(':memory:');
  expect(() => withCache(cache, undefined as never)).toThrow(
    /must be a function: received undefined\n {2}withCache\(cache, \(\) => run\(x\)\)/,
  );
});

test('query() refuses a state and a kind that there are not', async () => {
  await using cache = await openCache(':memory:');
  expect(() => cache.query({ state: 'done' as never })).toThrow(
    "'state' must be one of 'success', 'failure', 'begun', 'any': received 'done'",
  );
  expect(() => cache.query({ kind: 'tree' as never })).toThrow(
    "'kind' must be one of 'call', 'graph', 'any'",
  );
});
