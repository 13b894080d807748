/**
 * What comes from a worker as bytes, by a pipe or a connection: read, looked at, and told in turn with what it prints.
 *
 * Promises that nothing is told of a worker before its greeting was understood, nor after something came that cannot be
 * read. Leaves to transports how bytes come, and ending a worker.
 */

import { DecodeError } from '../codec/decode-error.ts';
import { Packer } from '../codec/pack.ts';
import { FrameReader, type ProcessMessage, type UncaughtMessage } from './frames.ts';
import { IncompatibleWorkerError, notGreetedText, ownGreeting, readGreeting, refusalOf } from './greeting.ts';
import type { InTurn } from './in-turn.ts';
import type { PrintStream } from './print-ring.ts';
import type { HostMessage, SentMessage } from './protocol.ts';
import { SentMessages } from './sent-messages.ts';
import type { TransportListener } from './transport.ts';

export interface ReceivedMessagesParts {
  readonly listener: TransportListener<SentMessage>;
  readonly inTurn: InTurn;
  /** Takes what was printed, where it comes in messages. */
  printed(stream: PrintStream, bytes: Buffer): void;
  /** The worker has sent what cannot be read, and must be ended. */
  refused(): void;
  /** Says better what it means that this came in place of a greeting. */
  notGreeted?(error: unknown, chunk: Buffer): unknown;
}

export class ReceivedMessages {
  readonly #parts: ReceivedMessagesParts;
  /** Until it has been greeted, nothing is believed. */
  readonly #reader = new FrameReader(checkWorker);
  readonly #sent = new SentMessages();
  /** Whether it has sent what cannot be read: what follows makes no sense. */
  #isUnreadable = false;
  #error: unknown;

  constructor(parts: ReceivedMessagesParts) {
    this.#parts = parts;
  }

  /** Whether the worker has said who it is. */
  get isGreeted(): boolean {
    return this.#reader.isGreeted;
  }

  /** What the worker did not catch, or has sent that cannot be read. */
  get error(): unknown {
    return this.#error;
  }

  /** Notes what was posted to the worker: it may answer no more than that. */
  posted(message: HostMessage): void {
    this.#sent.posted(message);
  }

  /** Takes the next bytes, of which it keeps nothing. */
  take(chunk: Buffer): void {
    if (this.#isUnreadable) return;
    let messages: ProcessMessage[];
    try {
      messages = this.#reader.push(chunk).map((message) => this.#sent.check(message));
    } catch (error) {
      const { notGreeted } = this.#parts;
      this.#refuse(this.isGreeted || notGreeted === undefined ? error : notGreeted(error, chunk));
      return;
    }
    if (!this.isGreeted && messages.length > 0) {
      this.#refuse(new IncompatibleWorkerError(notGreetedText('worker')));
      return;
    }
    const { inTurn, printed } = this.#parts;
    for (const message of messages) {
      if (message.kind === 'written') inTurn.run(() => printed(message.stream, Buffer.from(message.bytes)));
      else if (message.kind === 'uncaught') this.#error = uncaughtBy(message);
      else if (message.kind === 'relayed') inTurn.run(() => this.#relay(message));
      else inTurn.run(() => this.#tell(message));
    }
  }

  /** Not what came with something that could not be read. */
  #tell(message: SentMessage): void {
    if (!this.#isUnreadable) this.#parts.listener.message(message);
  }

  /** Those who show it look at it themselves. */
  #relay(message: SentMessage): void {
    try {
      this.#parts.listener.message(message);
    } catch (cause) {
      const { message: reason } = cause as Partial<Error>;
      this.#refuse(new DecodeError('message.data', `Cannot read what is to be shown: ${reason}`, { cause }));
    }
  }

  #refuse(error: unknown): void {
    this.#isUnreadable = true;
    this.#error ??= error;
    this.#parts.refused();
  }
}

/** @throws {IncompatibleWorkerError} If this program and the worker would not understand each other. */
function checkWorker(greeting: unknown): void {
  const refusal = refusalOf(ownGreeting(), readGreeting(greeting));
  if (refusal !== undefined) throw new IncompatibleWorkerError(refusal);
}

function uncaughtBy({ error, isPacked }: UncaughtMessage): unknown {
  try {
    return new Packer().unpack({ data: error, isPacked });
  } catch (unread) {
    return unread;
  }
}
