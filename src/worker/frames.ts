/**
 * Messages as bytes, for workers that share no memory with their host.
 *
 * A frame is four bytes that tell its length, then what V8 writes for the message: all that the clone
 * algorithm keeps stays as it is, shared and cyclic parts included. What would lose its class or cannot be
 * cloned is refused before anything is sent. Leaves to others how bytes travel.
 */

import { once } from '../base/once.ts';
import { classNameOf, isPlainObject } from '../base/plain.ts';
import { findInside } from '../codec/find.ts';
import type { SentMessage } from './protocol.ts';

/** From a worker process to the host. */
export type ProcessMessage = SentMessage | UncaughtMessage;

/** An error that nobody caught ends this worker. Its last message. */
export interface UncaughtMessage {
  readonly kind: 'uncaught';
  readonly error: unknown;
  readonly isPacked: boolean;
}

/** Bytes that tell the length of a frame. */
const headBytes = 4;
/** The most that they can tell. */
const mostBytes = 2 ** 32 - 1;
const head = new Uint8Array(headBytes);

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
  const length = frame.length - headBytes;
  if (length > mostBytes) throw notCloneable(`${length} bytes are more than a message can hold`);
  frame.writeUInt32LE(length);
  return frame;
}

/** Puts frames together again from what arrives, however it was cut. It keeps nothing of the bytes it is given. */
export class FrameReader<Message> {
  /** A frame of which a part has come, or as much of it as tells its length. */
  #frame: Buffer | undefined;
  #filled = 0;

  /**
   * Takes the next bytes.
   *
   * @returns the messages that are complete now, in order
   * @throws if the bytes are no message; the rest makes no sense then
   */
  push(chunk: Buffer): Message[] {
    const messages: Message[] = [];
    let at = this.#frame === undefined ? 0 : this.#fill(chunk, 0, messages);
    while (at < chunk.length) {
      const end = endOf(chunk, at);
      if (end === undefined || end > chunk.length) {
        this.#frame = Buffer.allocUnsafe(end === undefined ? headBytes : end - at);
        this.#filled = 0;
        at = this.#fill(chunk, at, messages);
      } else {
        messages.push(fromFrame(chunk.subarray(at, end)) as Message);
        at = end;
      }
    }
    return messages;
  }

  /** Goes on with the frame that has begun. @returns how far the bytes belong to it */
  #fill(chunk: Buffer, start: number, messages: Message[]): number {
    let at = start;
    for (let frame = this.#frame; frame !== undefined; frame = this.#frame) {
      const copied = chunk.copy(frame, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled < frame.length) return at;
      const length = endOf(frame, 0) as number;
      if (length === frame.length) {
        this.#frame = undefined;
        messages.push(fromFrame(frame) as Message);
      } else {
        this.#frame = Buffer.allocUnsafe(length);
        frame.copy(this.#frame);
      }
    }
    return at;
  }
}

/** Where the frame ends that starts there, if so much of it is there that it is known. */
function endOf(bytes: Buffer, start: number): number | undefined {
  if (bytes.length - start < headBytes) return undefined;
  return start + headBytes + bytes.readUInt32LE(start);
}

function fromFrame(frame: Buffer): unknown {
  const { Reader } = v8();
  const reader = new Reader(frame.subarray(headBytes));
  reader.readHeader();
  return reader.readValue();
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
