/**
 * The store in a database: what it keeps where, what it notes, and when others see it.
 */
import { existsSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { openSqlite, openSqliteIn, type SqliteBackend } from '../../src/cache/sqlite/sqlite-backend.ts';
import type { WriteStep } from '../../src/store/sqlite/database.ts';
import type { Store, StoreEntry } from '../../src/store/store.ts';
import { FakeClock } from '../../src/testing.ts';
import { folders } from '../fixtures/folders.ts';
import { digestOf } from '../fixtures/sqlite/work.ts';
import { spoilValue, withDatabase } from '../fixtures/sqlite-cache.ts';

const newFolder = folders('sqlite-store');
const newPath = (): string => join(newFolder(), 'cache.db');
const some = digestOf('some');
const bytes = Buffer.from('some');

async function entryOf(store: Store): Promise<StoreEntry | undefined> {
  return (await Array.fromAsync(store.entries()))[0];
}

/** Whether somebody else sees a value in the database just now. */
function isKept(path: string): boolean {
  return withDatabase(path, (database) => database.prepare('SELECT 1 FROM stored').get()) !== undefined;
}

describe('the store of openSqlite()', () => {
  test.for([
    [32_768, false],
    [32_769, true],
  ] as const)('keeps %i bytes in a file of their own: %s', async ([length, isFile]) => {
    const path = newPath();
    const { store, close } = openOf(path);
    const long = Buffer.alloc(length, 'abc');
    const digest = digestOf(long);
    await store.put(digest, long);
    await store.flush();
    expect(existsSync(join(`${path}.values`, digest.slice(0, 2), digest.slice(2)))).toBe(isFile);
    expect(isKept(path)).toBe(!isFile);
    await close();
  });

  test('commits once for a turn of the event loop', async () => {
    const steps: WriteStep[] = [];
    const path = newPath();
    const { store, records, close } = openOf(path, { atStep: (step) => steps.push(step) });
    for (const name of ['a', 'b', 'c']) void store.put(digestOf(name), Buffer.from(name));
    void records.putRun({
      id: 'run',
      startedMs: 1,
      settledMs: undefined,
      is: 'running',
      where: 'here:1',
      executor: 'inline',
      metadata: {},
    });
    void store.put(digestOf('a'), Buffer.from('a'));
    expect(steps).toEqual([]);
    expect(await store.get(digestOf('b'))).toEqual(Buffer.from('b'));
    expect(isKept(path)).toBe(false);
    await new Promise(setImmediate);
    expect(isKept(path)).toBe(true);
    expect(steps.filter((step) => step === 'transaction:begin').length).toBe(1);
    expect(steps.filter((step) => step === 'transaction:write').length).toBe(4);
    await close();
  });

  test.for([
    ['256 writes', 256, 10],
    ['4 MiB', 139, 30_000],
  ] as const)('commits before the turn is over when %s wait', async ([, count, length]) => {
    const path = newPath();
    const { store, close } = openOf(path);
    for (let i = 1; i < count; i++) {
      const one = Buffer.alloc(length, `${i} `);
      void store.put(digestOf(one), one);
    }
    expect(isKept(path)).toBe(false);
    void store.put(some, bytes);
    const last = Buffer.alloc(30_000, 'last');
    void store.put(digestOf(last), last);
    expect(isKept(path)).toBe(true);
    await close();
  });

  test('notes reading of rows no more than once an hour, but at once that they are put again', async () => {
    const clock = new FakeClock();
    const path = newPath();
    const { store, close } = openOf(path, { clock });
    const startMs = clock.epochMs();
    const usedMs = async (): Promise<number> => ((await entryOf(store))?.usedMs ?? Number.NaN) - startMs;
    await store.put(some, bytes);
    await store.flush();
    expect(await usedMs()).toBe(0);
    clock.pass(3_599_000);
    await store.get(some);
    expect(await usedMs()).toBe(0);
    clock.pass(2_000);
    await store.has(some);
    expect(await usedMs()).toBe(0);
    await store.get(some);
    expect(await usedMs()).toBe(3_601_000);
    clock.pass(1_001);
    await store.put(some, bytes);
    expect(await usedMs()).toBe(3_602_001);
    await close();
  });

  test('notes uses of files no more than once an hour', async () => {
    const path = newPath();
    const { store, close } = openOf(path);
    const long = Buffer.alloc(50_000, 'x');
    const digest = digestOf(long);
    await store.put(digest, long);
    const file = join(`${path}.values`, digest.slice(0, 2), digest.slice(2));
    const nowS = statSync(file).mtimeMs / 1000;
    utimesSync(file, nowS - 1800, nowS - 1800);
    await store.get(digest);
    expect(statSync(file).mtimeMs / 1000).toBeLessThan(nowS - 1700);
    utimesSync(file, nowS - 7200, nowS - 7200);
    await store.get(digest);
    expect(statSync(file).mtimeMs / 1000).toBeGreaterThan(nowS - 100);
    await close();
  });

  test('reads on when uses cannot be noted', async () => {
    const path = newPath();
    const clock = new FakeClock();
    const first = openOf(path, { clock });
    await first.store.put(some, bytes);
    await first.close();
    clock.pass(7_200_000);
    const { store, close } = openOf(path, { clock, busyTimeoutMs: 1 });
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    expect(await store.get(some)).toEqual(new Uint8Array(bytes));
    await store.flush();
    other.exec('ROLLBACK');
    other.close();
    expect((await entryOf(store))?.usedMs).toBe(clock.epochMs() - 7_200_000);
    await close();
  });

  test('keeps bytes that are put again after they were deleted, before that was committed', async () => {
    const path = newPath();
    const { store, close } = openOf(path);
    for (const length of [10, 50_000, 2_000_000]) {
      const one = Buffer.alloc(length, 'again');
      const digest = digestOf(one);
      void store.put(digest, one);
      expect(await store.delete(digest)).toBe(true);
      expect(await store.has(digest)).toBe(false);
      expect(await store.delete(digest)).toBe(false);
      void store.put(digest, one);
      await store.flush();
      expect((await store.get(digest))?.length).toBe(length);
      expect(await store.delete(digest)).toBe(true);
      await store.flush();
      expect(await store.get(digest)).toBeUndefined();
    }
    expect(await Array.fromAsync(store.entries())).toEqual([]);
    await close();
  });

  test('removes a damaged row, and leaves one that was mended by another', async () => {
    const path = newPath();
    const { store, close } = openOf(path);
    const other = openOf(path);
    await store.put(some, bytes);
    await store.flush();
    spoilValue(path, some);
    expect(await store.get(some)).toBeUndefined();
    expect(await other.store.get(some)).toBeUndefined();
    await other.store.flush();
    expect(isKept(path)).toBe(false);
    await other.store.put(some, bytes);
    await other.store.flush();
    await store.flush(); // Only now it removes what it found damaged, which is not there any more.
    expect(await store.get(some)).toEqual(new Uint8Array(bytes));
    await close();
    await other.close();
  });

  test('gives nothing for rows of other types', async () => {
    const path = newPath();
    const { store, close } = openOf(path);
    await store.put(some, bytes);
    await store.flush();
    withDatabase(path, (database) => database.exec("UPDATE stored SET data = 'some'"));
    expect(await store.get(some)).toBeUndefined();
    await close();
  });

  test("with durability 'full' waits for the disk", async () => {
    const path = newPath();
    const cache = openSqlite(path, { durability: 'full' });
    for (const length of [10, 50_000, 2_000_000]) {
      const one = Buffer.alloc(length, 'durable');
      await cache.values.put(digestOf(one), one);
    }
    await cache.close();
    const again = openSqlite(path);
    const lengths = (await Array.fromAsync(again.values.entries())).map((entry) => entry.bytes);
    expect(new Set(lengths)).toEqual(new Set([10, 50_000, 2_000_000]));
    await again.close();
  });
});

type World = Parameters<typeof openSqliteIn>[0];

function openOf(
  path: string,
  { busyTimeoutMs = 10_000, ...world }: World & { readonly busyTimeoutMs?: number } = {},
): {
  readonly store: SqliteBackend['values'];
  readonly records: SqliteBackend['calls'];
  close(): Promise<void>;
} {
  const cache = openSqliteIn(world, path, { busyTimeoutMs });
  return { store: cache.values, records: cache.calls, close: () => cache.close() };
}
