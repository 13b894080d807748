/**
 * A cache in a database of PostgreSQL.
 */

export { MissingPackageError } from './base/peer.ts';
export type { Backend } from './cache/backend.ts';
export { openPostgres, type PostgresOptions } from './cache/postgres/postgres-backend.ts';
export type { ServerAddress } from './cache/remote/address.ts';
