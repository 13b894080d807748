/**
 * What a worker tells a client: gathered while what came before is being written, in order, until it is there.
 *
 * Values of runs with a name are kept before they are told, once: the first one counts, also for this client. Written again and
 * again while Redis is gone, as the client may have lost nothing else.
 */

import type { Clock } from '../../../base/clock.ts';
import { NotCloneableError, type Packer } from '../../../codec/pack.ts';
import type { ClientKeys } from './queue-keys.ts';
import { type CallReply, type Reply, writeReplies } from './queue-wire.ts';
import type { Argument, RedisLink } from './redis-link.ts';
import type { SharedValues } from './shared-values.ts';

/** The most replies in an entry. Arbitrary: a client takes one at a time. */
const mostReplies = 512;
const retryMs = 200;
/** How often it is said for how long the stream is kept: a command each time, to put off what is far away. */
const expireEveryMs = 1_000;

/** What came of a call that has a key: a value is kept before it is told. */
interface Keyed {
  readonly reply: CallReply;
  readonly key: string;
}

export interface WorkerRepliesParts {
  readonly link: RedisLink;
  readonly clock: Clock;
  readonly keys: ClientKeys;
  readonly keepMs: number;
  readonly values: SharedValues;
  readonly packer: Packer;
}

export class WorkerReplies {
  readonly #parts: WorkerRepliesParts;
  #waiting: (Reply | Keyed)[] = [];
  #writing: Promise<void> | undefined;
  #isOver = false;
  #expiredMs: number | undefined;

  constructor(parts: WorkerRepliesParts) {
    this.#parts = parts;
  }

  add(reply: Reply): void {
    this.#waiting.push(reply);
    this.#begin();
  }

  /** Tells what came of a call that has a key. Its value is kept; an error is not, as the next attempt may give a value. */
  addKeyed(reply: CallReply, key: string): void {
    this.#waiting.push({ reply, key });
    this.#begin();
  }

  /** Resolves when all that was added so far is there; or nobody is to be told any more. */
  async whenTold(): Promise<void> {
    // What is being written now may have been begun before the last reply was added.
    while (!this.#isOver && (this.#writing !== undefined || this.#waiting.length > 0)) {
      await this.#writing;
    }
  }

  /** The client is gone. */
  end(): void {
    this.#isOver = true;
    this.#waiting = [];
  }

  #begin(): void {
    if (this.#isOver || this.#writing !== undefined) return;
    this.#writing = this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#waiting.length > 0) this.#begin();
    });
  }

  async #writeAll(): Promise<void> {
    // Others may come with what is going on now.
    await new Promise<void>((resolve) => this.#parts.clock.soon(resolve));
    while (this.#waiting.length > 0 && !this.#isOver) {
      const some = this.#waiting.splice(0, mostReplies);
      const commands = this.#commandsFor(some);
      while (!this.#isOver) {
        try {
          await this.#parts.values.whenPut();
          await this.#send(commands);
          break;
        } catch {
          await this.#parts.clock.sleep(retryMs);
        }
      }
    }
  }

  #commandsFor(some: readonly (Reply | Keyed)[]): (readonly Argument[])[] {
    const {
      keys: { replies: stream, outcomes, sent },
      packer,
    } = this.#parts;
    const keepMs = String(this.#parts.keepMs);
    const refused = (reply: CallReply, error: unknown): CallReply => refusedReply(packer, reply, error);
    const commands: (readonly Argument[])[] = [];
    const keys: string[] = [];
    const told: Reply[] = some.map((entry) => {
      if (!('key' in entry)) return entry;
      const { reply, key } = entry;
      keys.push(key);
      if (reply.is !== 'value') return reply;
      const { batch, call, us } = reply;
      commands.push(['HSETNX', outcomes, key, writeReplies([reply], refused)], ['PEXPIRE', outcomes, keepMs]);
      return { is: 'kept', batch, call, ...(us === undefined ? {} : { us }) };
    });
    if (keys.length > 0) commands.push(['HDEL', sent, ...keys]);
    commands.push(['XADD', stream, '*', 'f', writeReplies(told, refused)]);
    const nowMs = this.#parts.clock.nowMs();
    if (this.#expiredMs === undefined || nowMs - this.#expiredMs > expireEveryMs) {
      this.#expiredMs = nowMs;
      commands.push(['PEXPIRE', stream, keepMs]);
    }
    return commands;
  }

  /** What is kept and told is so as a whole; all else is written in one go too, but needs no transaction. */
  async #send(commands: readonly (readonly Argument[])[]): Promise<void> {
    const [first] = commands;
    if (commands.length === 1 && first !== undefined) await this.#parts.link.ask(...first);
    else if (commands.length > 2) await this.#parts.link.transact(commands);
    else await Promise.all(commands.map((command) => this.#parts.link.ask(...command)));
  }
}

/** A value that cannot leave this machine. */
function refusedReply(packer: Packer, { batch, call }: CallReply, cause: unknown): CallReply {
  const text = cause instanceof Error ? cause.message : String(cause);
  const error = new NotCloneableError('result', `Cannot send the result of a call to its client as ${text}`);
  return { is: 'error', batch, call, reason: 'not-cloneable', ...packer.pack(error, 'error') };
}
