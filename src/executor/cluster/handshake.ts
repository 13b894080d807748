/**
 * How a program and what its jobs start know each other on a network: each proves that it has the secret of the run, which is
 * never sent.
 *
 * The program begins with a number that it made up (a challenge), and what connects answers with a number of its own, who it
 * is, and a proof: an HMAC of both numbers and of who it is, by the secret. The program answers with a proof of its own, or says
 * why it refuses. Each side's proof has its own name in it, so that none can be sent back as one's own. All of that is text in
 * frames of version 0 (`docs/formats/wire.md`), so versions of heddle that do not understand each other can say so.
 *
 * - **Bound:** until it has proved itself, a stranger is read 4 KiB of, and kept for ten seconds.
 * - **Not promised:** that nobody listens on the way. What follows is not encrypted.
 */

import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { HeddleError } from '../../base/errors.ts';
import { expectIndex, expectRecord, expectText, unexpected } from '../../codec/expect.ts';
import { toGreetingFrame } from '../../worker/frames.ts';
import { ownGreeting, readGreeting, refusalOf } from '../../worker/greeting.ts';

/** Who connects to a program. */
export type Visitor =
  /** A job that has started: the connection by which it is told what to do. */
  | { readonly role: 'pilot'; readonly batch: number; readonly job: string }
  /** A worker that a pilot was told to start. */
  | { readonly role: 'worker'; readonly pilot: number; readonly slot: number }
  /** Nothing goes by this one: by its end a pilot sees that the program is gone. */
  | { readonly role: 'pulse'; readonly pilot: number };

/** A connection is refused. The message says why, and the mend. */
export class RefusedError extends HeddleError {
  override readonly name: string = 'RefusedError';
  constructor(message: string) {
    super('HEDDLE_REFUSED', message);
  }
}

/** How long all of it may take, in milliseconds. Arbitrary. */
const timeoutMs = 10_000;
/** The largest greeting with its head, in bytes: that of `frames.ts`. */
const mostBytes = 4096;
const headBytes = 8;
const mark = Buffer.from('hdl\0', 'latin1');
/** How long numbers and secrets are, in bytes. */
const secretBytes = 32;

/** Makes a secret, or a number that nobody can guess. */
export function newSecret(): string {
  return process.getBuiltinModule('node:crypto').randomBytes(secretBytes).toString('hex');
}

interface Numbers {
  readonly program: string;
  readonly visitor: string;
}

function proofOf(side: 'program' | 'visitor', secret: string, numbers: Numbers, who: Visitor): Buffer {
  const { createHmac } = process.getBuiltinModule('node:crypto');
  const told = JSON.stringify([
    'heddle 1',
    side,
    numbers.program,
    numbers.visitor,
    Object.entries(who).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
  return createHmac('sha256', secret).update(told).digest();
}

function isProof(told: unknown, proof: Buffer): boolean {
  const { timingSafeEqual } = process.getBuiltinModule('node:crypto');
  const given = Buffer.from(expectText(told, 'greeting.proof'), 'hex');
  return given.length === proof.length && timingSafeEqual(given, proof);
}

/** A visitor that has proved itself, and was not let in yet. */
export interface Visit {
  readonly who: Visitor;
  /** Lets it in. @returns the connection; what has come on it is to be read */
  accept(): Socket;
  /** Ends the connection, after telling why. */
  refuse(reason: string): void;
}

/**
 * Finds out who connects to this program.
 *
 * @throws {RefusedError} If it has not proved itself, or does not understand this program. The connection is closed then.
 */
export async function receive(socket: Socket, secret: string, clock: Clock): Promise<Visit> {
  const refuse = (reason: string): void => {
    socket.end(toGreetingFrame({ refused: reason }));
    // Whoever is refused has nothing more to say.
    socket.on('error', () => undefined).resume();
    clock.after(timeoutMs, () => socket.destroy(), { ref: false });
  };
  const program = newSecret();
  const greetings = new Greetings(socket, clock);
  socket.write(toGreetingFrame({ ...ownGreeting(), challenge: program }));
  let refusal: string | undefined;
  let who: Visitor;
  let numbers: Numbers;
  try {
    const answer = expectRecord(await greetings.next(), 'greeting');
    who = visitorOf(answer['who']);
    numbers = { program, visitor: expectText(answer['challenge'], 'greeting.challenge') };
    if (!isProof(answer['proof'], proofOf('visitor', secret, numbers, who))) {
      refusal = `Cannot let a ${who.role} in as it has another secret than this run: received a wrong proof\n  it may belong to another run, or have read the file of the secret before it was written`;
    } else refusal = refusalOf(ownGreeting(), readGreeting(answer));
  } catch (cause) {
    // It is told nothing that it could learn from.
    socket.destroy();
    throw new RefusedError(
      `Cannot let in what connects as it does not say who it is: ${(cause as Error).message}`,
    );
  } finally {
    greetings.stop();
  }
  if (refusal !== undefined) {
    refuse(refusal);
    throw Object.assign(new RefusedError(refusal), { who });
  }
  return {
    who,
    accept: () => {
      greetings.leave();
      socket.write(toGreetingFrame({ proof: proofOf('program', secret, numbers, who).toString('hex') }));
      return socket;
    },
    refuse,
  };
}

/**
 * Gets in at a program.
 *
 * @throws {RefusedError} If the program refuses, or does not prove itself.
 * @throws {Error} If the connection ends, or nothing comes.
 */
export async function enter(socket: Socket, secret: string, who: Visitor, clock: Clock): Promise<void> {
  const greetings = new Greetings(socket, clock);
  try {
    await prove(socket, secret, who, greetings);
    greetings.leave();
  } finally {
    greetings.stop();
  }
}

async function prove(socket: Socket, secret: string, who: Visitor, greetings: Greetings): Promise<void> {
  const first = expectRecord(await greetings.next(), 'greeting');
  const numbers: Numbers = {
    program: expectText(first['challenge'], 'greeting.challenge'),
    visitor: newSecret(),
  };
  const proof = proofOf('visitor', secret, numbers, who).toString('hex');
  socket.write(toGreetingFrame({ ...ownGreeting(), challenge: numbers.visitor, who, proof }));
  const last = expectRecord(await greetings.next(), 'greeting');
  if (last['refused'] !== undefined) throw new RefusedError(expectText(last['refused'], 'greeting.refused'));
  if (!isProof(last['proof'], proofOf('program', secret, numbers, who)))
    throw new RefusedError('Cannot work for the program as it has another secret: received a wrong proof');
}

/** @throws {DecodeError} If it is nobody. */
function visitorOf(value: unknown): Visitor {
  const { role, batch, job, pilot, slot } = expectRecord(value, 'greeting.who');
  switch (role) {
    case 'pilot':
      return {
        role,
        batch: expectIndex(batch, 'greeting.who.batch'),
        job: expectText(job, 'greeting.who.job'),
      };
    case 'worker':
      return {
        role,
        pilot: expectIndex(pilot, 'greeting.who.pilot'),
        slot: expectIndex(slot, 'greeting.who.slot'),
      };
    case 'pulse':
      return { role, pilot: expectIndex(pilot, 'greeting.who.pilot') };
    default:
      throw unexpected(role, 'greeting.who.role', 'a role');
  }
}

/** Reads greetings of a connection one by one, and leaves what follows them. */
class Greetings {
  readonly #socket: Socket;
  readonly #timer: Disposable;
  #bytes: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<unknown> | undefined;
  #failed: Error | undefined;
  #isLeft = false;
  readonly #take = (chunk: Buffer): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    this.#tell();
  };
  readonly #fail = (error?: Error): void => {
    this.#failed ??= error instanceof Error ? error : new Error('the connection has ended');
    this.#tell();
  };

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#timer = clock.after(timeoutMs, () => this.#fail(new Error(`nothing came for ${timeoutMs} ms`)), {
      ref: false,
    });
    socket.on('data', this.#take).on('error', this.#fail).on('close', this.#fail);
  }

  /** @throws {Error} If what comes is none, or nothing comes. */
  next(): Promise<unknown> {
    this.#waiting = Promise.withResolvers();
    const { promise } = this.#waiting;
    this.#tell();
    return promise;
  }

  #tell(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    try {
      const greeting = this.#cut();
      if (greeting === undefined && this.#failed === undefined) return;
      this.#waiting = undefined;
      if (greeting === undefined) waiting.reject(this.#failed);
      else waiting.resolve(greeting);
    } catch (error) {
      this.#waiting = undefined;
      waiting.reject(error);
    }
  }

  #cut(): unknown {
    const bytes = this.#bytes;
    const begun = Math.min(bytes.length, mark.length);
    if (bytes.compare(mark, 0, begun, 0, begun) !== 0)
      throw new Error(`it begins with other bytes: received ${bytes.toString('hex', 0, headBytes)}`);
    if (bytes.length < headBytes) return undefined;
    const end = headBytes + bytes.readUInt32LE(mark.length);
    if (end > mostBytes) throw new Error(`it has more than ${mostBytes} bytes: received ${end}`);
    if (bytes.length < end) return undefined;
    this.#bytes = bytes.subarray(end);
    return JSON.parse(bytes.toString('utf8', headBytes, end)) as unknown;
  }

  /** Gives the connection to whoever reads it from here on. */
  leave(): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    this.#socket.pause();
    this.#unlisten();
    if (this.#bytes.length > 0) this.#socket.unshift(this.#bytes);
  }

  #unlisten(): void {
    this.#timer[Symbol.dispose]();
    this.#socket.off('data', this.#take).off('error', this.#fail).off('close', this.#fail);
  }

  /** Reads no more, for now. */
  stop(): void {
    if (!this.#isLeft) this.#unlisten();
  }
}
