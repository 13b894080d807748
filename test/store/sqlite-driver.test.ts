/**
 * What is needed of a library for SQLite, over both libraries, as far as they are there.
 */
import { describe, expect, test } from 'vitest';
import { type SqliteDriver, sqliteDriver, sqliteFailure } from '../../src/store/sqlite/driver.ts';

const nodeModule = process.getBuiltinModule('node:sqlite');

/** As `better-sqlite3` is, on top of what Node.js has: its class, and its names of failures. */
class PackageDatabase {
  readonly #database: InstanceType<typeof nodeModule.DatabaseSync>;
  constructor(path: string) {
    this.#database = new nodeModule.DatabaseSync(path);
  }
  exec(sql: string): this {
    this.#database.exec(sql);
    return this;
  }
  prepare(sql: string): unknown {
    return this.#database.prepare(sql);
  }
  close(): this {
    this.#database.close();
    return this;
  }
}

const drivers: readonly (readonly [string, (path: string) => SqliteDriver])[] = [
  ["'node:sqlite'", sqliteDriver('node:sqlite')],
  [
    "'node:sqlite' with the class renamed",
    sqliteDriver('node:sqlite', () => ({ Database: nodeModule.DatabaseSync })),
  ],
  ["'better-sqlite3'", sqliteDriver('better-sqlite3', () => PackageDatabase)],
  ["'better-sqlite3' as a module", sqliteDriver('better-sqlite3', () => ({ default: PackageDatabase }))],
];

describe('sqliteDriver()', () => {
  test.for(drivers)('with %s runs, gives rows, and counts changes', ([, open]) => {
    const driver = open(':memory:');
    driver.exec('CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB); CREATE INDEX i ON t (b)');
    const put = driver.prepare('INSERT INTO t (a, b) VALUES (?, ?) RETURNING a * 2 AS twice');
    expect({ ...put.get(1, new Uint8Array([1, 2])) }).toEqual({ twice: 2 });
    put.get(2, null);
    const get = driver.prepare('SELECT a, b FROM t WHERE a >= ? ORDER BY a');
    expect(get.all(1).map((row) => ({ ...row }))).toEqual([
      { a: 1, b: new Uint8Array([1, 2]) },
      { a: 2, b: null },
    ]);
    expect(get.get(9)).toBeUndefined();
    expect(driver.prepare('UPDATE t SET b = ?').run('x')).toBe(2);
    expect(driver.prepare('DELETE FROM t WHERE a > ?').run(5)).toBe(0);
    driver.close();
    expect(() => driver.exec('SELECT 1')).toThrow('database is not open');
  });

  test("without 'node:sqlite' says what to do", () => {
    expect(() => sqliteDriver('node:sqlite', () => undefined)).toThrow(
      /^Cannot open a cache with 'node:sqlite' as this Node.js was started or built without it: received v\d+.*\n {2}Start it without '--no-experimental-sqlite', or give \{ driver: 'better-sqlite3' \}$/,
    );
  });

  test("without 'better-sqlite3' says what to do", () => {
    const load = (): unknown => {
      throw Object.assign(new Error("Cannot find module 'better-sqlite3'"), { code: 'MODULE_NOT_FOUND' });
    };
    expect(() => sqliteDriver('better-sqlite3', load)).toThrow(
      /^Cannot open a cache with 'better-sqlite3' as the package cannot be loaded: received .*\n {2}Install it with 'npm install better-sqlite3', or leave the option 'driver' out/,
    );
  });
});

describe('sqliteFailure()', () => {
  test.for([
    [{ errcode: 13 }, 'SQLITE_FULL'],
    [{ errcode: 5 | (1 << 8) }, 'SQLITE_BUSY'],
    [{ errcode: 1 }, 'SQLITE_ERROR'],
    [{ code: 'SQLITE_IOERR_WRITE' }, 'SQLITE_IOERR'],
    [{ code: 'SQLITE_FULL' }, 'SQLITE_FULL'],
    [{ code: 'ENOSPC' }, undefined],
    [{}, undefined],
  ] as const)('tells %o', ([members, name]) => {
    expect(sqliteFailure(Object.assign(new Error('failed'), members))).toBe(name);
  });

  test('tells nothing of what is no error', () => {
    expect(sqliteFailure({ errcode: 13 })).toBeUndefined();
  });

  test('tells what both a full and a foreign database give', () => {
    const driver = sqliteDriver('node:sqlite')(':memory:');
    driver.exec('PRAGMA max_page_count = 3; CREATE TABLE t (a)');
    const fill = (): unknown => driver.prepare('INSERT INTO t VALUES (zeroblob(100000))').run();
    let failure: unknown;
    try {
      fill();
    } catch (error) {
      failure = error;
    }
    expect(sqliteFailure(failure)).toBe('SQLITE_FULL');
    driver.close();
  });
});
