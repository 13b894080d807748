/**
 * A cache in a database: store and records of one file, so that what is put in both is committed together.
 *
 * Long values are in a folder beside the database. Leaves to `src/store/sqlite/` how the database is kept.
 */

import { refuseUnknownOptions } from '../../base/known-options.ts';
import { BlobFiles } from '../../store/blob-files.ts';
import {
  type Database,
  type DatabaseOptions,
  type DatabaseWorld,
  openDatabase,
} from '../../store/sqlite/database.ts';
import { SqliteStore, storeSchema } from '../../store/sqlite/sqlite-store.ts';
import { WriteQueue } from '../../store/sqlite/write-queue.ts';
import type { StoreDescriptor } from '../../store/store.ts';
import type { Backend } from '../backend.ts';
import { recordsSchema } from './records-schema.ts';
import { SqliteRecords } from './sqlite-records.ts';

/** How a cache in a database is opened. */
export interface SqliteOptions extends DatabaseOptions {}

/** A cache in a database. */
export interface SqliteBackend extends Backend, AsyncDisposable {
  /** Closes store and records; again, it does nothing. Rejects with a `CacheWriteError` if something could not be kept; closed it is. */
  close(): Promise<void>;
}

/** What brings a database from each version of the format to the next. Never changed once published: only added to. */
const migrations: readonly string[] = [storeSchema + recordsSchema];

/**
 * Opens a cache in a database of SQLite; makes it, and the folders above it, if it is not there.
 *
 * - **Shared:** any number of processes of one machine may use it at once. On file systems of networks that is as reliable as
 *   their locks.
 * - **Cost:** it takes some milliseconds. Nothing is read ahead.
 * - **Seen by others:** claims at once; all else at the end of the turn of the event loop, or after `flush`.
 *
 * @param path - of the file. Values longer than 32 KiB are in a folder beside it, of the same name with `.values`
 * @throws {CacheOpenError} If the file is no cache, or damaged, or of a later heddle, or cannot be used. It is left as it is.
 * @throws {TypeError} If there is no such option.
 *
 * @example
 * ```ts
 * import { mkdtempSync, rmSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { openCache, run, task, tasks } from 'heddle';
 * import { openFiles, openSqlite } from 'heddle/cache';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * const folder = mkdtempSync(`${tmpdir()}/heddle-`);
 * // Records in a database, where queries are quick; values in files.
 * const { calls } = openSqlite(`${folder}/calls.db`, { durability: 'full' });
 * const cache = await openCache({ values: openFiles(folder).values, calls });
 * assert.equal(await run(square(3), { cache }), 9);
 * assert.equal(await cache.query({ task: square }).count(), 1);
 * await cache.close();
 * rmSync(folder, { recursive: true });
 * ```
 */
export function openSqlite(path: string, options: SqliteOptions = {}): SqliteBackend {
  return openSqliteIn({}, path, options);
}

/** @internal `openSqlite` in a world of a test's making. */
export function openSqliteIn(world: DatabaseWorld, path: string, options: SqliteOptions = {}): SqliteBackend {
  refuseUnknownOptions(options, ['driver', 'durability', 'busyTimeoutMs'], 'open a cache');
  const database = openDatabase(path, migrations, options, world);
  const { atStep, clock } = world;
  const files = new BlobFiles(`${database.path}.values`, {
    durability: database.isDurable ? 'full' : 'normal',
    ...(clock === undefined ? {} : { clock }),
    ...(atStep === undefined ? {} : { atStep }),
  });
  return new Opened(database, files, { kind: 'sqlite', path: database.path, ...options });
}

/** Store and records, and the database that is closed when both are. */
class Opened implements SqliteBackend {
  readonly #values: SqliteStore;
  readonly #calls: SqliteRecords;
  /** The halves that somebody has, and has not closed. The database is closed with the last. */
  readonly #open = new Set<'values' | 'calls'>();
  readonly #queue: WriteQueue;
  #closed: Promise<void> | undefined;

  constructor(database: Database, files: BlobFiles, descriptor: StoreDescriptor) {
    const queue = new WriteQueue(database);
    this.#queue = queue;
    const closeHalf = async (half: 'values' | 'calls'): Promise<void> => {
      this.#open.delete(half);
      if (this.#open.size === 0) return this.close();
      try {
        await queue.flush();
      } finally {
        if (half === 'calls') this.#calls.finish();
      }
    };
    this.#values = new SqliteStore(queue, files, descriptor, () => closeHalf('values'));
    this.#calls = new SqliteRecords(queue, descriptor, () => closeHalf('calls'));
  }

  get values(): SqliteStore {
    if (this.#closed === undefined) this.#open.add('values');
    return this.#values;
  }

  get calls(): SqliteRecords {
    if (this.#closed === undefined) this.#open.add('calls');
    return this.#calls;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      await this.#queue.flush();
    } finally {
      this.#calls.finish();
      this.#queue.dispose();
      this.#queue.database.close();
    }
  }
}
