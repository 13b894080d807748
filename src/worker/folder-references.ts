/**
 * Large data of values written as text: in files of a folder, named by their digests, for good.
 *
 * The files are those of `store/blob-files.ts`, which most programs do not load: here they are read and written at once, as
 * text is. Promises that the same bytes are there once, whole or not at all, and that what is read is what was written; bytes
 * that are damaged are written anew. Nothing is ever removed: which texts refer to a file, only their owner knows.
 */

import { makeFolders } from '../base/make-folders.ts';
import { once } from '../base/once.ts';
import { randomSerial } from '../base/random.ts';

import type { Digest } from '../codec/canonical/digester.ts';
import { sha256HexOfLong } from '../codec/canonical/sha256.ts';
import { DecodeError } from '../codec/decode-error.ts';
import type { Referenced, ReferenceReader, ReferenceWriter } from '../codec/references.ts';
import { decodeRecord, encodeRecord } from './reference-files.ts';

const fs = once(() => process.getBuiltinModule('node:fs'));
const paths = once(() => process.getBuiltinModule('node:path'));

export class FolderReferences implements ReferenceReader, ReferenceWriter {
  readonly leastBytes: number;
  readonly #folder: string;

  constructor(folder: string, leastBytes: number) {
    this.leastBytes = leastBytes;
    this.#folder = paths().resolve(folder);
  }

  /** @throws what the file system says: a text that lacks its data is none */
  write(bytes: Uint8Array): Referenced {
    const digest = sha256HexOfLong(bytes) as Digest;
    if (this.find(digest) === undefined) this.#put(digest, bytes);
    return { digest, bytes: bytes.length };
  }

  #put(digest: Digest, bytes: Uint8Array): void {
    const { renameSync, rmSync, writeFileSync } = fs();
    const { dirname, join } = paths();
    const path = this.#pathOf(digest);
    const host = encodeURIComponent(process.getBuiltinModule('node:os').hostname());
    // As stores name theirs, which remove what processes that are gone have left.
    const name = `${process.pid}-${randomSerial().toString(36)}-0-${host}`;
    const temporary = join(this.#folder, 'temporary', name);
    makeFolders(dirname(temporary));
    makeFolders(dirname(path));
    try {
      writeFileSync(temporary, bytes, { flag: 'wx' });
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  #pathOf(digest: Digest): string {
    return paths().join(this.#folder, digest.slice(0, 2), digest.slice(2));
  }

  /** The bytes of a digest; `undefined` if they are not there, or others are. */
  find(digest: Digest): Uint8Array<ArrayBuffer> | undefined {
    let read: Uint8Array;
    try {
      read = fs().readFileSync(this.#pathOf(digest));
    } catch {
      return undefined;
    }
    if (sha256HexOfLong(read) !== digest) return undefined;
    // Small files may be read into memory that others use, too.
    const isOwn = read.length === read.buffer.byteLength;
    return isOwn ? new Uint8Array(read.buffer as ArrayBuffer) : Uint8Array.from(read);
  }

  encode(record: unknown): Uint8Array {
    return encodeRecord(record);
  }

  read({ digest, bytes }: Referenced): Uint8Array<ArrayBuffer> {
    const read = this.find(digest);
    if (read === undefined || read.length !== bytes) {
      throw new DecodeError(
        'ref',
        `Cannot read the data of ${digest.slice(0, 12)}… as it is not there, or damaged: received ${this.#folder}`,
      );
    }
    return read;
  }

  decode(bytes: Uint8Array): unknown {
    return decodeRecord(bytes);
  }
}
