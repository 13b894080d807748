/**
 * A cache in Redis: what is written is one transaction, of which all commands are sent at once.
 *
 * | key | what it is |
 * |---|---|
 * | `format` | the version of this layout |
 * | `value:` and a digest | the bytes of a value |
 * | `values` | sorted set: digests of values, by when they were used |
 * | `call:` and a key | the text of a record |
 * | `calls` | sorted set: keys of records, by when they began, negated: so that the newest are first, and then by key |
 * | `claim:` and a key | hash: `owner`, `host`, `pid`, `until` |
 * | `runs` | hash: the text of each run |
 * | `runsByStart` | sorted set: ids of runs, by when they began, negated |
 * | `entries:` and a run | list: texts of entries |
 */

import { isDigest } from '../../codec/canonical/digest-text.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import type { StoreDescriptor, StoreEntry } from '../../store/store.ts';
import type { Claim, RecordFilter } from '../records.ts';
import type { RemoteBatch, RemoteDriver, RemoteValue } from '../remote/remote-driver.ts';

/** The version of the layout. */
export const redisFormat = '1';

/** How many things are read at a time. */
const pageSize = 256;
/** Claims that nobody gives up are removed after a day; that they are over is told by themselves. */
const claimForgottenMs = 86_400_000;

type Argument = string | Buffer;

/** What this needs of a client of the package `redis`. */
export interface RedisClient {
  sendCommand(args: Argument[], options?: object): Promise<unknown>;
  multi(): RedisTransaction;
  withTypeMapping(mapping: Readonly<Record<number, unknown>>): {
    sendCommand(args: Argument[]): Promise<unknown>;
  };
  destroy(): void;
}

export interface RedisTransaction {
  addCommand(args: Argument[]): RedisTransaction;
  exec(): Promise<unknown>;
}

/** By which the protocol tells bytes: its sign of a bulk string, `$`. */
const bulkString = 36;

/** Claims a call: gives nothing if it is made, otherwise the claim that is in its way. */
const claimScript = `
  local held = redis.call('HMGET', KEYS[1], 'owner', 'host', 'pid', 'until')
  if held[1] and held[1] ~= ARGV[1] and tonumber(held[4]) > tonumber(ARGV[5]) then return held end
  redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'host', ARGV[2], 'pid', ARGV[3], 'until', ARGV[4])
  redis.call('PEXPIRE', KEYS[1], ${claimForgottenMs})
  return false`;
const renewScript = `
  for _, key in ipairs(KEYS) do
    if redis.call('HGET', key, 'owner') == ARGV[1] then
      redis.call('HSET', key, 'until', ARGV[2])
      redis.call('PEXPIRE', key, ${claimForgottenMs})
    end
  end`;
const releaseScript = `
  for _, key in ipairs(KEYS) do
    if redis.call('HGET', key, 'owner') == ARGV[1] then redis.call('DEL', key) end
  end`;
/** Forgets a value if it is as it was seen. */
const dropScript = `
  if redis.call('GET', KEYS[1]) == ARGV[1] then
    redis.call('DEL', KEYS[1])
    redis.call('ZREM', KEYS[2], ARGV[2])
  end`;

export class RedisDriver implements RemoteDriver {
  readonly name: string;
  readonly descriptor: StoreDescriptor;
  readonly #client: RedisClient;
  readonly #bytes: { sendCommand(args: Argument[]): Promise<unknown> };
  readonly #prefix: string;
  #isClosed = false;

  constructor(client: RedisClient, prefix: string, name: string, descriptor: StoreDescriptor) {
    this.#client = client;
    this.#bytes = client.withTypeMapping({ [bulkString]: Buffer });
    this.#prefix = prefix;
    this.name = name;
    this.descriptor = descriptor;
  }

  #key(kind: string, of = ''): string {
    return `${this.#prefix}${kind}${of}`;
  }

  #ask(...args: Argument[]): Promise<unknown> {
    return this.#client.sendCommand(args);
  }

  /** The version of the layout that is there; it is this one if nothing was. */
  async format(): Promise<string> {
    await this.#ask('SET', this.#key('format'), redisFormat, 'NX');
    return String(await this.#ask('GET', this.#key('format')));
  }

  async write({ values, calls, runs, entries }: RemoteBatch): Promise<void> {
    const transaction = this.#client.multi();
    const add = (...args: Argument[]): void => void transaction.addCommand(args);
    for (const [digest, value] of values) {
      if (value === undefined) continue;
      add('SET', this.#key('value:', digest), bufferOf(value.bytes));
      // Later, if it was used later.
      add('ZADD', this.#key('values'), 'GT', String(value.usedMs), digest);
    }
    for (const [key, call] of calls) {
      if (call === undefined) continue;
      add('SET', this.#key('call:', key), call.text);
      add('ZADD', this.#key('calls'), String(-call.record.startedMs), key);
    }
    for (const [id, { startedMs, text }] of runs) {
      add('HSET', this.#key('runs'), id, text);
      add('ZADD', this.#key('runsByStart'), String(-startedMs), id);
    }
    for (const { run, text } of entries) add('RPUSH', this.#key('entries:', run), text);
    for (const [key, call] of calls) {
      if (call !== undefined) continue;
      add('DEL', this.#key('call:', key));
      add('ZREM', this.#key('calls'), key);
    }
    for (const [digest, value] of values) {
      if (value !== undefined) continue;
      add('DEL', this.#key('value:', digest));
      add('ZREM', this.#key('values'), digest);
    }
    await transaction.exec();
  }

  async value(digest: Digest): Promise<RemoteValue | undefined> {
    const [bytes, usedMs] = await Promise.all([
      this.#bytes.sendCommand(['GET', this.#key('value:', digest)]),
      this.#ask('ZSCORE', this.#key('values'), digest),
    ]);
    if (!Buffer.isBuffer(bytes)) return undefined;
    return { bytes, usedMs: Number(usedMs ?? 0) };
  }

  async hasValue(digest: Digest): Promise<boolean> {
    return (await this.#ask('EXISTS', this.#key('value:', digest))) === 1;
  }

  async noteUse(digest: Digest, usedMs: number): Promise<void> {
    // `XX`: not if it was deleted meanwhile.
    await this.#ask('ZADD', this.#key('values'), 'XX', 'GT', String(usedMs), digest);
  }

  async dropDamaged(digest: Digest, bytes: Uint8Array): Promise<void> {
    const keys = [this.#key('value:', digest), this.#key('values')];
    await this.#ask('EVAL', dropScript, '2', ...keys, bufferOf(bytes), digest);
  }

  async *values(): AsyncGenerator<StoreEntry, void, undefined> {
    // A scan may tell the same twice.
    const seen = new Set<string>();
    for (let cursor = '0'; ; ) {
      const [next, found] = (await this.#ask(
        'ZSCAN',
        this.#key('values'),
        cursor,
        'COUNT',
        String(pageSize),
      )) as [string, readonly string[]];
      const fresh: [digest: Digest, usedMs: number][] = [];
      for (let i = 0; i < found.length; i += 2) {
        const digest = found[i] as string;
        if (!isDigest(digest) || seen.has(digest)) continue;
        seen.add(digest);
        fresh.push([digest, Number(found[i + 1])]);
      }
      const sizes = await Promise.all(
        fresh.map(async ([digest]) => {
          const key = this.#key('value:', digest);
          const [isThere, bytes] = await Promise.all([this.#ask('EXISTS', key), this.#ask('STRLEN', key)]);
          return isThere === 1 ? Number(bytes) : undefined;
        }),
      );
      for (const [i, [digest, usedMs]] of fresh.entries()) {
        const bytes = sizes[i];
        if (bytes !== undefined) yield { digest, bytes, usedMs };
      }
      if (next === '0') return;
      cursor = next;
    }
  }

  async call(key: Digest): Promise<string | undefined> {
    return textOr(await this.#ask('GET', this.#key('call:', key)));
  }

  async *calls({ prefix = '', sinceMs, untilMs }: RecordFilter): AsyncGenerator<string, void, undefined> {
    if (isDigest(prefix)) {
      const text = await this.call(prefix);
      if (text !== undefined) yield text;
      return;
    }
    const from = untilMs === undefined ? '-inf' : `(${-untilMs}`;
    const to = sinceMs === undefined ? '+inf' : String(-sinceMs);
    for await (const keys of this.#pages(this.#key('calls'), from, to)) {
      const fitting = keys.filter((key) => key.startsWith(prefix)).map((key) => this.#key('call:', key));
      if (fitting.length === 0) continue;
      const texts = (await this.#ask('MGET', ...fitting)) as readonly unknown[];
      for (const text of texts) if (typeof text === 'string') yield text;
    }
  }

  /**
   * Goes through a sorted set by its scores: from where the last page ended, as members come and go meanwhile. Those of one
   * score are counted, so that a page may end among them.
   */
  async *#pages(key: string, first: string, to: string): AsyncGenerator<readonly string[], void, undefined> {
    let from = first;
    let skip = 0;
    for (;;) {
      const args = [
        'ZRANGE',
        key,
        from,
        to,
        'BYSCORE',
        'LIMIT',
        String(skip),
        String(pageSize),
        'WITHSCORES',
      ];
      const page = (await this.#ask(...args)) as readonly string[];
      const members = page.filter((_, i) => i % 2 === 0);
      const scores = page.filter((_, i) => i % 2 === 1);
      yield members;
      const last = scores.at(-1);
      if (last === undefined || members.length < pageSize) return;
      const same = scores.filter((score) => score === last).length;
      skip = last === from ? skip + same : same;
      from = last;
    }
  }

  async claim(key: Digest, claim: Claim, nowMs: number): Promise<Claim | undefined> {
    const { owner, host, pid, untilMs } = claim;
    const args = [owner, host, String(pid), String(untilMs), String(nowMs)];
    const held = await this.#ask('EVAL', claimScript, '1', this.#key('claim:', key), ...args);
    if (!Array.isArray(held)) return undefined;
    const [heldBy, on, id, until] = held as readonly string[];
    return { owner: heldBy ?? '', host: on ?? '', pid: Number(id), untilMs: Number(until) };
  }

  async renew(owner: string, keys: readonly Digest[], untilMs: number): Promise<void> {
    await this.#onClaims(renewScript, keys, owner, String(untilMs));
  }

  async release(owner: string, keys: readonly Digest[]): Promise<void> {
    await this.#onClaims(releaseScript, keys, owner);
  }

  async #onClaims(script: string, keys: readonly Digest[], ...args: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += pageSize) {
      const some = keys.slice(from, from + pageSize).map((key) => this.#key('claim:', key));
      await this.#ask('EVAL', script, String(some.length), ...some, ...args);
    }
  }

  async *runs(): AsyncGenerator<string, void, undefined> {
    for await (const ids of this.#pages(this.#key('runsByStart'), '-inf', '+inf')) {
      if (ids.length === 0) continue;
      const texts = (await this.#ask('HMGET', this.#key('runs'), ...ids)) as readonly unknown[];
      for (const text of texts) if (typeof text === 'string') yield text;
    }
  }

  async *entriesOf(run: string): AsyncGenerator<string, void, undefined> {
    for (let at = 0; ; at += pageSize) {
      const texts = (await this.#ask(
        'LRANGE',
        this.#key('entries:', run),
        String(at),
        String(at + pageSize - 1),
      )) as readonly string[];
      yield* texts;
      if (texts.length < pageSize) return;
    }
  }

  async deleteRun(run: string): Promise<boolean> {
    const [there] = (await this.#client
      .multi()
      .addCommand(['HDEL', this.#key('runs'), run])
      .addCommand(['ZREM', this.#key('runsByStart'), run])
      .addCommand(['DEL', this.#key('entries:', run)])
      .exec()) as readonly unknown[];
    return there === 1;
  }

  async close(): Promise<void> {
    // All was waited for that counts; to close politely would wait for what a server that stands still never says.
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#client.destroy();
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function textOr(reply: unknown): string | undefined {
  return typeof reply === 'string' ? reply : undefined;
}
