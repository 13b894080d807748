/** Copying, checking and tidying up caches. */

import { describe, expect, test } from 'vitest';
import { filtered } from '../../../src/cache/compose/filtered.ts';
import { addressesOf } from '../../../src/cache/fits.ts';
import { keptBy } from '../../../src/cache/kept.ts';
import { memoryRecords } from '../../../src/cache/memory-records.ts';
import type { CallRecord } from '../../../src/cache/record.ts';
import { type Cache, type Digest, openCache, run, systemClock, task } from '../../../src/index.ts';
import { memoryStore } from '../../../src/store/memory-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { FakeClock } from '../../../src/testing.ts';
import { cacheKinds, listOf } from '../../fixtures/caches.ts';
import { filesIn, folders, spoil } from '../../fixtures/folders.ts';
import { openShared } from '../../fixtures/open-shared.ts';
import { add, echo, fails, square, train } from '../../fixtures/tasks/kept-tasks.ts';

const hourMs = 3_600_000;

/** A clock that begins now: files bear the time of the machine when they are written. */
function clockOfNow(): FakeClock {
  return new FakeClock(systemClock.epochMs());
}

/** Whether all that records refer to is there. */
async function isWhole(cache: Cache): Promise<boolean> {
  const { calls, values } = keptBy(cache.engine);
  for await (const record of calls.select({}))
    for (const address of addressesOf(record)) if (!(await values.has(address))) return false;
  return true;
}

function recordOf(key: string, members: Partial<CallRecord>): CallRecord {
  return {
    key: key.padEnd(64, '0') as Digest,
    kind: 'call',
    task: 'square',
    identity: 'test#square',
    version: 'version:1',
    sources: undefined,
    state: 'success',
    args: [],
    result: undefined,
    failure: undefined,
    run: undefined,
    startedMs: 0,
    settledMs: undefined,
    metadata: {},
    ...members,
  };
}

describe.each(cacheKinds())('gc() of $kind', ({ open }) => {
  test('takes values that no record refers to, when nobody has used them for an hour', async () => {
    const clock = clockOfNow();
    await using cache = await open({ clock });
    await run([echo('one'), echo('other')], { cache });
    await cache.query({ args: { value: 'one' } }).evict();
    const before = await cache.stats();
    expect(await cache.gc({ graceMs: 0 })).toMatchObject({ values: 0 });
    clock.pass(hourMs);
    expect(await cache.gc()).toMatchObject({ values: 0 });
    clock.pass(2000);
    const would = await cache.gc({ dryRun: true });
    // What was given and what came back are stored once.
    expect(would.values).toBeGreaterThan(0);
    expect((await cache.stats()).values).toBe(before.values);
    expect(await cache.gc()).toEqual(would);
    const after = await cache.stats();
    expect(after.values).toBe(before.values - would.values);
    expect(after.bytes).toBe(before.bytes - would.bytes);
    expect(await cache.load(cache.digest(echo, 'other'))).toBe('other');
    expect(await isWhole(cache)).toBe(true);
    expect(await cache.gc()).toEqual({ values: 0, bytes: 0, begun: 0, failures: 0, runs: 0 });
  });

  test('keeps results, arguments, errors and sources that records refer to', async () => {
    const clock = clockOfNow();
    await using cache = await open({ clock });
    await run([train('data', { lr: 1 }), add(square(2), 3)], { cache });
    await expect(run(fails('no'), { cache })).rejects.toThrow('no');
    clock.pass(2000);
    const { values } = await cache.stats();
    expect((await cache.gc({ graceMs: 900 })).values).toBe(0);
    expect((await cache.stats()).values).toBe(values);
    expect(await isWhole(cache)).toBe(true);
  });

  test('keeps values that were put again meanwhile (fleche #826)', async () => {
    const clock = clockOfNow();
    await using cache = await open({ clock });
    const { values } = keptBy(cache.engine);
    const { address, bytes } = cache.engine.parts.codec.encode('again', 'value');
    await values.put(address, bytes);
    await values.flush();
    clock.pass(2 * hourMs);
    await values.put(address, bytes);
    expect((await cache.gc()).values).toBe(0);
    expect(await values.has(address)).toBe(true);
    clock.pass(2 * hourMs);
    expect((await cache.gc()).values).toBe(1);
    expect(await values.has(address)).toBe(false);
  });

  test('drops calls that begun in a process that is gone, and failures that are over', async () => {
    const clock = clockOfNow();
    await using cache = await open({ clock });
    const { calls } = keptBy(cache.engine);
    await calls.put(recordOf('aaaa', { state: 'begun', startedMs: clock.epochMs() }));
    await expect(run(fails('no'), { cache })).rejects.toThrow('no');
    expect(await cache.gc()).toMatchObject({ begun: 0, failures: 0 });
    clock.pass(2 * hourMs);
    await calls.put(recordOf('bbbb', { state: 'begun', startedMs: clock.epochMs() }));
    expect(await cache.gc()).toMatchObject({ begun: 1, failures: 1 });
    expect((await listOf(calls.select({}))).map(({ key }) => key.slice(0, 4))).toEqual(['bbbb']);
  });

  test('leaves calls that are being computed', async () => {
    const clock = clockOfNow();
    await using cache = await open({ clock });
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const wait = task(
      async (value: string) => {
        begun.resolve();
        await end.promise;
        return value;
      },
      { name: 'wait', version: 1, cache: true },
    );
    const running = run(wait('long'), { cache });
    await begun.promise;
    clock.pass(2 * hourMs);
    expect(await cache.gc()).toMatchObject({ begun: 0, values: 0 });
    end.resolve();
    expect(await running).toBe('long');
    expect(await isWhole(cache)).toBe(true);
  });

  test('drops runs that are older than asked for', async () => {
    const clock = clockOfNow();
    await using cache = await open({ clock });
    await run(square(1), { cache });
    clock.pass(2 * hourMs);
    await run(square(2), { cache });
    expect(await cache.gc({ keepRunsMs: 3 * hourMs })).toMatchObject({ runs: 0 });
    expect(await cache.gc({ keepRunsMs: hourMs })).toMatchObject({ runs: 1 });
    expect(await listOf(cache.runs())).toHaveLength(1);
  });

  test('refuses what is no duration', async () => {
    await using cache = await open();
    await expect(cache.gc({ graceMs: -1 })).rejects.toThrow(RangeError);
    await expect(cache.gc({ grace: 1 } as never)).rejects.toThrow("'graceMs' was probably meant");
  });
});

describe.each(cacheKinds())('transfer() of $kind', ({ open }) => {
  test('copies calls with their values', async () => {
    await using here = await open();
    await using there = await open();
    await run([square(2), train('a', { lr: 1 })], { cache: here });
    expect(await here.transfer(there)).toMatchObject({ copied: 3, skipped: 0, left: 0 });
    expect(await there.load(there.digest(square, 2))).toBe(4);
    expect((await there.verify()).isSound).toBe(true);
    expect(await here.transfer(there)).toMatchObject({ copied: 0, skipped: 3, bytes: 0 });
    expect(await here.transfer(there, { overwrite: true })).toMatchObject({ copied: 3 });
    await run([square(2), train('a', { lr: 1 })], { cache: there });
    expect((await there.stats()).graphs.retrieved).toBe(1);
  });

  test('of a query copies what it gives; pop forgets what the other has', async () => {
    await using here = await open();
    await using there = await open();
    await run([square(2), square(3), train('a', {})], { cache: here });
    const moved = await here.query({ task: 'square' }).transfer(there, { pop: true });
    expect(moved.copied).toBe(2);
    expect(await here.query().count()).toBe(1);
    expect(await there.query().count()).toBe(2);
  });

  test('leaves calls without their values, and refuses the same cache', async () => {
    await using here = await open();
    await using there = await open();
    await run(square(2), { cache: here });
    const { result, args } = (await here.query().only()).record;
    await keptBy(here.engine).values.delete(args[0]?.address as Digest);
    expect(await here.transfer(there)).toMatchObject({ copied: 1 });
    expect((await there.verify()).isSound).toBe(true);
    await keptBy(here.engine).values.delete(result?.address as Digest);
    expect(await here.transfer(there, { overwrite: true, pop: true })).toMatchObject({ copied: 0, left: 1 });
    expect(await here.query().count()).toBe(1);
    await expect(here.transfer(here)).rejects.toThrow('both caches are the same');
  });
});

describe.each(cacheKinds())('verify() of $kind', ({ open }) => {
  test('says that all is well', async () => {
    await using cache = await open();
    await run([square(2), train('a', {})], { cache });
    const report = await cache.verify();
    expect(report).toMatchObject({ records: 3, damaged: [], missing: [], broken: [], isSound: true });
    expect(report.values).toBe((await cache.stats()).values);
  });

  test('tells of missing values, and forgets calls without theirs', async () => {
    await using cache = await open();
    await run(square(2), { cache });
    await run(echo('text'), { cache });
    const { values } = keptBy(cache.engine);
    const { record: squared } = await cache.query({ task: square }).only();
    const { record: echoed } = await cache.query({ task: echo }).only();
    await values.delete(squared.args[0]?.address as Digest);
    await values.delete(echoed.result?.address as Digest);
    const report = await cache.verify();
    expect(report.isSound).toBe(false);
    expect(new Set(report.missing)).toEqual(new Set([squared.args[0]?.address, echoed.result?.address]));
    const brokenOf = (task: string): unknown => report.broken.find((one) => one.task === task);
    expect(brokenOf('square')).toMatchObject({ lacks: ["'x'"], isUseless: false });
    expect(brokenOf('echo')).toMatchObject({ lacks: ['result', "'value'"], isUseless: true });
    await cache.verify({ repair: true });
    expect((await cache.verify()).isSound).toBe(true);
    expect(await cache.load(squared.key)).toBe(4);
    expect(await cache.has(echoed.key)).toBe(false);
  });
});

test('verify() of files finds damaged values, which can be put again after it', async () => {
  const folder = folders('verify')();
  await using cache = await openShared('files', folder);
  await run(echo('damaged text'), { cache });
  const { record } = await cache.query().only();
  const path = filesIn(folder).find((one) => one.replaceAll('/', '').endsWith(record.result?.address ?? '-'));
  spoil(path as string);
  const report = await cache.verify({ repair: true });
  expect(report.damaged).toEqual([record.result?.address]);
  expect(report.broken).toMatchObject([{ task: 'echo', isUseless: true }]);
  expect(await run(echo('damaged text'), { cache })).toBe('damaged text');
  expect(await cache.load(record.key)).toBe('damaged text');
  expect((await cache.verify()).isSound).toBe(true);
});

describe('redigest()', () => {
  test('changes nothing when digests are as they were', async () => {
    await using cache = await openCache(':memory:');
    await run([square(2), train('a', { lr: 1 })], { cache });
    expect(await cache.redigest()).toEqual({ same: 2, changed: [], left: [] });
  });

  test('gives calls that were kept under other digests those of today', async () => {
    await using cache = await openCache(':memory:');
    await run(train('a', { lr: 1 }), { cache });
    const { record } = await cache.query().only();
    const { calls } = keptBy(cache.engine);
    const stale = 'd'.repeat(64) as Digest;
    const members = { lr: stale };
    const args = record.args.map((one) => ({ ...one, digest: stale, members }));
    await calls.delete(record.key);
    await calls.put({ ...record, key: stale, args });
    const would = await cache.redigest({ dryRun: true });
    expect(would.changed).toEqual([{ from: stale, to: record.key, task: 'train' }]);
    expect(await cache.has(stale)).toBe(true);
    expect(await cache.redigest()).toEqual(would);
    expect((await cache.query().only()).record).toEqual(record);
  });

  test('tells which calls it cannot do', async () => {
    await using cache = await openCache(':memory:', { storeArguments: false });
    await run([square(2), square(3)], { cache });
    const { left, changed } = await cache.redigest({ skip: ({ key }) => key === cache.digest(square, 3) });
    expect(changed).toEqual([]);
    expect(left.map(({ reason }) => reason).sort()).toEqual([
      "'x' is not stored",
      'it is to be left as it is',
    ]);
  });
});

test('gc() refuses records of which some are hidden', async () => {
  const backend = { values: memoryStore(), calls: memoryRecords() };
  await using cache = await openCache(filtered(backend, ({ task: name }) => name === 'square'));
  await expect(cache.gc()).rejects.toThrow('records of which some are hidden');
});

test('a store without deleteUnused() is asked again before a value is deleted', async () => {
  const clock = clockOfNow();
  const whole = memoryStore({ clock });
  const store: Store = {
    name: 'plain',
    descriptor: undefined,
    get: (digest) => whole.get(digest),
    put: (digest, bytes) => whole.put(digest, bytes),
    has: (digest) => whole.has(digest),
    delete: (digest) => whole.delete(digest),
    entries: () => whole.entries(),
    flush: () => whole.flush(),
    close: () => whole.close(),
  };
  const records = memoryRecords();
  await using cache = await openCache({ values: store, calls: records }, { clock });
  const { codec } = cache.engine.parts;
  const [old, renewed] = [codec.encode('old', 'value'), codec.encode('renewed', 'value')];
  for (const { address, bytes } of [old, renewed]) await whole.put(address, bytes);
  clock.pass(2 * hourMs);
  const select = records.select.bind(records);
  records.select = async function* (filter) {
    await whole.put(renewed.address, renewed.bytes);
    yield* select(filter);
  };
  expect((await cache.gc()).values).toBe(1);
  expect([await whole.has(old.address), await whole.has(renewed.address)]).toEqual([false, true]);
});
