/**
 * A cache in a database of PostgreSQL.
 */

export { MissingPackageError } from './base/peer.ts';
export type { Backend } from './cache/backend.ts';
export { type PostgresOptions, postgresBackend } from './cache/postgres/postgres-backend.ts';
export type { ServerAddress } from './cache/remote/address.ts';
