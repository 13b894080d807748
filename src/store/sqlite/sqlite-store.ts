/**
 * A store in a database: short bytes in rows, longer ones in files beside it.
 *
 * - **Cost:** bytes up to 32 KiB are read in microseconds, and written with all others of the same turn. Longer ones are
 *   written before `put` returns, or its promise is fulfilled.
 * - **Never wrong:** bytes of rows, too, are digested when they are read.
 */

import type { MaybePromise } from '../../base/maybe-promise.ts';
import { once } from '../../base/once.ts';
import { bytesOfDigest, digestOfBytes } from '../../codec/canonical/digest-text.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import { sha256Hex } from '../../codec/canonical/sha256.ts';
import type { BlobFiles } from '../blob-files.ts';
import type { Store, StoreDescriptor, StoreEntry } from '../store.ts';
import { type SqliteValue, sqliteFailure } from './driver.ts';
import type { WriteQueue } from './write-queue.ts';

/** The table, as statements. Of `usedMs` it holds whole milliseconds. */
export const storeSchema: string = `
  CREATE TABLE stored (key BLOB PRIMARY KEY, used_ms INTEGER NOT NULL, data BLOB NOT NULL);
`;

/** Longer bytes are in files: measured, files are faster from there on, and the database stays small. */
const mostInlineBytes = 32_768;
/** When bytes were read is noted no more often than that: to read should not write. */
const noteUseMs = 3_600_000;
/** When bytes were put again is noted no more often than that: as exactly as a store promises. */
const notePutMs = 1000;
/** How many rows are read at a time. */
const pageRows = 1000;

/** What waits to be written: bytes, or that they are deleted. */
interface Waiting {
  readonly bytes: Uint8Array | undefined;
}

/** @internal See `openSqlite`. */
export class SqliteStore implements Store {
  readonly name: string;
  readonly descriptor: StoreDescriptor;
  readonly #queue: WriteQueue;
  readonly #files: BlobFiles;
  readonly #onClose: () => Promise<void>;
  /** What this process sees already, and others not yet. */
  readonly #waiting = new Map<Digest, Waiting>();
  /** Files that are being written. */
  readonly #writing = new Map<Digest, Promise<void>>();
  readonly #statements: () => ReturnType<typeof prepareAll>;

  constructor(
    queue: WriteQueue,
    files: BlobFiles,
    descriptor: StoreDescriptor,
    onClose: () => Promise<void>,
  ) {
    this.name = `SQLite at ${queue.database.path}`;
    this.descriptor = descriptor;
    this.#queue = queue;
    this.#files = files;
    this.#onClose = onClose;
    this.#statements = once(() => prepareAll(queue.database));
  }

  get(digest: Digest): MaybePromise<Uint8Array | undefined> {
    this.#queue.database.refuseIfClosed();
    const waiting = this.#waiting.get(digest);
    if (waiting !== undefined) return waiting.bytes;
    const key = bytesOfDigest(digest);
    const row = readOr(() => this.#statements().get.get(key), undefined);
    if (row === undefined) return this.#files.get(digest);
    const bytes = row['data'];
    if (!(bytes instanceof Uint8Array) || sha256Hex(bytes) !== digest) {
      this.#dropDamaged(key, bytes ?? null);
      return this.#files.get(digest);
    }
    this.#noteUse(digest, key, row['used_ms'] as number);
    return bytes;
  }

  put(digest: Digest, bytes: Uint8Array): MaybePromise<void> {
    this.#queue.database.refuseIfClosed();
    if (bytes.length > mostInlineBytes) return this.#putFile(digest, bytes);
    if (this.#waiting.get(digest)?.bytes !== undefined) return;
    const key = bytesOfDigest(digest);
    const { put } = this.#statements();
    const nowMs = Math.round(this.#queue.database.clock.epochMs());
    this.#enqueue(digest, bytes, () => {
      put.run(key, nowMs, bytes, notePutMs);
      this.#queue.lost.delete(digest); // Records after it in this transaction may refer to it again.
    });
  }

  #putFile(digest: Digest, bytes: Uint8Array): MaybePromise<void> {
    const writing = this.#writing.get(digest);
    if (writing !== undefined) return writing;
    this.#waiting.delete(digest); // If it was to be deleted, it is not any more.
    let put: MaybePromise<void>;
    try {
      put = this.#files.put(digest, bytes);
    } catch (error) {
      this.#lose(digest, error);
      return;
    }
    if (put === undefined) {
      this.#queue.lost.delete(digest);
      return;
    }
    const waiting: Waiting = { bytes };
    this.#waiting.set(digest, waiting);
    const written = put
      .then(
        () => void this.#queue.lost.delete(digest),
        (error: unknown) => this.#lose(digest, error),
      )
      .then(() => {
        this.#writing.delete(digest);
        if (this.#waiting.get(digest) === waiting) this.#waiting.delete(digest);
      });
    this.#writing.set(digest, written);
    this.#queue.addFile(written);
    return written;
  }

  has(digest: Digest): boolean {
    this.#queue.database.refuseIfClosed();
    const waiting = this.#waiting.get(digest);
    if (waiting !== undefined) return waiting.bytes !== undefined;
    const row = readOr(() => this.#statements().has.get(bytesOfDigest(digest)), undefined);
    return row !== undefined || this.#files.has(digest);
  }

  delete(digest: Digest): MaybePromise<boolean> {
    const writing = this.#writing.get(digest);
    if (writing !== undefined) return writing.then(() => this.delete(digest));
    if (!this.has(digest)) return false;
    const key = bytesOfDigest(digest);
    const statement = this.#statements().delete;
    // The file goes last: whatever refers to it was deleted before, and so is gone for good by then.
    this.#enqueue(
      digest,
      undefined,
      () => statement.run(key),
      () => this.#deleteFile(digest),
    );
    return true;
  }

  /** A statement of its own: what another process puts is put before it, and so was used since, or after it, and so anew. */
  deleteUnused(digest: Digest, sinceMs: number): MaybePromise<boolean> {
    const writing = this.#writing.get(digest);
    if (writing !== undefined) return writing.then(() => this.deleteUnused(digest, sinceMs));
    if (this.#waiting.get(digest)?.bytes !== undefined) return false;
    const { deleteUnused } = this.#statements();
    const deleted = this.#queue.commitWith(() =>
      deleteUnused.run(bytesOfDigest(digest), Math.floor(sinceMs)),
    );
    return this.#files.deleteUnused(digest, sinceMs) || deleted > 0;
  }

  async *entries(): AsyncGenerator<StoreEntry, void, undefined> {
    await this.#queue.commit();
    this.#queue.database.refuseIfClosed();
    for (let last = 0; ; ) {
      const rows = readOr(() => this.#statements().entries.all(last, pageRows), []);
      for (const row of rows) {
        last = row['id'] as number;
        const digest = digestOfBytes(row['key'] as Uint8Array);
        if (digest === undefined) continue; // It is damaged.
        yield { digest, bytes: row['bytes'] as number, usedMs: row['used_ms'] as number };
      }
      if (rows.length < pageRows) break;
      this.#queue.database.refuseIfClosed();
    }
    yield* this.#files.entries();
  }

  flush(): MaybePromise<void> {
    return this.#queue.flush();
  }

  close(): Promise<void> {
    return this.#onClose();
  }

  #enqueue(
    digest: Digest,
    bytes: Uint8Array | undefined,
    write: () => void,
    whenWritten: () => void = () => undefined,
  ): void {
    const waiting: Waiting = { bytes };
    this.#waiting.set(digest, waiting);
    const settled = (isWritten: boolean): void => {
      const isLatest = this.#waiting.get(digest) === waiting;
      if (bytes !== undefined) {
        if (!isWritten) this.#queue.lost.add(digest);
      } else if (isWritten && isLatest) whenWritten();
      if (isLatest) this.#waiting.delete(digest);
    };
    this.#queue.add({ write, settled }, (bytes?.length ?? 0) + 200);
  }

  #deleteFile(digest: Digest): void {
    try {
      this.#files.delete(digest);
    } catch (error) {
      this.#queue.fail(error);
    }
  }

  #lose(digest: Digest, error: unknown): void {
    this.#queue.lost.add(digest);
    this.#queue.fail(error);
  }

  #noteUse(digest: Digest, key: Uint8Array, usedMs: number): void {
    const nowMs = Math.round(this.#queue.database.clock.epochMs());
    if (nowMs - usedMs < noteUseMs) return;
    const { use } = this.#statements();
    this.#writeAside(() => use.run(nowMs, key));
  }

  /** A row that is wrong goes, so that the bytes can be put again; unless another process has done so. */
  #dropDamaged(key: Uint8Array, bytes: SqliteValue): void {
    const { dropDamaged } = this.#statements();
    this.#writeAside(() => dropDamaged.run(key, bytes));
  }

  /** Writes what nobody asked for: if it cannot be, nothing is said of it. */
  #writeAside(write: () => void): void {
    this.#queue.add({ write, settled: () => undefined, isAside: true }, 200);
  }
}

type Statements = Readonly<
  Record<
    'get' | 'has' | 'put' | 'use' | 'delete' | 'deleteUnused' | 'dropDamaged' | 'entries',
    ReturnType<WriteQueue['database']['prepare']>
  >
>;

function prepareAll(database: WriteQueue['database']): Statements {
  return {
    get: database.prepare('SELECT used_ms, data FROM stored WHERE key = ?'),
    has: database.prepare('SELECT 1 FROM stored WHERE key = ?'),
    put: database.prepare(
      `INSERT INTO stored (key, used_ms, data) VALUES (?, ?, ?) ON CONFLICT (key)
       DO UPDATE SET used_ms = excluded.used_ms WHERE used_ms < excluded.used_ms - ?`,
    ),
    use: database.prepare('UPDATE stored SET used_ms = ? WHERE key = ?'),
    delete: database.prepare('DELETE FROM stored WHERE key = ?'),
    deleteUnused: database.prepare('DELETE FROM stored WHERE key = ? AND used_ms < ?'),
    dropDamaged: database.prepare('DELETE FROM stored WHERE key = ? AND data IS ?'),
    entries: database.prepare(
      'SELECT rowid AS id, key, used_ms, length(data) AS bytes FROM stored WHERE rowid > ? ORDER BY rowid LIMIT ?',
    ),
  };
}

/** Reads; what lies in a damaged part of the database is not there. */
export function readOr<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    const failure = sqliteFailure(error);
    if (failure === 'SQLITE_CORRUPT' || failure === 'SQLITE_NOTADB') return otherwise;
    throw error;
  }
}
