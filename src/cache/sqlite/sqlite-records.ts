/**
 * Records in a database, which several processes may share.
 *
 * - **Order:** what one process puts takes effect in the order of its calls. A claim is given up together with the record
 *   that was put before, never earlier.
 * - **Cost:** a record is read in microseconds. What is put is committed once for all of a turn of the event loop; a claim
 *   at once.
 * - **Failure:** what cannot be kept is told by the next `flush`; a claim that cannot be made, by `claim`.
 */

import type { MaybePromise } from '../../base/maybe-promise.ts';
import { whenThere } from '../../base/maybe-promise.ts';
import { once } from '../../base/once.ts';
import { bytesOfDigest } from '../../codec/canonical/digest-text.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import { CacheWriteError } from '../../store/cache-write-error.ts';
import type { SqliteRow, SqliteStatement, SqliteValue } from '../../store/sqlite/driver.ts';
import { readOr } from '../../store/sqlite/sqlite-store.ts';
import { cacheWriteErrorOf, type WriteQueue } from '../../store/sqlite/write-queue.ts';
import { addressesOf, fits } from '../fits.ts';
import type { CallRecord, RunEntry, RunRecord } from '../record.ts';
import type { Claim, RecordFilter, Records, RecordsDescriptor } from '../records.ts';
import { mentionsOf, queryOf, type RecordQuery } from './record-query.ts';
import { recordOfText, sealed, textOfRecord, unsealed } from './record-row.ts';

/** How many rows are read at a time. */
const pageRows = 256;
/** How many entries of a run make one row: those of a run of 1,000 calls are written in one go. */
const partEntries = 1000;
/** Of how many records the mentions are sorted in at once: measured, that takes 20 ms, and a third as long for each as one by one. */
const mostUnsorted = 2048;
/** How many faults of a database are told. Arbitrary: one is enough to move it away. */
const mostFaults = 10;
/** About what a record, or an entry, takes in memory. */
const recordBytes = 2000;
const entryBytes = 200;

/** What waits to be written: a record, or that it is deleted. */
interface Waiting {
  readonly record: CallRecord | undefined;
  /** Stands for the transaction that it will be in. */
  readonly transaction: object;
}

/** @internal See `openSqlite`. */
export class SqliteRecords implements Records {
  readonly name: string;
  readonly descriptor: RecordsDescriptor;
  readonly #queue: WriteQueue;
  readonly #onClose: () => Promise<void>;
  readonly #waiting = new Map<Digest, Waiting>();
  readonly #statements: () => Statements;
  /** Whose claims are given up at the end. */
  readonly #owners = new Set<string>();
  /** About how many records this process has put since their mentions were sorted in. */
  #unsorted = 0;

  constructor(queue: WriteQueue, descriptor: RecordsDescriptor, onClose: () => Promise<void>) {
    this.name = `SQLite at ${queue.database.path}`;
    this.descriptor = descriptor;
    this.#queue = queue;
    this.#onClose = onClose;
    this.#statements = once(() => prepareAll(queue.database));
  }

  get(key: Digest): CallRecord | undefined {
    this.#queue.database.refuseIfClosed();
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) return waiting.record;
    const row = readOr(() => this.#statements().get.get(bytesOfDigest(key)), undefined);
    const record = recordOfText(row?.['data']);
    return record?.key === key ? record : undefined;
  }

  put(record: CallRecord): void {
    this.#queue.database.refuseIfClosed();
    const { put, mention } = this.#statements();
    const { key } = record;
    const write = (): void => {
      if (this.#refersToLost(record)) return;
      const row = put.get(
        bytesOfDigest(key),
        record.kind,
        record.state,
        record.task,
        record.identity,
        record.run ?? null,
        record.startedMs,
        textOfRecord(record),
      );
      mention.run(row?.['id'] as number, JSON.stringify(mentionsOf(record)));
      if (++this.#unsorted >= mostUnsorted) this.#sortMentions();
    };
    this.#enqueue(key, record, write);
  }

  delete(key: Digest): boolean {
    const waiting = this.#waiting.get(key);
    const bytes = bytesOfDigest(key);
    // A damaged one, too, is deleted; but it was not there.
    const wasThere = this.get(key) !== undefined;
    if (!wasThere && waiting !== undefined) return false;
    const { get, unmention, unmentionUnsorted, delete: deleteCall } = this.#statements();
    const write = (): void => {
      const row = get.get(bytes);
      if (row === undefined) return;
      const record = recordOfText(row['data']);
      const id = row['id'] as number;
      if (record !== undefined) for (const digest of mentionsOf(record)) unmention.run(digest, id);
      unmentionUnsorted.run(id);
      deleteCall.run(id);
    };
    this.#enqueue(key, undefined, write);
    return wasThere;
  }

  /** Whether it refers to what could not be kept. Then it is not kept either, and the next `flush` says so. */
  #refersToLost(record: CallRecord): boolean {
    const { lost, database } = this.#queue;
    if (lost.size === 0 || !addressesOf(record).some((address) => lost.has(address))) return false;
    this.#queue.fail(
      new CacheWriteError(
        `Cannot keep a record in the cache at '${database.path}' as a value it refers to could not be kept before: ` +
          `received that of a call of '${record.task}'\n  Put the value again, before the record`,
      ),
    );
    return true;
  }

  /** Part of a transaction. */
  #sortMentions(): void {
    const { sort, forgetUnsorted } = this.#statements();
    sort.run();
    forgetUnsorted.run();
    this.#unsorted = 0;
  }

  #enqueue(key: Digest, record: CallRecord | undefined, write: () => void): void {
    const waiting: Waiting = { record, transaction: this.#queue.next };
    this.#waiting.set(key, waiting);
    // A call that was begun and has ended within one transaction is written once.
    const writeLast = (): void => {
      const last = this.#waiting.get(key);
      if (last === waiting || last?.transaction !== waiting.transaction) write();
    };
    const settled = (): void => {
      if (this.#waiting.get(key) === waiting) this.#waiting.delete(key);
    };
    this.#queue.add({ write: writeLast, settled }, recordBytes);
  }

  async *select(filter: RecordFilter): AsyncGenerator<CallRecord, void, undefined> {
    await this.#queue.commit();
    const query = queryOf(filter);
    let left = filter.limit ?? Number.POSITIVE_INFINITY;
    if (query === undefined || left <= 0) return;
    if (query.isMention) this.#sortBeforeQuery();
    for (const rows of query.isNarrow ? this.#sorted(query) : this.#inOrder(query)) {
      for (const row of rows) {
        const record = recordOfText(row['data']);
        if (record === undefined || !fits(record, filter)) continue;
        yield record;
        if (--left <= 0) return;
      }
    }
  }

  #sortBeforeQuery(): void {
    if (readOr(() => this.#statements().anyUnsorted.get(), undefined) === undefined) return;
    this.#atOnce('sort in what records mention in', () =>
      this.#queue.database.transaction(() => this.#sortMentions()),
    );
  }

  /** Goes through an index that has the order: from where the last page ended, as no reading may last while others write. */
  *#inOrder({ where, values }: RecordQuery): Generator<readonly SqliteRow[]> {
    const and = where === '' ? '' : `${where} AND`;
    // By the key within one moment, so that a page ends at one place.
    const statement = this.#queue.database.prepare(
      `SELECT key, started_ms, data FROM calls WHERE ${and} started_ms <= ? AND (started_ms < ? OR key > ?)
       ORDER BY started_ms DESC, key LIMIT ${pageRows}`,
    );
    let startedMs: SqliteValue = Number.POSITIVE_INFINITY;
    let key: SqliteValue = new Uint8Array(0);
    for (;;) {
      this.#queue.database.refuseIfClosed();
      const [from, after] = [startedMs, key];
      const rows = readOr(() => statement.all(...values, from, from, after), []);
      yield rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < pageRows) return;
      startedMs = last['started_ms'] as number;
      key = last['key'] as Uint8Array;
    }
  }

  /** Finds which there are, sorts these, and then reads them. */
  *#sorted({ where, values }: RecordQuery): Generator<readonly SqliteRow[]> {
    const { database } = this.#queue;
    const find = database.prepare(`SELECT id FROM calls WHERE ${where} ORDER BY started_ms DESC, key`);
    const found = readOr(() => find.all(...values), []);
    for (let from = 0; from < found.length; from += pageRows) {
      database.refuseIfClosed();
      const { byId } = this.#statements();
      const rows: SqliteRow[] = [];
      for (const { id } of found.slice(from, from + pageRows)) {
        const row = readOr(() => byId.get(id as number), undefined);
        if (row !== undefined) rows.push(row);
      }
      yield rows;
    }
  }

  faults(): readonly string[] {
    const check = this.#queue.database.prepare(`PRAGMA integrity_check(${mostFaults})`);
    const unreadable = [{ integrity_check: 'database disk image is malformed' }];
    const found = readOr(() => check.all(), unreadable).map((row) => String(row['integrity_check']));
    if (found.length === 1 && found[0] === 'ok') return [];
    // One row may tell of several pages, under a title.
    const lines = found
      .flatMap((text) => text.split('\n'))
      .filter((line) => line !== '*** in database main ***');
    return lines.slice(0, mostFaults);
  }

  claim(key: Digest, claim: Claim, nowMs: number): MaybePromise<Claim | undefined> {
    this.#queue.database.refuseIfClosed();
    const { claim: insert, claimOf } = this.#statements();
    const bytes = bytesOfDigest(key);
    const { owner, host, pid, untilMs } = claim;
    this.#owners.add(owner);
    const make = (): Claim | undefined => {
      for (;;) {
        if (insert.get(bytes, owner, host, pid, untilMs, nowMs) !== undefined) return undefined;
        const row = claimOf.get(bytes);
        // If it is gone by now, it can be had.
        if (row !== undefined) return claimOfRow(row);
      }
    };
    return this.#atOnce('claim a call in', () => this.#queue.commitWith(make));
  }

  renew(owner: string, untilMs: number): void {
    this.#queue.database.refuseIfClosed();
    const { renew } = this.#statements();
    this.#atOnce('renew claims in', () => void renew.run(untilMs, owner));
  }

  /** Fulfilled when all processes see it; never rejects, as a claim is over by itself in the end. */
  release(key: Digest, owner: string): Promise<void> {
    this.#queue.database.refuseIfClosed();
    const { release } = this.#statements();
    const bytes = bytesOfDigest(key);
    const write = (): void => void release.run(bytes, owner);
    return new Promise((resolve) => {
      const settled = (isWritten: boolean): void => {
        // Others need not wait for what did not come to be. It frees room, so it may work where the rest did not.
        if (!isWritten) tryOnce(write);
        resolve();
      };
      this.#queue.add({ write, settled, isAside: true }, entryBytes);
    });
  }

  putRun(run: RunRecord): void {
    this.#queue.database.refuseIfClosed();
    const { putRun } = this.#statements();
    const write = (): void => void putRun.run(run.id, run.startedMs, sealed(rowOfRun(run)));
    this.#queue.add({ write, settled: () => undefined }, recordBytes);
  }

  addEntries(run: string, entries: readonly RunEntry[]): void {
    this.#queue.database.refuseIfClosed();
    const { addPart } = this.#statements();
    for (let from = 0; from < entries.length; from += partEntries) {
      const part = entries.slice(from, from + partEntries);
      const write = (): void => void addPart.run(run, sealed([run, part.map(rowOfEntry)]));
      this.#queue.add({ write, settled: () => undefined }, part.length * entryBytes);
    }
  }

  async *runs(): AsyncGenerator<RunRecord, void, undefined> {
    await this.#queue.commit();
    this.#queue.database.refuseIfClosed();
    const { runsFrom } = this.#statements();
    let startedMs: SqliteValue = Number.POSITIVE_INFINITY;
    let id: SqliteValue = '';
    for (let isFirst = true; ; isFirst = false) {
      this.#queue.database.refuseIfClosed();
      const [from, before, first] = [startedMs, id, isFirst ? 1 : 0];
      const rows = readOr(() => runsFrom.all(from, from, first, before, pageRows), []);
      for (const row of rows) {
        const run = runOfRow(unsealed(row['data']) as RunRow | undefined);
        if (run !== undefined) yield run;
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < pageRows) return;
      startedMs = last['started_ms'] as number;
      id = last['id'] as string;
    }
  }

  async *entriesOf(run: string): AsyncGenerator<RunEntry, void, undefined> {
    await this.#queue.commit();
    this.#queue.database.refuseIfClosed();
    const { partAfter } = this.#statements();
    for (let last = 0; ; ) {
      this.#queue.database.refuseIfClosed();
      const after = last;
      const row = readOr(() => partAfter.get(run, after), undefined);
      if (row === undefined) return;
      last = row['id'] as number;
      const part = unsealed(row['data']) as readonly [run: string, entries: readonly EntryRow[]] | undefined;
      if (part?.[0] === run) yield* part[1].map(entryOfRow);
    }
  }

  deleteRun(run: string): MaybePromise<boolean> {
    return whenThere(this.#queue.commit(), () => {
      this.#queue.database.refuseIfClosed();
      const { deleteRun, deleteParts } = this.#statements();
      return this.#atOnce('forget a run in', () =>
        this.#queue.database.transaction(() => {
          deleteParts.run(run);
          return deleteRun.run(run) > 0;
        }),
      );
    });
  }

  flush(): MaybePromise<void> {
    return this.#queue.flush();
  }

  close(): Promise<void> {
    return this.#onClose();
  }

  /** Gives up all claims made here, and sorts in what was put here. Part of closing; never throws. */
  finish(): void {
    const owners = [...this.#owners];
    this.#owners.clear();
    tryOnce(() => {
      for (const owner of owners) this.#statements().releaseAll.run(owner);
    });
    tryOnce(() => {
      if (this.#unsorted > 0) this.#queue.database.transaction(() => this.#sortMentions());
    });
  }

  #atOnce<T>(verb: string, write: () => T): T {
    try {
      return write();
    } catch (error) {
      throw cacheWriteErrorOf(error, this.#queue.database.path, verb);
    }
  }
}

function tryOnce(write: () => void): void {
  try {
    write();
  } catch {
    // Claims are over by themselves, and what is not sorted in is before it is asked for.
  }
}

function claimOfRow(row: SqliteRow): Claim {
  return {
    owner: row['owner'] as string,
    host: row['host'] as string,
    pid: row['pid'] as number,
    untilMs: row['until_ms'] as number,
  };
}

type RunRow = readonly [
  id: string,
  startedMs: number,
  settledMs: number | null,
  is: RunRecord['is'],
  where: string,
  executor: string,
  metadata: RunRecord['metadata'],
];

function rowOfRun({ id, startedMs, settledMs, is, where, executor, metadata }: RunRecord): RunRow {
  return [id, startedMs, settledMs ?? null, is, where, executor, metadata];
}

function runOfRow(row: RunRow | undefined): RunRecord | undefined {
  if (row === undefined) return undefined;
  const [id, startedMs, settledMs, is, where, executor, metadata] = row;
  return { id, startedMs, settledMs: settledMs ?? undefined, is, where, executor, metadata };
}

type EntryRow = readonly [
  key: string,
  task: string,
  how: RunEntry['how'],
  startedMs: number,
  durationMs: number,
];

function rowOfEntry({ key, task, how, startedMs, durationMs }: RunEntry): EntryRow {
  return [key, task, how, startedMs, durationMs];
}

function entryOfRow([key, task, how, startedMs, durationMs]: EntryRow): RunEntry {
  return { key: key as RunEntry['key'], task, how, startedMs, durationMs };
}

type StatementName =
  | 'get'
  | 'byId'
  | 'put'
  | 'mention'
  | 'unmention'
  | 'unmentionUnsorted'
  | 'sort'
  | 'forgetUnsorted'
  | 'anyUnsorted'
  | 'delete'
  | 'claim'
  | 'claimOf'
  | 'renew'
  | 'release'
  | 'releaseAll'
  | 'putRun'
  | 'addPart'
  | 'runsFrom'
  | 'partAfter'
  | 'deleteRun'
  | 'deleteParts';
type Statements = Readonly<Record<StatementName, SqliteStatement>>;

const statementTexts: Readonly<Record<StatementName, string>> = {
  get: 'SELECT id, data FROM calls WHERE key = ?',
  byId: 'SELECT data FROM calls WHERE id = ?',
  put: `INSERT INTO calls (key, kind, state, task, identity, run, started_ms, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, state = excluded.state, task = excluded.task,
      identity = excluded.identity, run = excluded.run, started_ms = excluded.started_ms, data = excluded.data
    RETURNING id`,
  mention: 'INSERT OR REPLACE INTO unsorted (call, digests) VALUES (?, ?)',
  unmention: 'DELETE FROM mentions WHERE digest = ? AND call = ?',
  unmentionUnsorted: 'DELETE FROM unsorted WHERE call = ?',
  // In the order of the table, so that each page is changed once.
  sort: `INSERT OR IGNORE INTO mentions (digest, call)
    SELECT one.value, call FROM unsorted, json_each(digests) AS one ORDER BY 1, 2`,
  forgetUnsorted: 'DELETE FROM unsorted',
  anyUnsorted: 'SELECT 1 FROM unsorted LIMIT 1',
  delete: 'DELETE FROM calls WHERE id = ?',
  // One statement, so that of two processes one has it.
  claim: `INSERT INTO claims (key, owner, host, pid, until_ms) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, host = excluded.host, pid = excluded.pid,
      until_ms = excluded.until_ms WHERE until_ms <= ? OR owner = excluded.owner
    RETURNING 1 AS made`,
  claimOf: 'SELECT owner, host, pid, until_ms FROM claims WHERE key = ?',
  renew: 'UPDATE claims SET until_ms = ? WHERE owner = ?',
  release: 'DELETE FROM claims WHERE key = ? AND owner = ?',
  releaseAll: 'DELETE FROM claims WHERE owner = ?',
  putRun: `INSERT INTO runs (id, started_ms, data) VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET started_ms = excluded.started_ms, data = excluded.data`,
  addPart: 'INSERT INTO run_parts (run, data) VALUES (?, ?)',
  runsFrom: `SELECT id, started_ms, data FROM runs WHERE started_ms <= ? AND (started_ms < ? OR ? OR id < ?)
    ORDER BY started_ms DESC, id DESC LIMIT ?`,
  partAfter: 'SELECT id, data FROM run_parts WHERE run = ? AND id > ? ORDER BY id LIMIT 1',
  deleteRun: 'DELETE FROM runs WHERE id = ?',
  deleteParts: 'DELETE FROM run_parts WHERE run = ?',
};

function prepareAll(database: WriteQueue['database']): Statements {
  const prepared: Partial<Record<StatementName, SqliteStatement>> = {};
  for (const [name, sql] of Object.entries(statementTexts)) {
    prepared[name as StatementName] = database.prepare(sql);
  }
  return prepared as Statements; // All names have their texts.
}
