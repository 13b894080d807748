/**
 * Connections to a Redis, by the optional package `redis`.
 *
 * Promises that a first connection succeeds within a time or fails with what is wrong, that a lost one is made again by
 * itself, that no command waits for a connection that is not there, and that messages hold no password. Whether a
 * command that failed is sent again is for others to say.
 */

import type { Clock } from '../../../base/clock.ts';
import { fail, importPeer } from '../../../base/peer.ts';
import { QueueError, reasonOf } from './queue-errors.ts';

export type Argument = string | Buffer;

/** What this needs of a client of the package `redis`. */
export interface RedisClient {
  connect(): Promise<unknown>;
  sendCommand(args: readonly Argument[]): Promise<unknown>;
  multi(): RedisTransaction;
  duplicate(): RedisClient;
  withTypeMapping(mapping: Readonly<Record<number, unknown>>): {
    sendCommand(args: readonly Argument[]): Promise<unknown>;
  };
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  destroy(): void;
  unref(): void;
  readonly isOpen: boolean;
  readonly isReady: boolean;
}

export interface RedisTransaction {
  addCommand(args: readonly Argument[]): RedisTransaction;
  exec(): Promise<unknown>;
}

/** The protocol's sign of a bulk string: `$`. */
const bulkString = 36;

/** The longest wait before a lost connection is made again. Arbitrary: short against what people wait for. */
const longestRetryMs = 1_000;

interface InTimeOptions {
  /** For how long the command waits by itself. */
  readonly waitMs?: number;
  readonly ref?: boolean;
}

/** One connection. */
export class RedisLink {
  readonly client: RedisClient;
  readonly #bytes: { sendCommand(args: readonly Argument[]): Promise<unknown> };
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(client: RedisClient, clock: Clock, timeoutMs: number) {
    this.client = client;
    this.#bytes = client.withTypeMapping({ [bulkString]: Buffer });
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Sends a command. @throws what the server says, or that it does not answer */
  ask(...args: readonly Argument[]): Promise<unknown> {
    return this.inTime(this.client.sendCommand(args));
  }

  /** The same, with texts of the answer as bytes. */
  askBytes(args: readonly Argument[]): Promise<unknown> {
    return this.inTime(this.#bytes.sendCommand(args));
  }

  /** The same for a command that waits by itself, for so long. It does not keep the process alive. */
  waitBytes(args: readonly Argument[], waitMs: number): Promise<unknown> {
    return this.inTime(this.#bytes.sendCommand(args), { waitMs, ref: false });
  }

  /** Sends commands as one. */
  async transact(commands: readonly (readonly Argument[])[]): Promise<void> {
    const transaction = this.client.multi();
    for (const command of commands) transaction.addCommand(command);
    await this.inTime(transaction.exec());
  }

  /** Another connection to the same server. */
  async duplicate(): Promise<RedisLink> {
    const client = this.client.duplicate();
    client.on('error', ignore);
    const link = new RedisLink(client, this.#clock, this.#timeoutMs);
    try {
      await this.inTime(client.connect());
      client.unref();
      return link;
    } catch (error) {
      link.close();
      throw error;
    }
  }

  /** Waits for what the server says, but not for ever: it may stand still. */
  async inTime<T>(answer: Promise<T>, { waitMs = 0, ref = true }: InTimeOptions = {}): Promise<T> {
    const limitMs = this.#timeoutMs + waitMs;
    let timer: Disposable | undefined;
    const overdue = new Promise<never>((_, reject) => {
      const tell = (): void =>
        reject(new QueueError(`Cannot go on as Redis does not answer: received nothing for ${limitMs} ms`));
      timer = this.#clock.after(limitMs, tell, { ref });
    });
    try {
      return await Promise.race([answer, overdue]);
    } finally {
      timer?.[Symbol.dispose]();
    }
  }

  close(): void {
    try {
      this.client.destroy();
    } catch {
      // It is closed.
    }
  }
}

export interface LinkOptions {
  readonly url: string;
  readonly clock: Clock;
  /** How long a connection, and an answer, may take. */
  readonly timeoutMs: number;
  /** What it is for, in messages: `open the queue 'x'`. */
  readonly verb: string;
}

/**
 * Connects.
 *
 * @throws {MissingPackageError} If `redis` is not installed.
 * @throws {QueueError} If there is no server, it does not answer in time, or does not let us.
 */
export async function openRedisLink({ url, clock, timeoutMs, verb }: LinkOptions): Promise<RedisLink> {
  const { createClient } = await importPeer('redis', verb, () => import('redis').catch(fail));
  let isOpen = false;
  const client = createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    socket: {
      connectTimeout: timeoutMs,
      keepAlive: true,
      // Whoever opens is told at once. Later it goes on for ever: who waits has a limit of their own.
      reconnectStrategy: (retries: number) => (isOpen ? Math.min(20 * 2 ** retries, longestRetryMs) : false),
    },
  }) as unknown as RedisClient;
  client.on('error', ignore);
  const link = new RedisLink(client, clock, timeoutMs);
  try {
    await link.inTime(client.connect());
    isOpen = true;
    client.unref();
    return link;
  } catch (cause) {
    link.close();
    throw new QueueError(
      `Cannot ${verb} as Redis at ${nameOfServer(url)} does not let it: received ${reasonOf(cause)}${mendFor(cause)}`,
      { cause },
    );
  }
}

/** The server, without the password. */
export function nameOfServer(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? 'an address that cannot be read' : `${parsed.host}${parsed.pathname}`;
}

function mendFor(error: unknown): string {
  const text = reasonOf(error);
  if (/WRONGPASS|NOAUTH|invalid password/i.test(text))
    return '\n  give the password: redis://:password@host:6379';
  if (/ECONNREFUSED|ENOTFOUND|nothing for/.test(text)) return '\n  is it running, and is this its address?';
  return '';
}

function ignore(): void {
  // It connects anew by itself; whoever asks meanwhile is told.
}
