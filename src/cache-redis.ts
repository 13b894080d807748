/**
 * A cache in a Redis.
 */

export { MissingPackageError } from './base/peer.ts';
export type { Backend } from './cache/backend.ts';
export { openRedis, type RedisOptions } from './cache/redis/redis-backend.ts';
export type { ServerAddress } from './cache/remote/address.ts';
