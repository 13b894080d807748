/**
 * What caches keep things in, how several are made one, and what can be noted and told of calls.
 */

export type { Backend } from './cache/backend.ts';
export { openFiles, openMemory } from './cache/backends.ts';
export { filtered } from './cache/compose/filtered.ts';
export { pool } from './cache/compose/pool.ts';
export { readOnly } from './cache/compose/read-only.ts';
export { refreshing } from './cache/compose/refreshing.ts';
export { signed } from './cache/compose/signed.ts';
export { type SizeLimitedOptions, sizeLimited } from './cache/compose/size-limited.ts';
export { type StackOptions, stack } from './cache/compose/stack.ts';
export { type ProvAttributes, type ProvDocument, type ProvLiteral, toProv } from './cache/lineage/prov.ts';
export { type CrateFile, toRoCrate } from './cache/lineage/ro-crate.ts';
export { AmbiguousDigestError } from './cache/query/digest-prefix.ts';
export type {
  Claim,
  RecordFilter,
  Records,
  RecordsDescriptor,
} from './cache/records.ts';
export type { SigningOptions } from './cache/signed-records.ts';
export { openSqlite, type SqliteBackend, type SqliteOptions } from './cache/sqlite/sqlite-backend.ts';
export { CacheOpenError } from './store/cache-open-error.ts';
export { CacheWriteError } from './store/cache-write-error.ts';
export { RejectedError } from './store/rejected-error.ts';
export type { Store, StoreDescriptor, StoreEntry } from './store/store.ts';
