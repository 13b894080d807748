/**
 * Large data of values written as text: in files of a folder, named by their digests, for good.
 *
 * Promises that the same bytes are there once, and that what is read is what was written. Nothing is ever removed: which texts
 * refer to a file, only their owner knows.
 */

import type { Digest } from '../codec/canonical/digester.ts';
import { sha256Hex } from '../codec/canonical/sha256.ts';
import { DecodeError } from '../codec/decode-error.ts';
import type { Referenced, ReferenceReader, ReferenceWriter } from '../codec/references.ts';
import { BlobFiles } from '../store/blob-files.ts';
import { decodeRecord, encodeRecord } from './reference-files.ts';

export class FolderReferences implements ReferenceReader, ReferenceWriter {
  readonly leastBytes: number;
  readonly #files: BlobFiles;

  constructor(folder: string, leastBytes: number) {
    this.leastBytes = leastBytes;
    this.#files = new BlobFiles(process.getBuiltinModule('node:path').resolve(folder));
  }

  /** @throws what the file system says: a text that lacks its data is none */
  write(bytes: Uint8Array): Referenced {
    const digest = sha256Hex(bytes) as Digest;
    this.#files.putNow(digest, bytes);
    return { digest, bytes: bytes.length };
  }

  encode(record: unknown): Uint8Array {
    return encodeRecord(record);
  }

  read({ digest, bytes }: Referenced): Uint8Array<ArrayBuffer> {
    const read = this.#files.getNow(digest);
    if (read === undefined || read.length !== bytes) {
      throw new DecodeError(
        'ref',
        `Cannot read the data of ${digest.slice(0, 12)}… as it is not there, or damaged: received ${this.#files.folder}`,
      );
    }
    return read;
  }

  decode(bytes: Uint8Array): unknown {
    return decodeRecord(bytes);
  }
}
