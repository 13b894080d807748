/**
 * Writes that are committed together: one transaction for all of a turn of the event loop, as each costs about as much as
 * the writes in it.
 *
 * - **Order:** writes take effect in the order in which they were added, and those of files that they come after are there
 *   before.
 * - **Bound:** when 256 writes or 4 MiB wait, they are committed at once.
 * - **Failure:** of a transaction that fails nothing is kept, and the next `flush` throws. Later ones are tried: a full disk
 *   may have room again.
 */

import { atExit } from '../../base/at-exit.ts';
import type { MaybePromise } from '../../base/maybe-promise.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import { CacheWriteError } from '../cache-write-error.ts';
import type { Database } from './database.ts';
import { sqliteFailure } from './driver.ts';

/** Arbitrary: at that many, a transaction's own cost is lost in that of its writes. */
const mostWrites = 256;
/** So that what waits stays small beside what the program itself holds. */
const mostBytes = 2 ** 22;

/** A write that waits. */
export interface QueuedWrite {
  /** Runs its statements, in a transaction. */
  readonly write: () => void;
  /** Told what became of it. */
  readonly settled: (isWritten: boolean) => void;
  /** Nobody asked for it, so nobody is told if it fails. */
  readonly isAside?: true;
}

interface Batch {
  readonly writes: QueuedWrite[];
  /** Files that are being written, on which writes of this batch may rest. They never reject. */
  readonly files: Promise<void>[];
  bytes: number;
}

/** The writes to one database that wait. */
export class WriteQueue {
  readonly database: Database;
  /** Bytes that could not be kept: what refers to them is not to be kept either. */
  readonly lost: Set<Digest> = new Set();
  #batch: Batch = newBatch();
  /** Batches before that one, the first of which waits for files. */
  readonly #sealed: Batch[] = [];
  #draining: Promise<void> | undefined;
  #isDue = false;
  #failure: { readonly cause: unknown; count: number } | undefined;
  #atExit: Disposable | undefined;

  constructor(database: Database) {
    this.database = database;
  }

  /** Stands for the transaction that what is added next will be in: the same object as long as that is the same. */
  get next(): object {
    return this.#batch;
  }

  /** @param bytes - about what the write takes in memory */
  add(write: QueuedWrite, bytes: number): void {
    const batch = this.#batch;
    batch.writes.push(write);
    batch.bytes += bytes;
    if (batch.writes.length >= mostWrites || batch.bytes >= mostBytes) void this.commit();
    else this.#commitSoon();
  }

  /** Lets what is added from now on wait until a file is there. */
  addFile(file: Promise<void>): void {
    this.#batch.files.push(file);
    this.#commitSoon();
  }

  #commitSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    // What a program did before `process.exit` is worth keeping.
    this.#atExit ??= atExit(() => void this.commit());
    this.database.clock.soon(() => {
      this.#isDue = false;
      void this.commit();
    });
  }

  /**
   * Commits what was added; at once, unless a file is being written. Never throws: see `flush`.
   *
   * A promise if there are files to wait for.
   */
  commit(): MaybePromise<void> {
    const batch = this.#batch;
    if (batch.writes.length === 0 && batch.files.length === 0) return this.#draining;
    this.#batch = newBatch();
    if (this.#sealed.length === 0 && batch.files.length === 0) {
      this.#write(batch);
      return;
    }
    this.#sealed.push(batch);
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  /**
   * Does something at once, in the transaction of what waits; alone if nothing waits, or files have to be waited for, or
   * what waits cannot be kept.
   */
  commitWith<T>(work: () => T): T {
    const batch = this.#batch;
    if (batch.writes.length === 0 || batch.files.length > 0 || this.#sealed.length > 0) return work();
    this.#batch = newBatch();
    let done: { readonly value: T } | undefined;
    batch.writes.push({
      write: () => void (done = { value: work() }),
      settled(isWritten) {
        if (!isWritten) done = undefined;
      },
      isAside: true,
    });
    this.#write(batch);
    return (done ?? { value: work() }).value;
  }

  /** Commits what was added. @throws {CacheWriteError} If any could not be kept since the last time. */
  flush(): MaybePromise<void> {
    const waiting = this.commit();
    if (waiting === undefined) this.#throwFailure();
    else return this.#flushLater(waiting);
  }

  async #flushLater(waiting: Promise<void>): Promise<void> {
    await waiting;
    await this.flush();
  }

  /** Notes that something could not be kept, for the next `flush`. */
  fail(cause: unknown, count = 1): void {
    this.#failure ??= { cause, count: 0 };
    this.#failure.count += count;
  }

  /** Gives back what it holds of the process, when all was flushed. */
  dispose(): void {
    this.#atExit?.[Symbol.dispose]();
    this.#atExit = undefined;
  }

  async #drain(): Promise<void> {
    for (let batch = this.#sealed[0]; batch !== undefined; batch = this.#sealed[0]) {
      await Promise.all(batch.files);
      this.#write(batch);
      this.#sealed.shift();
    }
    this.#draining = undefined;
  }

  #write({ writes }: Batch): void {
    if (writes.length === 0) return;
    const { database } = this;
    let isWritten = false;
    try {
      database.transaction(() => {
        for (const { write } of writes) {
          database.atStep('transaction:write');
          write();
        }
      });
      isWritten = true;
    } catch (error) {
      const asked = writes.filter(({ isAside }) => !isAside).length;
      if (asked > 0) this.fail(error, asked);
    }
    for (const { settled } of writes) settled(isWritten);
  }

  #throwFailure(): void {
    const failure = this.#failure;
    if (failure === undefined) return;
    this.#failure = undefined;
    throw cacheWriteErrorOf(failure.cause, this.database.path, `keep ${countText(failure.count)} in`);
  }
}

function newBatch(): Batch {
  return { writes: [], files: [], bytes: 0 };
}

function countText(count: number): string {
  return count === 1 ? 'what was put' : `${count} things that were put`;
}

/** Says of a failure to write what it is, and what to do. */
export function cacheWriteErrorOf(cause: unknown, path: string, verb: string): CacheWriteError {
  if (cause instanceof CacheWriteError) return cause;
  const told = cause instanceof Error ? cause.message : String(cause);
  const [reason, mend] = reasonOf(sqliteFailure(cause) ?? (cause as NodeJS.ErrnoException | undefined)?.code);
  return new CacheWriteError(
    `Cannot ${verb} the cache at '${path}' as ${reason}: received ${told}\n  ${mend}`,
    {
      cause,
    },
  );
}

function reasonOf(code: string | undefined): readonly [reason: string, mend: string] {
  switch (code) {
    case 'SQLITE_FULL':
    case 'ENOSPC':
    case 'EDQUOT':
      return ['the disk is full', 'Free space; what was kept before can be read'];
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return ['another process held it for too long', 'See which process it is, or wait longer'];
    case 'SQLITE_CORRUPT':
    case 'SQLITE_NOTADB':
      return [
        'it is damaged',
        'Move the file away to begin with an empty cache: all in it can be computed again',
      ];
    case 'SQLITE_READONLY':
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return ['it may not be written', 'Give this user the right to write it, or give another path'];
    default:
      return ['writing failed', 'What was kept before can be read, if the disk allows'];
  }
}
