/**
 * A cache in a Redis, for many processes on many machines: of short values, and of values that may be forgotten.
 *
 * Why the package `redis`, not `ioredis`: it is the one that Redis itself keeps up, and the other is only mended.
 */

import { type Clock, systemClock } from '../../base/clock.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import { fail, importPeer } from '../../base/peer.ts';
import { CacheOpenError } from '../../store/cache-open-error.ts';
import type { Backend } from '../backend.ts';
import { addressOf, type ServerAddress, urlFor } from '../remote/address.ts';
import { defaultTimeoutMs, remoteBackend } from '../remote/remote-backend.ts';
import { RedisDriver, redisFormat } from './redis-driver.ts';

/** How a cache in Redis is opened. */
export interface RedisOptions extends ServerAddress {
  /**
   * What all its keys begin with: letters, digits, `_`, `-` and `:`.
   *
   * @defaultValue `'heddle:'`
   */
  readonly prefix?: string;
  /**
   * For how long an answer is waited for, and a connection.
   *
   * @defaultValue 5,000
   */
  readonly timeoutMs?: number;
}

/** The longest time between two attempts to connect anew. */
const longestRetryMs = 2000;

/**
 * Opens a cache in a Redis, version 6.2 or later, by the package `redis`; or in what speaks as one, such as Valkey. Not in a
 * cluster of them, as what is written together must be on one server.
 *
 * - **Shared:** by any number of processes and machines. Of all, one computes a call; their clocks must agree to some seconds.
 * - **Cost:** to look for a call takes two ways to the server and back. What is put is written in batches, one transaction
 *   each. Searches read all records, some ten thousand in a second, unless they are for a whole key.
 * - **Bound:** all is in the memory of the server. A value has at most 512 MiB. What Redis evicts as its memory is full is
 *   not there, and is computed again.
 * - **Kept:** as safely as the server is told to; with its defaults, the last minutes are lost when it ends hard.
 * - **Failure:** when the server is gone, slow, or restarted, calls are computed, and the cache tells of trouble; nothing waits
 *   for longer than `timeoutMs`. When it is back, it is used again.
 * - **Secrets:** names, messages and descriptors hold no password. Give the URL by `variable`.
 *
 * @throws {MissingPackageError} If `redis` is not installed.
 * @throws {CacheOpenError} If the server cannot be reached, or what has the prefix is of a later heddle.
 *
 * @example
 * ```ts no-run
 * import { openCache } from 'heddle';
 * import { openRedis } from 'heddle/cache/redis';
 * await using cache = await openCache(await openRedis({ url: 'redis://localhost:6379' }));
 * ```
 */
export async function openRedis(options: RedisOptions): Promise<Backend> {
  return openRedisIn({}, options);
}

/** @internal `openRedis` with a clock of a test's making. */
export async function openRedisIn(
  { clock = systemClock }: { readonly clock?: Clock },
  options: RedisOptions,
): Promise<Backend> {
  const verb = 'open a cache in Redis';
  refuseUnknownOptions(options, ['url', 'variable', 'prefix', 'timeoutMs'], verb);
  const { prefix = 'heddle:', timeoutMs = defaultTimeoutMs } = options;
  if (!/^[\w:-]{1,200}$/.test(prefix)) {
    throw new TypeError(
      `Cannot ${verb} as its prefix must be letters, digits, '_', '-' and ':': received '${prefix}'`,
    );
  }
  const url = urlFor(options, verb);
  const { createClient } = await importPeer('redis', verb, () => import('redis').catch(fail));
  let isOpen = false;
  const client = createClient({
    url,
    RESP: 2,
    // While there is no connection nothing waits for one.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: timeoutMs,
      keepAlive: true,
      // The first attempt is made once; whoever opens a cache is told.
      reconnectStrategy: (retries: number) => (isOpen ? Math.min(50 * 2 ** retries, longestRetryMs) : false),
    },
  });
  // It connects anew by itself; whoever asks meanwhile is told.
  client.on('error', () => undefined);
  const { name, descriptor } = addressOf(options, url);
  const driver = new RedisDriver(
    client,
    prefix,
    `Redis at ${name}`,
    Object.freeze({ kind: 'redis', ...descriptor, prefix, timeoutMs }),
  );
  try {
    await inTime(clock, timeoutMs, client.connect());
    isOpen = true;
    // A program that is done otherwise does not wait for the connection; while an answer is awaited, a timer holds it.
    client.unref();
    const format = await inTime(clock, timeoutMs, driver.format());
    if (format !== redisFormat) {
      throw new CacheOpenError(
        `Cannot open the cache in ${name} as what has the prefix '${prefix}' is of another heddle: received version ${format}, this one knows ${redisFormat}`,
      );
    }
  } catch (cause) {
    client.destroy();
    if (cause instanceof CacheOpenError) throw cause;
    const told = cause instanceof Error ? cause.message || cause.name : String(cause);
    throw new CacheOpenError(
      `Cannot open the cache in ${name} as the server does not let it: received ${told}`,
      {
        cause,
      },
    );
  }
  return remoteBackend(driver, clock, timeoutMs);
}

async function inTime<T>(clock: Clock, timeoutMs: number, answer: Promise<T>): Promise<T> {
  const overdue = new AbortController();
  try {
    return await Promise.race([
      answer,
      clock.sleep(timeoutMs, { signal: overdue.signal }).then(() => {
        throw new Error(`there was no answer within ${timeoutMs} ms`);
      }),
    ]);
  } finally {
    overdue.abort();
  }
}
