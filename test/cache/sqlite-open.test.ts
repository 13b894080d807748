/**
 * Opening a cache in a database: what is no such database is refused with a plain word, and left as it is.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openSqlite, openSqliteIn } from '../../src/cache/sqlite/sqlite-backend.ts';
import { folders } from '../fixtures/folders.ts';
import { failingDriver, sqliteError } from '../fixtures/sqlite/failing-driver.ts';
import { digestOf } from '../fixtures/sqlite/work.ts';
import { withDatabase } from '../fixtures/sqlite-cache.ts';

const newFolder = folders('sqlite-open');

function refusalOf(open: () => unknown): { readonly code: string; readonly message: string } {
  try {
    open();
  } catch (error) {
    return error as { readonly code: string; readonly message: string };
  }
  throw new Error('It was opened');
}

function pragmaOf(path: string, name: string): unknown {
  return withDatabase(path, (database) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

describe('openSqlite()', () => {
  test('makes the file, and the folders above it', async () => {
    const path = join(newFolder(), 'a', 'b', 'cache.db');
    const cache = openSqlite(path);
    expect(existsSync(path)).toBe(true);
    expect(cache.values.descriptor).toEqual({ kind: 'sqlite', path });
    expect(cache.calls.descriptor).toEqual({ kind: 'sqlite', path });
    expect([cache.values.name, cache.calls.name]).toEqual([`SQLite at ${path}`, `SQLite at ${path}`]);
    await cache.close();
    expect(readdirSync(dirname(path))).toEqual(['cache.db']);
    expect(pragmaOf(path, 'application_id')).toBe(0x6865646c);
    expect(pragmaOf(path, 'user_version')).toBe(1);
    expect(pragmaOf(path, 'page_size')).toBe(4096);
    expect(pragmaOf(path, 'journal_mode')).toBe('wal');
  });

  test('takes a path relative to the current folder, and tells others the absolute one', async () => {
    const path = join(newFolder(), 'cache.db');
    const cache = openSqlite(relative(process.cwd(), path), { durability: 'full' });
    expect(cache.values.descriptor).toEqual({ kind: 'sqlite', path, durability: 'full' });
    await cache.close();
    expect(existsSync(path)).toBe(true);
  });

  test('takes an empty file', async () => {
    const path = join(newFolder(), 'cache.db');
    writeFileSync(path, '');
    await openSqlite(path).close();
    expect(pragmaOf(path, 'user_version')).toBe(1);
  });

  test.for([true, false])('keeps no log where folders are of a network: %s', async (isNetwork) => {
    const path = join(newFolder(), 'cache.db');
    const cache = openSqliteIn({ isNetworkFolder: () => isNetwork }, path);
    await cache.values.put(digestOf('a'), Buffer.from('a'));
    await cache.values.flush();
    expect(existsSync(`${path}-wal`)).toBe(!isNetwork);
    await cache.close();
    expect(pragmaOf(path, 'journal_mode')).toBe(isNetwork ? 'delete' : 'wal');
    // It is moved to the other kind of folder.
    await openSqliteIn({ isNetworkFolder: () => !isNetwork }, path).close();
    expect(pragmaOf(path, 'journal_mode')).toBe(isNetwork ? 'wal' : 'delete');
  });

  test('refuses options that there are not', () => {
    const path = join(newFolder(), 'cache.db');
    expect(() => openSqlite(path, { durable: true } as never)).toThrow(
      "Cannot open a cache as there is no option 'durable'",
    );
    expect(existsSync(path)).toBe(false);
  });

  test('refuses the format of a later heddle, and leaves it', async () => {
    const path = join(newFolder(), 'cache.db');
    await openSqlite(path).close();
    withDatabase(path, (database) => database.exec('PRAGMA user_version = 7; CREATE TABLE later (a)'));
    const before = readFileSync(path);
    const { code, message } = refusalOf(() => openSqlite(path));
    expect(code).toBe('HEDDLE_CACHE_OPEN');
    expect(message).toBe(
      `Cannot open the cache at '${path}' as a later heddle wrote it: received format 7, this one knows formats up to 1\n` +
        '  Update heddle, or give another path',
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test.for([
    ['a text', 'some notes\n'],
    ['a long text', 'some notes\n'.repeat(1000)],
  ])('refuses %s, and leaves it', ([, text]) => {
    const folder = newFolder();
    const path = join(folder, 'notes.txt');
    writeFileSync(path, text as string);
    expect(refusalOf(() => openSqlite(path)).message).toBe(
      `Cannot open the cache at '${path}' as the file there is no database, or is damaged: received file is not a database\n` +
        '  Give another path, or move the file away: all that a cache holds can be computed again',
    );
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });

  test.for(['', 'PRAGMA application_id = 42;'])(
    "refuses another program's database, and leaves it (%s)",
    (sql) => {
      const folder = newFolder();
      const path = join(folder, 'other.db');
      const other = new DatabaseSync(path);
      other.exec(`${sql} CREATE TABLE contacts (name)`);
      other.close();
      const before = readFileSync(path);
      expect(refusalOf(() => openSqlite(path)).message).toContain('as the file there is no cache of heddle');
      expect(readFileSync(path).equals(before)).toBe(true);
      expect(readdirSync(folder)).toEqual(['other.db']);
    },
  );

  test('refuses a damaged database, and leaves it', () => {
    const path = join(newFolder(), 'cache.db');
    const damaged = Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(20_000, 0xa5)]);
    writeFileSync(path, damaged);
    expect(refusalOf(() => openSqlite(path)).message).toBe(
      `Cannot open the cache at '${path}' as the file there is no database, or is damaged: received file is not a database\n` +
        '  Give another path, or move the file away: all that a cache holds can be computed again',
    );
    expect(readFileSync(path).equals(damaged)).toBe(true);
  });

  test('refuses a folder', () => {
    const path = newFolder();
    expect(refusalOf(() => openSqlite(path)).message).toBe(
      `Cannot open the cache at '${path}' as it is no file\n  Give the path of a file, in any folder`,
    );
  });

  test('refuses a path below a file', () => {
    const path = join(newFolder(), 'file');
    writeFileSync(path, '');
    const { code, message } = refusalOf(() => openSqlite(join(path, 'cache.db')));
    expect(code).toBe('HEDDLE_CACHE_OPEN');
    expect(message).toMatch(
      /^Cannot open the cache at '.*' as its file or folder cannot be used: received (?:EEXIST|ENOTDIR)/,
    );
  });

  test('refuses a folder that may only be read', (context) => {
    if (process.getuid?.() === 0) context.skip('root may write everywhere');
    const folder = newFolder();
    chmodSync(folder, 0o555);
    const { message } = refusalOf(() => openSqlite(join(folder, 'cache.db')));
    chmodSync(folder, 0o755);
    expect(message).toContain('as its file or folder cannot be used');
    expect(message).toContain('Give a path in a folder that this user may write');
  });

  test.for([
    [13, 'database or disk is full', 'as the disk is full'],
    [5, 'database is locked', 'as another process holds it'],
    [8, 'attempt to write a readonly database', 'as its file or folder cannot be used'],
    [11, 'database disk image is malformed', 'as it is damaged'],
  ] as const)('tells failure %i of SQLite, and closes the database', ([errcode, told, reason]) => {
    let closed = 0;
    const open = failingDriver((sql) =>
      sql.includes('CREATE TABLE') ? sqliteError(errcode, told) : undefined,
    );
    const openDriver: typeof open = (path) => {
      const driver = open(path);
      return {
        ...driver,
        close() {
          closed++;
          driver.close();
        },
      };
    };
    const path = join(newFolder(), 'cache.db');
    const { code, message } = refusalOf(() => openSqliteIn({ openDriver }, path));
    expect({ code, closed }).toEqual({ code: 'HEDDLE_CACHE_OPEN', closed: 1 });
    expect(message).toContain(`${reason}: received ${told}\n`);
    expect(pragmaOf(path, 'user_version')).toBe(0);
  });

  test('waits for another process that makes the log', async () => {
    let busy = 3;
    const openDriver = failingDriver((sql) =>
      sql === 'PRAGMA journal_mode = wal' && busy-- > 0 ? sqliteError(5, 'database is locked') : undefined,
    );
    const path = join(newFolder(), 'cache.db');
    await openSqliteIn({ openDriver }, path).close();
    expect(busy).toBe(-1);
    expect(pragmaOf(path, 'journal_mode')).toBe('wal');
    const always = failingDriver((sql) =>
      sql.startsWith('PRAGMA journal_mode =') ? sqliteError(5, 'database is locked') : undefined,
    );
    const other = join(newFolder(), 'cache.db');
    expect(
      refusalOf(() => openSqliteIn({ openDriver: always }, other, { busyTimeoutMs: 20 })).message,
    ).toContain('as another process holds it');
  });

  test('prints nothing, and loads nothing of SQLite before it is called', () => {
    const folder = newFolder();
    const main = join(folder, 'main.ts');
    const backend = pathToFileURL(join(import.meta.dirname, '../../src/cache/sqlite/sqlite-backend.ts'));
    writeFileSync(
      main,
      `
      const { openSqlite } = await import(${JSON.stringify(backend.href)});
      const isLoaded = () => process.moduleLoadList.includes('NativeModule sqlite');
      const before = isLoaded();
      const cache = openSqlite(${JSON.stringify(join(folder, 'cache.db'))});
      await cache.calls.claim(${JSON.stringify(digestOf('a'))}, { owner: 'a', host: 'b', pid: 1, untilMs: 2 }, 1);
      console.log(before, isLoaded());
      process.emitWarning('SQLite is mine', 'ExperimentalWarning');
      await cache.close();
      `,
    );
    const { stdout, stderr } = spawnSync(process.execPath, [main], { encoding: 'utf8', timeout: 20_000 });
    expect(stdout).toBe('false true\n');
    // Of other times, the same warning is not kept back.
    expect(stderr.split('\n').filter((line) => /Warning/.test(line))).toEqual([
      expect.stringContaining('ExperimentalWarning: SQLite is mine'),
    ]);
  });

  test('takes a database whose tables another process makes at that moment', async () => {
    const path = join(newFolder(), 'cache.db');
    withDatabase(path, (database) => database.exec('PRAGMA journal_mode = WAL'));
    let others = 0;
    const openDriver = failingDriver((sql) => {
      // Between two looks, of which the first saw an empty file.
      if (sql.includes('FROM sqlite_schema') && others++ === 0) void openSqlite(path).close();
      return undefined;
    });
    const cache = openSqliteIn({ openDriver }, path);
    await cache.values.put(digestOf('a'), Buffer.from('a'));
    await cache.close();
    expect(others).toBe(1);
    expect(pragmaOf(path, 'user_version')).toBe(1);
  });

  test('keeps what a program put that calls process.exit()', async () => {
    const folder = newFolder();
    const path = join(folder, 'cache.db');
    const main = join(folder, 'main.ts');
    const backend = pathToFileURL(join(import.meta.dirname, '../../src/cache/sqlite/sqlite-backend.ts'));
    writeFileSync(
      main,
      `
      import { openSqlite } from ${JSON.stringify(backend.href)};
      openSqlite(${JSON.stringify(path)}).values.put(${JSON.stringify(digestOf('a'))}, Buffer.from('a'));
      process.exit(3);
      `,
    );
    expect(spawnSync(process.execPath, [main], { timeout: 20_000 }).status).toBe(3);
    const cache = openSqlite(path);
    expect(await cache.values.get(digestOf('a'))).toEqual(new Uint8Array(Buffer.from('a')));
    await cache.close();
  });

  test('leaves the locks of this process alone, when it opens the same again', async (context) => {
    if (!existsSync('/proc/locks')) context.skip('only Linux tells which locks there are');
    const path = join(newFolder(), 'cache.db');
    const first = openSqlite(path);
    await first.values.put(digestOf('a'), Buffer.from('a'));
    await first.values.flush();
    const { ino } = statSync(path);
    const locks = (): readonly string[] =>
      readFileSync('/proc/locks', 'utf8').match(new RegExp(`^.*:${ino} .*$`, 'gm')) ?? [];
    const before = locks();
    expect(before.length).toBeGreaterThan(0);
    // Where locks are those of POSIX, whoever opens a file and closes it gives up all locks that the process has on it. Then
    // others would take a cache that is in use for one that is not.
    const second = openSqlite(path);
    expect(locks().length).toBe(before.length);
    await second.close();
    expect(locks().length).toBe(before.length);
    await first.close();
    expect(locks()).toEqual([]);
  });

  test('makes folders only for itself', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'there'));
    writeFileSync(join(folder, 'there', 'mine'), 'mine');
    await openSqlite(join(folder, 'there', 'cache.db')).close();
    expect(readFileSync(join(folder, 'there', 'mine'), 'utf8')).toBe('mine');
  });
});
