/**
 * A cache in PostgreSQL: what is written is one transaction, and what is searched goes by indexes, page by page.
 */

import type { Pool, PoolClient } from 'pg';
import { bytesOfDigest, digestOfBytes } from '../../codec/canonical/digest-text.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import type { StoreDescriptor, StoreEntry } from '../../store/store.ts';
import type { Claim, RecordFilter } from '../records.ts';
import type { RemoteBatch, RemoteCall, RemoteDriver, RemoteValue } from '../remote/remote-driver.ts';
import { mentionOf, mentionsOf } from '../sqlite/record-query.ts';

/** How many rows are read at a time. */
const pageRows = 256;
/** Shorter values are written many in one statement; longer ones by themselves, in half as many bytes. */
const mostTogetherBytes = 16_384;
/** When bytes were used is noted no more often than that. */
const noteUseMs = 3_600_000;
/** Text takes twice as many bytes, and PostgreSQL takes less than 1 GiB. */
const mostValueBytes = 2 ** 28;
/** Two transactions waited for each other, or changed the same: the loser is told to try again. */
const againCodes: readonly unknown[] = ['40P01', '40001'];
const mostTries = 5;

export class PostgresDriver implements RemoteDriver {
  readonly name: string;
  readonly descriptor: StoreDescriptor;
  readonly #pool: Pool;
  /** The schema before each table. */
  readonly #in: string;

  constructor(pool: Pool, schema: string, name: string, descriptor: StoreDescriptor) {
    this.#pool = pool;
    this.#in = `"${schema}".`;
    this.name = name;
    this.descriptor = descriptor;
  }

  async #rows<Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await this.#pool.query<Row>(text, [...values])).rows;
  }

  async write(batch: RemoteBatch): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#transaction((client) => this.#writeIn(client, batch));
        return;
      } catch (error) {
        if (tries >= mostTries || !againCodes.includes((error as { readonly code?: unknown }).code))
          throw error;
      }
    }
  }

  async #transaction(act: (client: PoolClient) => Promise<void>): Promise<void> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      await act(client);
      await client.query('COMMIT');
    } catch (error) {
      // It may be that no answer came: what is asked next must not get that one.
      broken = error as Error;
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async #writeIn(client: PoolClient, { values, calls, runs, entries }: RemoteBatch): Promise<void> {
    await this.#putValues(client, presentIn(values));
    await this.#putCalls(client, presentIn(calls));
    for (const [id, { startedMs, text }] of [...runs].sort(byKey)) {
      await client.query(
        `INSERT INTO ${this.#in}runs (id, started_ms, data) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET started_ms = excluded.started_ms, data = excluded.data`,
        [id, startedMs, text],
      );
    }
    if (entries.length > 0) {
      await client.query(
        `INSERT INTO ${this.#in}run_parts (run, data)
         SELECT run, data FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS part (run, data, i) ORDER BY i`,
        [entries.map(({ run }) => run), entries.map(({ text }) => text)],
      );
    }
    await this.#delete(client, 'calls', calls);
    await this.#delete(client, 'stored', values);
  }

  async #putValues(client: PoolClient, all: readonly (readonly [Digest, RemoteValue])[]): Promise<void> {
    const onConflict = `ON CONFLICT (key) DO UPDATE SET used_ms = excluded.used_ms
      WHERE stored.used_ms < excluded.used_ms - ${noteUseMs}`;
    const short = all.filter(([, { bytes }]) => bytes.length <= mostTogetherBytes);
    if (short.length > 0) {
      await client.query(
        `INSERT INTO ${this.#in}stored (key, used_ms, data)
         SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[]) ${onConflict}`,
        [
          short.map(([digest]) => bytesOf(digest)),
          short.map(([, { usedMs }]) => Math.round(usedMs)),
          short.map(([, { bytes }]) => bufferOf(bytes)),
        ],
      );
    }
    for (const [digest, { bytes, usedMs }] of all) {
      if (bytes.length <= mostTogetherBytes) continue;
      if (bytes.length > mostValueBytes) {
        throw new RangeError(`a value may have ${mostValueBytes} bytes, and this one has ${bytes.length}`);
      }
      await client.query(
        `INSERT INTO ${this.#in}stored (key, used_ms, data) VALUES ($1, $2, $3) ${onConflict}`,
        [bytesOf(digest), Math.round(usedMs), bufferOf(bytes)],
      );
    }
  }

  async #putCalls(client: PoolClient, all: readonly (readonly [Digest, RemoteCall])[]): Promise<void> {
    if (all.length === 0) return;
    const column = (value: (call: RemoteCall) => unknown): readonly unknown[] =>
      all.map(([, call]) => value(call));
    await client.query(
      `INSERT INTO ${this.#in}calls (key, kind, state, task, identity, run, started_ms, mentions, data)
       SELECT key, kind, state, task, identity, run, started_ms, mentions::bigint[], data
       FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::double precision[], $8::text[],
         $9::text[]) AS call (key, kind, state, task, identity, run, started_ms, mentions, data)
       ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, state = excluded.state, task = excluded.task,
         identity = excluded.identity, run = excluded.run, started_ms = excluded.started_ms,
         mentions = excluded.mentions, data = excluded.data`,
      [
        all.map(([key]) => bytesOf(key)),
        column(({ record }) => record.kind),
        column(({ record }) => record.state),
        column(({ record }) => textOf(record.task)),
        column(({ record }) => textOf(record.identity)),
        column(({ record }) => (record.run === undefined ? null : textOf(record.run))),
        column(({ record }) => record.startedMs),
        column(({ record }) => `{${mentionsOf(record).join(',')}}`),
        column(({ text }) => text),
      ],
    );
  }

  async #delete(
    client: PoolClient,
    table: 'calls' | 'stored',
    all: ReadonlyMap<Digest, unknown>,
  ): Promise<void> {
    const gone = [...all].filter(([, what]) => what === undefined).map(([digest]) => bytesOf(digest));
    if (gone.length > 0)
      await client.query(`DELETE FROM ${this.#in}${table} WHERE key = ANY($1::bytea[])`, [gone]);
  }

  async value(digest: Digest): Promise<RemoteValue | undefined> {
    const [row] = await this.#rows<{ used_ms: string; data: Buffer }>(
      `SELECT used_ms, data FROM ${this.#in}stored WHERE key = $1`,
      [bytesOf(digest)],
    );
    return row === undefined ? undefined : { bytes: row.data, usedMs: Number(row.used_ms) };
  }

  async hasValue(digest: Digest): Promise<boolean> {
    const rows = await this.#rows(`SELECT 1 FROM ${this.#in}stored WHERE key = $1`, [bytesOf(digest)]);
    return rows.length > 0;
  }

  async noteUse(digest: Digest, usedMs: number): Promise<void> {
    await this.#rows(`UPDATE ${this.#in}stored SET used_ms = $2 WHERE key = $1`, [
      bytesOf(digest),
      Math.round(usedMs),
    ]);
  }

  async dropDamaged(digest: Digest, bytes: Uint8Array): Promise<void> {
    await this.#rows(`DELETE FROM ${this.#in}stored WHERE key = $1 AND data = $2`, [
      bytesOf(digest),
      bufferOf(bytes),
    ]);
  }

  async *values(): AsyncGenerator<StoreEntry, void, undefined> {
    for (let after = Buffer.alloc(0); ; ) {
      const rows: readonly { key: Buffer; used_ms: string; bytes: number }[] = await this.#rows(
        `SELECT key, used_ms, length(data) AS bytes FROM ${this.#in}stored WHERE key > $1 ORDER BY key LIMIT ${pageRows}`,
        [after],
      );
      for (const { key, used_ms: usedMs, bytes } of rows) {
        const digest = digestOfBytes(key);
        if (digest !== undefined) yield { digest, bytes, usedMs: Number(usedMs) };
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < pageRows) return;
      after = last.key as Buffer<ArrayBuffer>;
    }
  }

  async call(key: Digest): Promise<string | undefined> {
    const [row] = await this.#rows<{ data: string }>(`SELECT data FROM ${this.#in}calls WHERE key = $1`, [
      bytesOf(key),
    ]);
    return row?.data;
  }

  async *calls(filter: RecordFilter): AsyncGenerator<string, void, undefined> {
    const conditions = conditionsOf(filter);
    if (conditions === undefined) return;
    let [startedMs, key]: [number, Buffer] = [Number.POSITIVE_INFINITY, Buffer.alloc(0)];
    for (;;) {
      const values = [...conditions.map(([, value]) => value), startedMs, key];
      const given = conditions.map(([text], i) => `${text.replace('$', `$${i + 1}`)} AND`).join(' ');
      const [from, after] = [`$${values.length - 1}`, `$${values.length}`];
      const rows: readonly { key: Buffer; started_ms: number; data: string }[] = await this.#rows(
        `SELECT key, started_ms, data FROM ${this.#in}calls
         WHERE ${given} started_ms <= ${from} AND (started_ms < ${from} OR key > ${after})
         ORDER BY started_ms DESC, key LIMIT ${pageRows}`,
        values,
      );
      for (const { data } of rows) yield data;
      const last = rows.at(-1);
      if (last === undefined || rows.length < pageRows) return;
      [startedMs, key] = [last.started_ms, last.key];
    }
  }

  async claim(key: Digest, claim: Claim, nowMs: number): Promise<Claim | undefined> {
    const { owner, host, pid, untilMs } = claim;
    for (;;) {
      // One statement, so that of two processes one has it.
      const made = await this.#rows(
        `INSERT INTO ${this.#in}claims (key, owner, host, pid, until_ms) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, host = excluded.host, pid = excluded.pid,
           until_ms = excluded.until_ms WHERE claims.until_ms <= $6 OR claims.owner = excluded.owner
         RETURNING 1`,
        [bytesOf(key), owner, host, pid, untilMs, nowMs],
      );
      if (made.length > 0) return undefined;
      const [row] = await this.#rows<{ owner: string; host: string; pid: number; until_ms: number }>(
        `SELECT owner, host, pid, until_ms FROM ${this.#in}claims WHERE key = $1`,
        [bytesOf(key)],
      );
      // If it is gone by now, it can be had.
      if (row !== undefined) return { owner: row.owner, host: row.host, pid: row.pid, untilMs: row.until_ms };
    }
  }

  async renew(owner: string, keys: readonly Digest[], untilMs: number): Promise<void> {
    await this.#rows(
      `UPDATE ${this.#in}claims SET until_ms = $3 WHERE owner = $1 AND key = ANY($2::bytea[])`,
      [owner, keys.map(bytesOf), untilMs],
    );
  }

  async release(owner: string, keys: readonly Digest[]): Promise<void> {
    await this.#rows(`DELETE FROM ${this.#in}claims WHERE owner = $1 AND key = ANY($2::bytea[])`, [
      owner,
      keys.map(bytesOf),
    ]);
  }

  async *runs(): AsyncGenerator<string, void, undefined> {
    let [startedMs, id, isFirst]: [number, string, boolean] = [Number.POSITIVE_INFINITY, '', true];
    for (;;) {
      const rows: readonly { id: string; started_ms: number; data: string }[] = await this.#rows(
        `SELECT id, started_ms, data FROM ${this.#in}runs WHERE $3 OR started_ms < $1 OR (started_ms = $1 AND id < $2)
         ORDER BY started_ms DESC, id DESC LIMIT ${pageRows}`,
        [startedMs, id, isFirst],
      );
      for (const { data } of rows) yield data;
      const last = rows.at(-1);
      if (last === undefined || rows.length < pageRows) return;
      [startedMs, id, isFirst] = [last.started_ms, last.id, false];
    }
  }

  async *entriesOf(run: string): AsyncGenerator<string, void, undefined> {
    for (let after = '0'; ; ) {
      const rows: readonly { id: string; data: string }[] = await this.#rows(
        `SELECT id, data FROM ${this.#in}run_parts WHERE run = $1 AND id > $2 ORDER BY id LIMIT ${pageRows}`,
        [run, after],
      );
      for (const { data } of rows) yield data;
      const last = rows.at(-1);
      if (last === undefined || rows.length < pageRows) return;
      after = last.id;
    }
  }

  async deleteRun(run: string): Promise<boolean> {
    const [row] = await this.#rows<{ runs: string }>(
      `WITH parts AS (DELETE FROM ${this.#in}run_parts WHERE run = $1),
         gone AS (DELETE FROM ${this.#in}runs WHERE id = $1 RETURNING 1)
       SELECT count(*) AS runs FROM gone`,
      [run],
    );
    return Number(row?.runs ?? 0) > 0;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

/** Each a condition with `$` in the place of its value. `undefined` if nothing can fit. */
function conditionsOf(
  filter: RecordFilter,
): readonly (readonly [text: string, value: unknown])[] | undefined {
  const { prefix = '', sinceMs, untilMs } = filter;
  if (!/^[0-9a-f]{0,64}$/.test(prefix)) return undefined;
  const conditions: [text: string, value: unknown][] = [];
  if (prefix !== '') {
    conditions.push(
      ['key >= $', Buffer.from(prefix.padEnd(64, '0'), 'hex')],
      ['key <= $', Buffer.from(prefix.padEnd(64, 'f'), 'hex')],
    );
  }
  const mentioned = [filter.result, filter.argument, filter.address, ...Object.values(filter.args ?? {})];
  const mentions = mentioned.filter((digest) => digest !== undefined).map(mentionOf);
  if (mentions.length > 0) conditions.push(['mentions @> $::bigint[]', `{${mentions.join(',')}}`]);
  for (const column of ['task', 'run', 'identity'] as const) {
    const value = filter[column];
    if (value !== undefined) conditions.push([`${column} = $`, textOf(value)]);
  }
  for (const column of ['kind', 'state'] as const) {
    const value = filter[column];
    if (value !== undefined) conditions.push([`${column} = $`, value]);
  }
  if (sinceMs !== undefined) conditions.push(['started_ms >= $', sinceMs]);
  if (untilMs !== undefined) conditions.push(['started_ms < $', untilMs]);
  return conditions;
}

/** In one order for all processes, so that no two wait for each other. */
function presentIn<What>(all: ReadonlyMap<Digest, What | undefined>): readonly (readonly [Digest, What])[] {
  return [...all].filter((entry): entry is [Digest, What] => entry[1] !== undefined).sort(byKey);
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}

function bytesOf(digest: Digest): Buffer {
  return bufferOf(bytesOfDigest(digest));
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** For what is searched by alone: PostgreSQL's text has no NUL. Whatever is found is compared again. */
function textOf(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}
