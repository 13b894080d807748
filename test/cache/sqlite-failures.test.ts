/**
 * What a cache in a database does when it cannot write: it says so at the next flush, and what was there can be read.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { HeddleError } from '../../src/base/errors.ts';
import { openSqlite, openSqliteIn, type SqliteBackend } from '../../src/cache/sqlite/sqlite-backend.ts';
import { folders } from '../fixtures/folders.ts';
import { failingDriver, sqliteError } from '../fixtures/sqlite/failing-driver.ts';
import { digestOf, missingOf, putRound, recordOf } from '../fixtures/sqlite/work.ts';
import { withDatabase } from '../fixtures/sqlite-cache.ts';

const newFolder = folders('sqlite-failures');
const claim = { owner: 'me', host: 'here', pid: 1, untilMs: 2e15 };

/** What an operation fails with; `undefined` if it does not. */
async function failureOf(work: () => unknown): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
}

const small = (name: string): Uint8Array => new TextEncoder().encode(name);

async function putSmall({ values: store }: SqliteBackend, name: string): Promise<void> {
  await store.put(digestOf(name), small(name));
}

describe('a full disk', () => {
  test.for(['COMMIT', 'INSERT INTO stored', 'INSERT INTO calls', 'BEGIN'])(
    'at %s is told by the next flush, once, and leaves the database as it was',
    async (where) => {
      let isFull = false;
      const openDriver = failingDriver((sql) =>
        isFull && sql.startsWith(where) ? sqliteError(13, 'database or disk is full') : undefined,
      );
      const path = join(newFolder(), 'cache.db');
      const cache = openSqliteIn({ openDriver }, path);
      putRound(cache, 'before', 0);
      await cache.values.flush();
      isFull = true;
      putRound(cache, 'full', 0);
      const error = await failureOf(() => cache.calls.flush());
      expect(error).toMatchObject({ name: 'CacheWriteError', code: 'HEDDLE_CACHE_WRITE' });
      expect((error as Error).message).toBe(
        `Cannot keep 2 things that were put in the cache at '${path}' as the disk is full: received database or disk is full\n` +
          '  Free space; what was kept before can be read',
      );
      expect(await failureOf(() => cache.values.flush())).toBeUndefined();
      expect(cache.calls.get(recordOf('full', 0).key)).toBeUndefined();
      expect(cache.calls.get(recordOf('before', 0).key)).toEqual(recordOf('before', 0));
      expect(await missingOf(cache, recordOf('before', 0))).toEqual([]);
      isFull = false;
      // Its value was lost, so it would refer to nothing.
      void cache.calls.put(recordOf('full', 0));
      expect(await failureOf(() => cache.calls.flush())).toMatchObject({
        code: 'HEDDLE_CACHE_WRITE',
        message: expect.stringMatching(
          /^Cannot keep a record .* as a value it refers to could not be kept before/,
        ),
      });
      expect(cache.calls.get(recordOf('full', 0).key)).toBeUndefined();
      putRound(cache, 'full', 0);
      await cache.calls.flush();
      expect(cache.calls.get(recordOf('full', 0).key)).toEqual(recordOf('full', 0));
      expect(await missingOf(cache, recordOf('full', 0))).toEqual([]);
      await cache.close();
    },
  );

  test('without a flush is told by close, which closes all the same', async () => {
    let isFull = false;
    const openDriver = failingDriver((sql) =>
      isFull && sql === 'COMMIT' ? sqliteError(13, 'database or disk is full') : undefined,
    );
    const path = join(newFolder(), 'cache.db');
    const cache = openSqliteIn({ openDriver }, path);
    await putSmall(cache, 'one');
    await cache.values.flush();
    isFull = true;
    await putSmall(cache, 'two');
    await new Promise(setImmediate); // It is committed, and fails, with nobody waiting.
    expect(await failureOf(() => cache.close())).toMatchObject({ code: 'HEDDLE_CACHE_WRITE' });
    expect(await failureOf(() => cache.values.get(digestOf('one')))).toMatchObject({ code: 'HEDDLE_CLOSED' });
    const again = openSqlite(path);
    expect(await again.values.get(digestOf('one'))).toEqual(small('one'));
    expect(await again.values.get(digestOf('two'))).toBeUndefined();
    await again.close();
  });

  test('is told by claim(), and releases what it can', async () => {
    let isFull = false;
    const openDriver = failingDriver((sql) =>
      isFull && /^(?:INSERT|COMMIT)/.test(sql) ? sqliteError(13, 'database or disk is full') : undefined,
    );
    const cache = openSqliteIn({ openDriver }, join(newFolder(), 'cache.db'));
    const { calls: records } = cache;
    const key = digestOf('key');
    expect(records.claim(key, claim, 1)).toBeUndefined();
    isFull = true;
    expect(await failureOf(() => records.claim(digestOf('other'), claim, 1))).toMatchObject({
      message: expect.stringMatching(
        /^Cannot claim a call in the cache at '.*' as the disk is full: received /,
      ),
    });
    void records.put(recordOf('full', 0));
    await records.release(key, 'me');
    expect(await failureOf(() => records.flush())).toMatchObject({ code: 'HEDDLE_CACHE_WRITE' });
    isFull = false;
    expect(records.claim(key, { ...claim, owner: 'you' }, 1)).toBeUndefined();
    await cache.close();
  });

  test('of a mount is told by flush, and what was kept before is there when there is room', async (context) => {
    const mount = join(newFolder(), 'mount');
    mkdirSync(mount);
    const { status, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', mount]);
    if (status !== 0 || error !== undefined)
      context.skip('this user may not mount a file system of a given size');
    try {
      const ballast = join(mount, 'ballast');
      const path = join(mount, 'cache.db');
      writeFileSync(ballast, Buffer.alloc(2 ** 20));
      const cache = openSqlite(path);
      putRound(cache, 'mount', 0);
      await cache.calls.flush();
      let rounds = 1;
      let failed: unknown;
      // Long values fill it first; what is left is filled by short ones.
      for (; failed === undefined; rounds++) {
        putRound(cache, 'mount', rounds);
        failed = await failureOf(() => cache.calls.flush());
      }
      expect(failed).toMatchObject({
        code: 'HEDDLE_CACHE_WRITE',
        message: expect.stringContaining('the disk is full'),
      });
      let shorts = 0;
      for (failed = undefined; failed === undefined; shorts++) {
        for (let i = 0; i < 20; i++)
          await cache.values.put(
            digestOf(Buffer.alloc(9000, `${shorts} ${i} `)),
            Buffer.alloc(9000, `${shorts} ${i} `),
          );
        failed = await failureOf(() => cache.values.flush());
      }
      expect(failed).toMatchObject({
        code: 'HEDDLE_CACHE_WRITE',
        message: expect.stringContaining('the disk is full'),
      });
      const whole = await Array.fromAsync(cache.calls.select({}));
      expect(whole.length).toBe(rounds - 1);
      for (const record of whole) expect(await missingOf(cache, record)).toEqual([]);
      rmSync(ballast);
      await putSmall(cache, 'there is room');
      await cache.values.flush();
      expect(await cache.values.get(digestOf('there is room'))).toEqual(small('there is room'));
      await cache.close();
      expect(withDatabase(path, (database) => database.prepare('PRAGMA integrity_check').all())).toEqual([
        { integrity_check: 'ok' },
      ]);
    } finally {
      spawnSync('umount', ['-l', mount]);
    }
  });
});

describe('another that holds the database', () => {
  test('for too long is told by flush', async () => {
    const path = join(newFolder(), 'cache.db');
    const cache = openSqlite(path, { busyTimeoutMs: 1 });
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    await putSmall(cache, 'one');
    expect(await failureOf(() => cache.values.flush())).toMatchObject({
      code: 'HEDDLE_CACHE_WRITE',
      message: expect.stringContaining(
        'as another process held it for too long: received database is locked',
      ),
    });
    other.exec('ROLLBACK');
    other.close();
    await putSmall(cache, 'one');
    await cache.close();
    const again = openSqlite(path);
    expect(await again.values.get(digestOf('one'))).toEqual(small('one'));
    await again.close();
  });
});

describe('a file that cannot be written', () => {
  test('is told by flush, and so is the record of the value', async () => {
    const path = join(newFolder(), 'cache.db');
    writeFileSync(`${path}.values`, 'in the way');
    const cache = openSqlite(path);
    putRound(cache, 'blocked', 0);
    expect(await failureOf(() => cache.calls.flush())).toMatchObject({ code: 'HEDDLE_CACHE_WRITE' });
    expect(cache.calls.get(recordOf('blocked', 0).key)).toBeUndefined();
    expect(await Array.fromAsync(cache.calls.select({}))).toEqual([]);
    await putSmall(cache, 'short');
    await cache.close();
  });
});

describe('a closed cache', () => {
  test('says so, whatever it is asked', async () => {
    const path = join(newFolder(), 'cache.db');
    const cache = openSqlite(path);
    await cache.close();
    await cache.close();
    await cache.values.close();
    await cache.calls.close();
    const { values: store, calls: records } = cache;
    const key = digestOf('key');
    const asks: readonly (() => unknown)[] = [
      () => store.get(key),
      () => store.put(key, small('key')),
      () => store.has(key),
      () => store.delete(key),
      () => Array.fromAsync(store.entries()),
      () => records.get(key),
      () => records.put(recordOf('x', 0)),
      () => records.delete(key),
      () => Array.fromAsync(records.select({})),
      () => Array.fromAsync(records.select({ task: 'x' })),
      () => records.claim(key, claim, 1),
      () => records.renew('me', 1),
      () => records.release(key, 'me'),
      () => records.addEntries('run', []),
      () => Array.fromAsync(records.runs()),
      () => Array.fromAsync(records.entriesOf('run')),
      () => records.deleteRun('run'),
    ];
    for (const ask of asks) {
      expect(await failureOf(ask)).toMatchObject({
        code: 'HEDDLE_CLOSED',
        message: `Cannot use the cache at '${path}' as it is closed`,
      });
    }
  });

  test('of which one half is closed works on in the other', async () => {
    const { values, calls } = openSqlite(join(newFolder(), 'cache.db'));
    await values.put(digestOf('one'), Buffer.from('one'));
    await values.close();
    expect(calls.claim(digestOf('key'), claim, 1)).toBeUndefined();
    await calls.close();
    expect(await failureOf(() => calls.get(digestOf('key')))).toMatchObject({ code: 'HEDDLE_CLOSED' });
  });

  test('is closed with the only half that is in use', async () => {
    const { calls } = openSqlite(join(newFolder(), 'cache.db'));
    expect(calls.get(digestOf('key'))).toBeUndefined();
    await calls.close();
    expect(await failureOf(() => calls.get(digestOf('key')))).toMatchObject({ code: 'HEDDLE_CLOSED' });
  });
});

/** What a damaged cache gives that is wrong, and how much that is right. */
async function lookInto(path: string, rounds: number): Promise<Looked> {
  let cache: SqliteBackend;
  try {
    cache = openSqlite(path);
  } catch (error) {
    return { wrong: [], right: 0, code: (error as HeddleError).code };
  }
  const wrong: unknown[] = [];
  let right = 0;
  const look = (found: unknown, meant: unknown): void => {
    if (isDeepStrictEqual(found, meant)) right++;
    else if (found !== undefined) wrong.push(found);
  };
  for (let round = 0; round < rounds; round++) {
    const bytes = new Uint8Array(20_000).fill(round);
    const value = await cache.values.get(digestOf(bytes));
    look(value === undefined ? value : Buffer.compare(value, bytes), 0);
    look(cache.calls.get(recordOf('damaged', round).key), recordOf('damaged', round));
  }
  for await (const { key } of cache.calls.select({ task: 'task of damaged' })) look(key.length, 64);
  const failure = await failureOf(async () => {
    await putSmall(cache, 'new');
    await cache.values.flush();
  });
  const closing = await failureOf(() => cache.close());
  return { wrong, right, code: ((failure ?? closing) as HeddleError | undefined)?.code };
}

interface Looked {
  readonly wrong: readonly unknown[];
  readonly right: number;
  readonly code: string | undefined;
}

async function filled(rounds: number): Promise<string> {
  const path = join(newFolder(), 'cache.db');
  const cache = openSqlite(path);
  for (let round = 0; round < rounds; round++) {
    const bytes = new Uint8Array(20_000).fill(round);
    void cache.values.put(digestOf(bytes), bytes);
    void cache.calls.put(recordOf('damaged', round));
  }
  await cache.close();
  return path;
}

describe('a damaged database', { timeout: 60_000 }, () => {
  test('gives what is whole, and never what is wrong', async () => {
    const rounds = 6;
    const path = await filled(rounds);
    const pages = statSync(path).size / 4096;
    const looked: Looked[] = [];
    for (let page = 0; page < pages; page++) {
      const spoilt = `${path}-${page}`;
      copyFileSync(path, spoilt);
      const file = openSync(spoilt, 'r+');
      writeSync(file, Buffer.alloc(3_896, 0xa5), 0, 3_896, page * 4096 + 200);
      closeSync(file);
      looked.push(await lookInto(spoilt, rounds));
    }
    expect(looked.flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(looked.map(({ code }) => code)).toSatisfy((codes: readonly string[]) =>
      codes.every((code) => [undefined, 'HEDDLE_CACHE_OPEN', 'HEDDLE_CACHE_WRITE'].includes(code)),
    );
    // Two of three things at least, on average: only what lies in the page is lost.
    expect(looked.reduce((sum, { right }) => sum + right, 0)).toBeGreaterThan(pages * rounds * 2);
  });

  test('faults() tells of every damage by which a record is lost', async () => {
    const path = await filled(6);
    const faultsOf = async (file: string): Promise<readonly string[] | undefined> => {
      const cache = openSqlite(file);
      try {
        return await cache.calls.faults?.();
      } finally {
        await cache.calls.close();
        await cache.values.close();
      }
    };
    expect(await faultsOf(path)).toEqual([]);
    const page = Math.floor(statSync(path).size / 8192) - 1;
    const told: (readonly string[] | undefined)[] = [];
    for (const at of [page >> 1, page - 2, page]) {
      const spoilt = `${path}-fault-${at}`;
      copyFileSync(path, spoilt);
      const file = openSync(spoilt, 'r+');
      writeSync(file, Buffer.alloc(8192, 0xa5), 0, 8192, at * 8192);
      closeSync(file);
      told.push(await faultsOf(spoilt));
    }
    expect(told.every((faults) => faults !== undefined && faults.length > 0 && faults.length <= 10)).toBe(
      true,
    );
  });

  test.for([1, 5, 12])('of which %i pages are left is refused, or gives what is whole', async (pages) => {
    const path = await filled(6);
    truncateSync(path, pages * 4096);
    const { wrong, code } = await lookInto(path, 6);
    expect(wrong).toEqual([]);
    expect([undefined, 'HEDDLE_CACHE_OPEN', 'HEDDLE_CACHE_WRITE']).toContain(code);
  });
});
