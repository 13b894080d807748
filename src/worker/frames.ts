/**
 * Messages as bytes, for workers that share no memory with their host.
 *
 * A frame is a mark with the version, its length, then what V8 writes for the message: all that the clone
 * algorithm keeps stays as it is, shared and cyclic parts included. What would lose its class or cannot be
 * cloned is refused before anything is sent; bytes that are no frame, before memory is taken for them. A frame of
 * version 0 is a greeting, which is text. The format is described in `docs/formats/wire.md`. Leaves to others how
 * bytes travel.
 */

import { once } from '../base/once.ts';
import { classNameOf, isPlainObject } from '../base/plain.ts';
import { DecodeError } from '../codec/decode-error.ts';
import { findInside } from '../codec/find.ts';
import type { PrintStream } from './print-ring.ts';
import type { SentMessage } from './protocol.ts';

/** From a worker process to the host. */
export type ProcessMessage = SentMessage | UncaughtMessage | WrittenMessage;

/** The argument of a worker process that has no pipes for what it prints: it sends that in messages. */
export const printsByMessage = '--prints-by-message';

/** Something was printed, by a worker that has no pipe for it. */
export interface WrittenMessage {
  readonly kind: 'written';
  readonly stream: PrintStream;
  readonly bytes: Uint8Array;
}

/** An error that nobody caught ends this worker. Its last message. */
export interface UncaughtMessage {
  readonly kind: 'uncaught';
  readonly error: unknown;
  readonly isPacked: boolean;
}

/** What each frame begins with: 'hdl', and the version of the format. */
const mark = Uint8Array.of(0x68, 0x64, 0x6c, 1);
const versionAt = 3;
/** The version of greetings, which never changes. */
const greetingVersion = 0;
/** The largest greeting with its head, in bytes. Arbitrary: many times what one has. */
const mostGreetingBytes = 4096;
/** Where its length is told, in four bytes, the lowest first; what counts is what follows them. */
const lengthAt = 4;
const headBytes = 8;
const head = Uint8Array.of(...mark, 0, 0, 0, 0);

/** The largest frame with its head, in bytes: what Node.js writes at once. */
export const mostFrameBytes: number = 2 ** 31 - 1;
/** For how much of a frame memory is taken before its bytes have come. Arbitrary: more than most frames have. */
const mostAheadBytes = 2 ** 24;
/** How much larger the memory for a large frame becomes when it is full. Arbitrary: little is copied twice. */
const growth = 4;

/**
 * Writes a message as a frame.
 *
 * @throws {DOMException} `DataCloneError`, if a part of it cannot be sent to another process.
 */
export function toFrame(message: object): Buffer {
  if ((message as { isPacked?: unknown }).isPacked === true) refuseHostObjects(message);
  const { Writer } = v8();
  const writer = new Writer();
  writer.writeRawBytes(head);
  writer.writeHeader();
  writer.writeValue(message);
  const frame = writer.releaseBuffer();
  if (frame.length > mostFrameBytes)
    throw notCloneable(`${frame.length} bytes are more than a message can hold`);
  frame.writeUInt32LE(frame.length - headBytes, lengthAt);
  return frame;
}

/** Writes a greeting as a frame. */
export function toGreetingFrame(greeting: object): Buffer {
  const text = Buffer.from(JSON.stringify(greeting));
  const frame = Buffer.concat([head, text]);
  frame[versionAt] = greetingVersion;
  frame.writeUInt32LE(text.length, lengthAt);
  return frame;
}

/** Puts frames together again from what arrives, however it was cut. It keeps nothing of the bytes it is given. */
export class FrameReader {
  readonly #greeted: ((greeting: unknown) => void) | undefined;
  /** A frame of which a part has come, and room for what comes next of it. */
  #frame: Buffer | undefined;
  #filled = 0;
  #isGreeted = false;

  /** @param greeted - told a greeting, before what comes after it is read; without it greetings are refused */
  constructor(greeted?: (greeting: unknown) => void) {
    this.#greeted = greeted;
  }

  /** Whether a greeting has come, and was not refused. */
  get isGreeted(): boolean {
    return this.#isGreeted;
  }

  /**
   * Takes the next bytes.
   *
   * @returns the messages that are complete now, in order; what they are, nobody has looked at
   * @throws {DecodeError} If the bytes are no frame that can be read; the rest makes no sense then.
   * @throws what whoever is told of greetings throws
   */
  push(chunk: Buffer): unknown[] {
    const messages: unknown[] = [];
    let at = this.#frame === undefined ? 0 : this.#fill(chunk, 0, messages);
    while (at < chunk.length) {
      const end = this.#endOf(chunk, at, chunk.length);
      if (end === undefined || end > chunk.length) {
        this.#frame = Buffer.allocUnsafe(end === undefined ? headBytes : Math.min(end - at, mostAheadBytes));
        this.#filled = 0;
        at = this.#fill(chunk, at, messages);
      } else {
        this.#read(chunk.subarray(at, end), messages);
        at = end;
      }
    }
    return messages;
  }

  /** Goes on with the frame that has begun. @returns how far the bytes belong to it */
  #fill(chunk: Buffer, start: number, messages: unknown[]): number {
    let at = start;
    for (let frame = this.#frame; frame !== undefined; frame = this.#frame) {
      const copied = chunk.copy(frame, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled < frame.length) {
        // Stray bytes are told as such at once, be there as many as a head has or fewer.
        if (this.#filled < headBytes) this.#checkMark(frame, 0, this.#filled);
        return at;
      }
      const length = this.#endOf(frame, 0, frame.length) as number;
      if (length === frame.length) {
        this.#frame = undefined;
        this.#read(frame, messages);
      } else {
        // A length is only a claim: there is never much more memory than bytes that have come.
        const room = Math.max(mostAheadBytes, frame.length * growth);
        this.#frame = Buffer.allocUnsafe(Math.min(length, room));
        frame.copy(this.#frame);
      }
    }
    return at;
  }

  #read(frame: Buffer, messages: unknown[]): void {
    if (frame[versionAt] !== greetingVersion) {
      messages.push(fromFrame(frame));
      return;
    }
    this.#greeted?.(fromGreeting(frame));
    this.#isGreeted = true;
  }

  /**
   * Where the frame ends that starts there, if so much of it is there that it is known.
   *
   * @throws {DecodeError} If none starts there, or a larger one than there may be.
   */
  #endOf(bytes: Buffer, start: number, filled: number): number | undefined {
    this.#checkMark(bytes, start, filled);
    if (filled - start < headBytes) return undefined;
    const length = headBytes + bytes.readUInt32LE(start + lengthAt);
    const most = bytes[start + versionAt] === greetingVersion ? mostGreetingBytes : mostFrameBytes;
    if (length > most) throw unreadable(`it has more than ${most} bytes: received ${length}`);
    return start + length;
  }

  #checkMark(bytes: Buffer, start: number, filled: number): void {
    for (let i = 0; i < mark.length && start + i < filled; i++) {
      const byte = bytes[start + i] as number;
      if (byte === mark[i]) continue;
      if (i === versionAt && byte === greetingVersion && this.#greeted !== undefined) continue;
      const [version] = mark.subarray(versionAt);
      throw unreadable(
        i === versionAt
          ? `it is of version ${byte}: this heddle reads version ${version}`
          : `it begins with other bytes: received ${bytes.toString('hex', start, Math.min(filled, start + headBytes))}`,
      );
    }
  }
}

function fromGreeting(frame: Buffer): unknown {
  try {
    return JSON.parse(frame.toString('utf8', headBytes)) as unknown;
  } catch (cause) {
    throw unreadable((cause as Error).message, cause);
  }
}

function fromFrame(frame: Buffer): unknown {
  const { Reader } = v8();
  try {
    const reader = new Reader(frame.subarray(headBytes));
    reader.readHeader();
    return reader.readValue();
  } catch (cause) {
    // V8 tells of deep nesting and of patterns with errors of other classes.
    throw unreadable((cause as Error).message.replace(/\.$/, ''), cause);
  }
}

function unreadable(reason: string, cause?: unknown): DecodeError {
  return new DecodeError('frame', `Cannot read a frame as ${reason}`, { cause });
}

/** Most programs start no process, and are spared loading it. */
const v8 = once(() => {
  const { Deserializer, Serializer } = process.getBuiltinModule('node:v8');
  /** V8's own writer, with errors of the class that `postMessage` throws. It calls these methods by their names. */
  class Writer extends Serializer {
    _getDataCloneError(message: string): DOMException {
      return notCloneable(message);
    }
    _getSharedArrayBufferId(): never {
      throw notCloneable('a SharedArrayBuffer cannot be shared with another process');
    }
  }
  return { Writer, Reader: Deserializer };
});

/**
 * Objects of Node.js that threads can send each other, such as a `Blob`, are plain objects to V8, which
 * would write their visible members. They stand only in messages that were packed.
 */
function refuseHostObjects(message: object): void {
  const found = findInside(message, isHostObject, { most: Number.POSITIVE_INFINITY });
  if (found === undefined) return;
  const name = classNameOf(found.value as object);
  throw notCloneable(`an instance of '${name}' cannot be sent to another process`);
}

const types = once(() => process.getBuiltinModule('node:util').types);

function isHostObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isPlainObject(value))
    return false;
  const is = types();
  return !(
    is.isMap(value) ||
    is.isSet(value) ||
    is.isDate(value) ||
    is.isRegExp(value) ||
    is.isAnyArrayBuffer(value) ||
    is.isBoxedPrimitive(value) ||
    ArrayBuffer.isView(value)
  );
}

function notCloneable(message: string): DOMException {
  return new DOMException(message, 'DataCloneError');
}
