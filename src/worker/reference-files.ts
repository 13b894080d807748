/**
 * Large data in files of a folder that a program shares with its worker processes.
 *
 * Each file is written once, by one process, under a name that no other gives: nobody hears of it before it is whole, so it
 * needs no second name until then. What is read is compared with its digest. Reads and writes at once: a worker has nothing
 * else to do meanwhile, and a host would take as long to take in the same bytes from a pipe.
 *
 * When a file goes, it leaves to others.
 */

import { once } from '../base/once.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import { feed, startSha256 } from '../codec/canonical/sha256.ts';
import { DecodeError } from '../codec/decode-error.ts';
import type { Referenced } from '../codec/references.ts';
import { FrameReader, toFrame } from './frames.ts';

const fs = once(() => process.getBuiltinModule('node:fs'));
const join = once(() => process.getBuiltinModule('node:path').join);

/** Only for the user who runs the program. */
const fileMode = 0o600;

export class ReferenceFiles {
  readonly folder: string;
  readonly #writer: string;
  #written = 0;

  /** @param writer - small letters and digits that no other process has which uses the folder */
  constructor(folder: string, writer: string) {
    this.folder = folder;
    this.#writer = writer;
  }

  /**
   * Writes a file.
   *
   * @returns `undefined` if it cannot be written, as the disk is full or the folder is gone; then nothing is left of it
   */
  write(digest: Digest, bytes: Uint8Array): Referenced | undefined {
    const place = `${this.#writer}-${this.#written++}`;
    const path = this.#pathOf(place);
    let file: number | undefined;
    try {
      file = fs().openSync(path, 'wx', fileMode);
      for (let done = 0; done < bytes.length; )
        done += fs().writeSync(file, bytes, done, Math.min(bytes.length - done, mostWritten));
      return { digest, bytes: bytes.length, place };
    } catch {
      this.remove(place);
      return undefined;
    } finally {
      if (file !== undefined) fs().closeSync(file);
    }
  }

  /** @throws {DecodeError} If it is not there, or is not what was written. */
  read({ digest, bytes, place }: Referenced): Uint8Array<ArrayBuffer> {
    const { closeSync, fstatSync, openSync, readSync } = fs();
    if (place === undefined) throw unread(digest, 'the record does not say where it is');
    let file: number;
    try {
      file = openSync(this.#pathOf(place), 'r');
    } catch (cause) {
      throw unread(digest, 'it is not there any more', cause);
    }
    try {
      // First of all: memory is taken for what is there, not for what a record says.
      const { size } = fstatSync(file);
      if (size !== bytes) throw unread(digest, `it should have ${bytes} bytes: received ${size}`);
      const read = new Uint8Array(bytes);
      const hash = startSha256();
      for (let done = 0; done < bytes; ) {
        const count = readSync(file, read, done, Math.min(bytes - done, mostAtOnce), done);
        if (count === 0) throw unread(digest, `it should have ${bytes} bytes: received ${done}`);
        feed(hash, read.subarray(done, done + count));
        done += count;
      }
      if (hash.digest('hex') !== digest) throw unread(digest, 'its bytes are not those that were written');
      return read;
    } catch (cause) {
      throw cause instanceof DecodeError ? cause : unread(digest, 'it cannot be read', cause);
    } finally {
      closeSync(file);
    }
  }

  remove(place: string): void {
    try {
      fs().unlinkSync(this.#pathOf(place));
    } catch {
      // It is gone, or goes with the folder.
    }
  }

  #pathOf(place: string): string {
    return join()(this.folder, place);
  }
}

/** The most that is written at once: Node.js takes less than 2 GiB. */
const mostWritten = 2 ** 30;
/** What is read and digested at a time: what has just been read is still near the processor. */
const mostAtOnce = 2 ** 20;

function unread(digest: Digest, reason: string, cause?: unknown): DecodeError {
  return new DecodeError('ref', `Cannot read the data of ${digest.slice(0, 12)}… as ${reason}`, { cause });
}

/** Makes bytes of a record. */
export function encodeRecord(record: unknown): Uint8Array {
  return toFrame({ isPacked: true, record });
}

/** @throws {DecodeError} If they are not the bytes of a record. */
export function decodeRecord(bytes: Uint8Array): unknown {
  const messages = new FrameReader().push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const [message] = messages as readonly ({ readonly record?: unknown } | undefined)[];
  if (messages.length !== 1 || typeof message !== 'object' || message === null)
    throw new DecodeError('ref', 'Cannot read a reference as its bytes are not one record');
  return message.record;
}
