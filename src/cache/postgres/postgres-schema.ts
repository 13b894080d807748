/**
 * The tables of a cache in PostgreSQL, as statements.
 *
 * A call is one row, with all that is known of it in `data`; the other columns are for queries. `mentions` holds the first 48
 * bits of any digest that the record mentions, in an index.
 */

import type { Pool, PoolClient } from 'pg';
import { CacheOpenError } from '../../store/cache-open-error.ts';

/** What brings a schema from each version of the format to the next. Never changed once published: only added to. */
const migrations: readonly string[] = [
  `CREATE TABLE stored (key bytea PRIMARY KEY, used_ms bigint NOT NULL, data bytea NOT NULL);
   ALTER TABLE stored ALTER COLUMN data SET STORAGE EXTERNAL;
   CREATE TABLE calls (
     key bytea PRIMARY KEY,
     kind text NOT NULL,
     state text NOT NULL,
     task text NOT NULL,
     identity text NOT NULL,
     run text,
     started_ms double precision NOT NULL,
     mentions bigint[] NOT NULL,
     data text NOT NULL
   );
   CREATE INDEX calls_by_start ON calls (started_ms DESC, key);
   CREATE INDEX calls_by_task ON calls (task, started_ms DESC, key);
   CREATE INDEX calls_by_run ON calls (run, started_ms DESC, key);
   CREATE INDEX calls_by_mention ON calls USING gin (mentions);
   CREATE TABLE claims (
     key bytea PRIMARY KEY,
     owner text NOT NULL,
     host text NOT NULL,
     pid integer NOT NULL,
     until_ms double precision NOT NULL
   );
   CREATE TABLE runs (id text PRIMARY KEY, started_ms double precision NOT NULL, data text NOT NULL);
   CREATE INDEX runs_by_start ON runs (started_ms DESC, id DESC);
   CREATE TABLE run_parts (id bigserial PRIMARY KEY, run text NOT NULL, data text NOT NULL);
   CREATE INDEX run_parts_by_run ON run_parts (run, id);`,
];

/** `heddle`: of all that make tables here at once, one does. */
const lockNumber = 0x6865_6464;

/**
 * Makes the tables, or brings them up to date.
 *
 * @param schema - a name that needs no quotes but for its case
 * @throws {CacheOpenError} If they are of a later version.
 */
export async function prepareSchema(pool: Pool, schema: string): Promise<void> {
  const client = await pool.connect();
  let isBroken = false;
  try {
    if ((await versionIn(client, schema)) === migrations.length) return;
    // Before the transaction, which may not see what another one made while it waited.
    await client.query(`SELECT pg_advisory_lock(${lockNumber})`);
    await client.query('BEGIN');
    await bringUpToDate(client, schema);
    await client.query('COMMIT');
    await client.query(`SELECT pg_advisory_unlock(${lockNumber})`);
  } catch (error) {
    isBroken = true;
    throw error;
  } finally {
    // One that failed is in the midst of a transaction, and has the lock.
    client.release(isBroken);
  }
}

async function bringUpToDate(client: PoolClient, schema: string): Promise<void> {
  const version = await versionIn(client, schema);
  if (version > migrations.length) {
    throw new CacheOpenError(
      `Cannot open the cache in schema '${schema}' as it is of a later heddle: received version ${version}, this one knows ${migrations.length}`,
    );
  }
  await client.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
  await client.query(`SET LOCAL search_path TO "${schema}"`);
  await client.query('CREATE TABLE IF NOT EXISTS format (version integer NOT NULL)');
  for (const migration of migrations.slice(version)) await client.query(migration);
  await client.query('DELETE FROM format');
  await client.query('INSERT INTO format VALUES ($1)', [migrations.length]);
}

/** 0 if there are no tables yet. */
async function versionIn(client: PoolClient, schema: string): Promise<number> {
  const { rows: found } = await client.query<{ there: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS there',
    [`"${schema}".format`],
  );
  if (found[0]?.there !== true) return 0;
  const { rows } = await client.query<{ version: number }>(`SELECT version FROM "${schema}".format`);
  return rows[0]?.version ?? 0;
}
