/**
 * Large data in a worker process: read when a call gets it, written when a call has given it.
 *
 * Data that a call was given and gives back as it is, or as a part of something, is not written again: the host holds it for
 * as long as the call has no answer.
 */

import { randomSerial } from '../../base/random.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import { sha256HexOfLong } from '../../codec/canonical/sha256.ts';
import type { Referenced, ReferenceReader, ReferenceWriter } from '../../codec/references.ts';
import type { WorkerReferenceOptions } from '../protocol.ts';
import { decodeRecord, encodeRecord, ReferenceFiles } from '../reference-files.ts';

/** The data that a call was given, by digest. */
export type GivenData = ReadonlyMap<Digest, Referenced>;

export class WorkerReferences implements ReferenceReader, ReferenceWriter {
  readonly leastBytes: number;
  readonly #files: ReferenceFiles;
  #read = new Map<Digest, Referenced>();
  /** What the call was given whose value is written. */
  given: GivenData | undefined;
  /** Whether anything stands apart from its record since this was last set. */
  isUsed = false;

  constructor({ folder, leastBytes }: WorkerReferenceOptions) {
    this.leastBytes = leastBytes;
    this.#files = new ReferenceFiles(folder, `w${process.pid.toString(36)}x${randomSerial().toString(36)}`);
  }

  /** What has been read since it was asked last; `undefined` if nothing was. */
  takeRead(): GivenData | undefined {
    if (this.#read.size === 0) return undefined;
    const read = this.#read;
    this.#read = new Map();
    return read;
  }

  read(referenced: Referenced): Uint8Array<ArrayBuffer> {
    const bytes = this.#files.read(referenced);
    const { digest, place } = referenced;
    this.#read.set(digest, { digest, bytes: bytes.length, ...(place === undefined ? {} : { place }) });
    return bytes;
  }

  decode(bytes: Uint8Array): unknown {
    return decodeRecord(bytes);
  }

  write(bytes: Uint8Array): Referenced | undefined {
    const digest = sha256HexOfLong(bytes) as Digest;
    const written = this.given?.get(digest) ?? this.#files.write(digest, bytes);
    if (written !== undefined) this.isUsed = true;
    return written;
  }

  encode(record: unknown): Uint8Array {
    return encodeRecord(record);
  }
}
