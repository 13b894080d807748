/**
 * A cache in a database of PostgreSQL, for many processes on many machines.
 */

import { type Clock, systemClock } from '../../base/clock.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import { fail, importPeer } from '../../base/peer.ts';
import { CacheOpenError } from '../../store/cache-open-error.ts';
import type { Backend } from '../backend.ts';
import { addressOf, type ServerAddress, urlFor } from '../remote/address.ts';
import { defaultTimeoutMs, remoteBackend } from '../remote/remote-backend.ts';
import { PostgresDriver } from './postgres-driver.ts';
import { prepareSchema } from './postgres-schema.ts';

/** How a cache in PostgreSQL is opened. */
export interface PostgresOptions extends ServerAddress {
  /**
   * The schema of the tables, which is made if it is not there: a name of letters, digits and `_`.
   *
   * @defaultValue `'heddle'`
   */
  readonly schema?: string;
  /**
   * How many connections there are at most.
   *
   * @defaultValue 4
   */
  readonly connections?: number;
  /**
   * For how long an answer is waited for, and a connection.
   *
   * @defaultValue 5,000
   */
  readonly timeoutMs?: number;
}

/**
 * Opens a cache in a database of PostgreSQL, version 12 or later, by the package `pg`. Makes its tables if they are not there.
 *
 * - **Shared:** by any number of processes and machines. Of all, one computes a call; their clocks must agree to some seconds.
 * - **Cost:** to look for a call takes two ways to the server and back. What is put is written in batches, one transaction
 *   each. Searches use indexes.
 * - **Bound:** a value has at most 256 MiB, as it travels as text.
 * - **Failure:** when the server is gone, slow, or restarted, calls are computed, and the cache tells of trouble; nothing waits
 *   for longer than `timeoutMs`. When it is back, it is used again.
 * - **Secrets:** names, messages and descriptors hold no password. Give the URL by `variable`, or the password by what `pg`
 *   reads itself: `PGPASSWORD`, or `~/.pgpass`.
 *
 * @throws {MissingPackageError} If `pg` is not installed.
 * @throws {CacheOpenError} If the server cannot be reached, or the schema is of a later heddle.
 *
 * @example
 * ```ts no-run
 * import { openCache } from 'heddle';
 * import { openPostgres } from 'heddle/cache/postgres';
 * await using cache = await openCache(await openPostgres({ variable: 'DATABASE_URL' }));
 * ```
 */
export async function openPostgres(options: PostgresOptions): Promise<Backend> {
  return openPostgresIn({}, options);
}

/** @internal `openPostgres` with a clock of a test's making. */
export async function openPostgresIn(
  { clock = systemClock }: { readonly clock?: Clock },
  options: PostgresOptions,
): Promise<Backend> {
  const verb = 'open a cache in PostgreSQL';
  refuseUnknownOptions(options, ['url', 'variable', 'schema', 'connections', 'timeoutMs'], verb);
  const { schema = 'heddle', connections = 4, timeoutMs = defaultTimeoutMs } = options;
  if (!/^[a-z_][a-z0-9_]{0,62}$/i.test(schema)) {
    throw new TypeError(`Cannot ${verb} as its schema must be letters, digits and '_': received '${schema}'`);
  }
  const url = urlFor(options, verb);
  const { default: pg } = await importPeer('pg', verb, () => import('pg').catch(fail));
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
    idle_in_transaction_session_timeout: timeoutMs * 2,
    keepAlive: true,
    // A program that is done otherwise does not wait for idle connections.
    allowExitOnIdle: true,
  });
  // A connection that breaks while it is idle is replaced by the pool.
  pool.on('error', () => undefined);
  const { name, descriptor } = addressOf(options, url);
  try {
    await prepareSchema(pool, schema);
  } catch (cause) {
    await pool.end().catch(() => undefined);
    if (cause instanceof CacheOpenError) throw cause;
    const told = cause instanceof Error ? cause.message || cause.name : String(cause);
    throw new CacheOpenError(
      `Cannot open the cache in ${name} as the server does not let it: received ${told}`,
      { cause },
    );
  }
  const driver = new PostgresDriver(
    pool,
    schema,
    `PostgreSQL at ${name}`,
    Object.freeze({ kind: 'postgres', ...descriptor, schema, connections, timeoutMs }),
  );
  return remoteBackend(driver, clock, timeoutMs);
}
