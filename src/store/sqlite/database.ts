/**
 * A database in a file, opened: of our format, brought up to date, and set up for several processes at once.
 *
 * - **Failure:** what is no such database is refused with a `CacheOpenError`, and left as it is.
 * - **Several processes:** readers never wait for the writer; a writer waits up to ten seconds for another. On file systems
 *   of other machines, where SQLite's write-ahead log does not work, readers and writers wait for each other.
 *
 * Which tables there are is told by who opens it. `README.md` beside this file has the steps of writing.
 */

import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Clock, systemClock } from '../../base/clock.ts';
import { ClosedError } from '../../base/errors.ts';
import { makeFolders } from '../../base/make-folders.ts';
import type { BlobStep } from '../blob-files.ts';
import { CacheOpenError } from '../cache-open-error.ts';
import {
  type OpenSqliteDriver,
  type SqliteDriver,
  type SqliteDriverName,
  type SqliteStatement,
  sqliteDriver,
  sqliteFailure,
} from './driver.ts';
import { isNetworkFolder } from './network-folder.ts';

/** `hedl`: tells our databases from those of other programs. */
const applicationId = 0x6865646c;
/** How long to wait for another process that writes, unless told otherwise. Transactions here take milliseconds. */
const defaultBusyTimeoutMs = 10_000;
/**
 * A call that is remembered changes some pages far apart, and all of each is written. Measured: with 4 KiB it costs an eighth
 * less than with 8 KiB, which is a third faster only for rows of 1 KiB in batches.
 */
const pageBytes = 4096;
/** The most memory for pages, taken as they are read. From the same measurement. */
const pagesKib = 65_536;
/** How long to sleep between attempts at what SQLite does not wait for by itself. */
const attemptMs = 5;

/** How a database is opened. */
export interface DatabaseOptions {
  /**
   * The library for SQLite: that of Node.js, or the package `better-sqlite3`, which must be installed. All of a process must
   * open a cache with the same: two libraries in one process do not know of each other's locks.
   *
   * @defaultValue `'node:sqlite'`
   */
  readonly driver?: SqliteDriverName;
  /**
   * `'full'`: what `flush` has waited for survives a loss of power; a write takes milliseconds, as it waits for the disk.
   * `'normal'`: it survives the end of the process, and of all processes; after a loss of power the latest may be lost, but
   * nothing is damaged.
   *
   * @defaultValue `'normal'`
   */
  readonly durability?: 'normal' | 'full';
  /**
   * How long to wait for another process that writes.
   *
   * @defaultValue 10,000
   */
  readonly busyTimeoutMs?: number;
}

/** What tests put in the place of the world. */
export interface DatabaseWorld {
  readonly clock?: Clock;
  readonly openDriver?: OpenSqliteDriver;
  readonly isNetworkFolder?: (folder: string) => boolean;
  /** Told of each step of writing before it is done, so that a test can end the process there. */
  readonly atStep?: (step: WriteStep) => void;
}

/** The steps of writing. They are told in `README.md`. */
export type WriteStep =
  | BlobStep
  | 'transaction:begin'
  | 'transaction:write'
  | 'transaction:commit'
  | 'transaction:committed'
  | 'close:checkpoint'
  | 'close:close'
  | 'close:closed';

/** An open database. */
export class Database {
  /** Absolute. */
  readonly path: string;
  readonly clock: Clock;
  readonly isDurable: boolean;
  readonly atStep: (step: WriteStep) => void;
  readonly #driver: SqliteDriver;
  readonly #begin: SqliteStatement;
  readonly #commit: SqliteStatement;
  readonly #rollback: SqliteStatement;
  #isClosed = false;

  constructor(path: string, driver: SqliteDriver, isDurable: boolean, world: DatabaseWorld) {
    this.path = path;
    this.clock = world.clock ?? systemClock;
    this.isDurable = isDurable;
    this.atStep = world.atStep ?? (() => undefined);
    this.#driver = driver;
    // Immediate: it waits for other writers here, where nothing has been read that they could make untrue.
    this.#begin = driver.prepare('BEGIN IMMEDIATE');
    this.#commit = driver.prepare('COMMIT');
    this.#rollback = driver.prepare('ROLLBACK');
  }

  prepare(sql: string): SqliteStatement {
    this.refuseIfClosed();
    return this.#driver.prepare(sql);
  }

  /** Does all of it, or nothing: what `work` throws is thrown when the database is as it was. */
  transaction<T>(work: () => T): T {
    this.atStep('transaction:begin');
    this.#begin.run();
    try {
      const result = work();
      this.atStep('transaction:commit');
      this.#commit.run();
      this.atStep('transaction:committed');
      return result;
    } catch (error) {
      try {
        this.#rollback.run();
      } catch {
        // SQLite has done so already: it does when the disk is full.
      }
      throw error;
    }
  }

  /** @throws {ClosedError} If it is closed. */
  refuseIfClosed(): void {
    if (this.#isClosed) {
      throw new ClosedError(`Cannot use the cache at '${this.path}' as it is closed`);
    }
  }

  /** Closes it. What is in its log is moved into the database itself, if nobody else reads or writes just now. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.atStep('close:checkpoint');
    try {
      this.#driver.exec('PRAGMA busy_timeout = 0');
      this.#driver.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
    } catch {
      // Whoever closes last does it.
    }
    this.atStep('close:close');
    this.#driver.close();
    this.atStep('close:closed');
  }
}

/**
 * Opens a database; makes it, and the folders above it, if it is not there.
 *
 * @param path - of the file; relative to the current folder, or absolute
 * @param migrations - statements that bring the format from each version to the next, from an empty database on
 * @throws {CacheOpenError} If the file is not such a database, or damaged, or of a later format, or cannot be used.
 */
export function openDatabase(
  path: string,
  migrations: readonly string[],
  options: DatabaseOptions = {},
  world: DatabaseWorld = {},
): Database {
  const { driver: driverName = 'node:sqlite', durability = 'normal' } = options;
  const { busyTimeoutMs = defaultBusyTimeoutMs } = options;
  const absolute = resolve(path);
  const open = world.openDriver ?? sqliteDriver(driverName);
  let driver: SqliteDriver | undefined;
  try {
    makeFolders(dirname(absolute));
    refuseFolder(absolute);
    driver = open(absolute);
    driver.exec(`PRAGMA busy_timeout = ${Math.ceil(busyTimeoutMs)}`);
    const clock = world.clock ?? systemClock;
    const isNetwork = (world.isNetworkFolder ?? isNetworkFolder)(dirname(absolute));
    setUp(new Setup(driver, absolute, migrations, clock, busyTimeoutMs), isNetwork);
    driver.exec(`
      PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'};
      PRAGMA cache_size = -${pagesKib};
      PRAGMA foreign_keys = ON;
      PRAGMA temp_store = MEMORY;
      PRAGMA journal_size_limit = 67108864;
    `);
    return new Database(absolute, driver, durability === 'full', world);
  } catch (error) {
    driver?.close();
    throw openErrorOf(error, absolute);
  }
}

/**
 * Whether the file is a database, SQLite tells. To look into it here would be wrong: where locks are those of POSIX, a
 * process that closes a file gives up all locks it has on it, also those of a cache that is open.
 */
function refuseFolder(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() === false)
    throw refusal(path, 'it is no file', 'Give the path of a file, in any folder');
}

function notOurs(path: string): CacheOpenError {
  return refusal(path, 'the file there is no cache of heddle', 'Give another path, or move the file away');
}

function setUp(setup: Setup, isNetwork: boolean): void {
  setup.patiently(() => setup.refuseOther());
  // It counts only where the database is made.
  if (setup.number('user_version') === 0) setup.exec(`PRAGMA page_size = ${pageBytes}`);
  const journal = isNetwork ? 'delete' : 'wal';
  if (setup.value('journal_mode') !== journal)
    setup.patiently(() => setup.value(`journal_mode = ${journal}`));
  setup.migrate();
}

/** What is done once, when a database is opened. */
class Setup {
  readonly #driver: SqliteDriver;
  readonly #path: string;
  readonly #migrations: readonly string[];
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(
    driver: SqliteDriver,
    path: string,
    migrations: readonly string[],
    clock: Clock,
    timeoutMs: number,
  ) {
    this.#driver = driver;
    this.#path = path;
    this.#migrations = migrations;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  exec(sql: string): void {
    this.#driver.exec(sql);
  }

  value(pragma: string): unknown {
    return Object.values(this.#driver.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
  }

  number(pragma: string): number {
    return Number(this.value(pragma));
  }

  /** Refuses databases of other programs, and those of later formats. */
  refuseOther(): void {
    // Of one moment: another process may be making the tables just now.
    this.exec('BEGIN');
    try {
      const id = this.number('application_id');
      // It also tells whether the tables' own descriptions can be read, without which nothing can.
      const tables = this.#driver.prepare('SELECT count(*) AS n FROM sqlite_schema').get();
      if (id === 0 ? tables?.['n'] !== 0 : id !== applicationId) throw notOurs(this.#path);
      this.#refuseLater();
    } finally {
      this.exec('ROLLBACK');
    }
  }

  #refuseLater(): number {
    const version = this.number('user_version');
    const known = this.#migrations.length;
    if (version <= known) return version;
    throw refusal(
      this.#path,
      `a later heddle wrote it: received format ${version}, this one knows formats up to ${known}`,
      'Update heddle, or give another path',
    );
  }

  migrate(): void {
    if (this.#refuseLater() === this.#migrations.length) return;
    this.exec('BEGIN IMMEDIATE');
    try {
      // Another process may have done so since.
      const version = this.#refuseLater();
      for (const step of this.#migrations.slice(version)) this.exec(step);
      this.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${this.#migrations.length}`);
      this.exec('COMMIT');
    } catch (error) {
      try {
        this.exec('ROLLBACK');
      } catch {
        // SQLite has done so already.
      }
      throw error;
    }
  }

  /** For what SQLite gives up at once when another process is at it, such as making the log. */
  patiently(work: () => void): void {
    const startedMs = this.#clock.nowMs();
    for (;;) {
      try {
        work();
        return;
      } catch (error) {
        if (sqliteFailure(error) !== 'SQLITE_BUSY') throw error;
        if (this.#clock.nowMs() - startedMs > this.#timeoutMs) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, attemptMs);
      }
    }
  }
}

function refusal(path: string, reason: string, mend: string, cause?: unknown): CacheOpenError {
  return new CacheOpenError(
    `Cannot open the cache at '${path}' as ${reason}\n  ${mend}`,
    cause === undefined ? undefined : { cause },
  );
}

function openErrorOf(error: unknown, path: string): unknown {
  if (error instanceof CacheOpenError) return error;
  const told = error instanceof Error ? error.message : String(error);
  const code = sqliteFailure(error) ?? (error as NodeJS.ErrnoException).code;
  switch (code) {
    case 'SQLITE_NOTADB':
      return refusal(
        path,
        `the file there is no database, or is damaged: received ${told}`,
        'Give another path, or move the file away: all that a cache holds can be computed again',
        error,
      );
    case 'SQLITE_CORRUPT':
      return refusal(
        path,
        `it is damaged: received ${told}`,
        'Move the file away to begin with an empty cache: all in it can be computed again',
        error,
      );
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return refusal(
        path,
        `another process holds it: received ${told}`,
        'Let that process end, and try again',
        error,
      );
    case 'SQLITE_FULL':
    case 'ENOSPC':
      return refusal(
        path,
        `the disk is full: received ${told}`,
        'Free space, or give a path elsewhere',
        error,
      );
    default:
      return refusal(
        path,
        `its file or folder cannot be used: received ${told}`,
        'Give a path in a folder that this user may write',
        error,
      );
  }
}
