/**
 * Values as bytes for a store, and back.
 *
 * All that can be sent to a worker can be stored, and comes back as it would come from one. The format is described in
 * `docs/formats/value.md`. Leaves to others where bytes are, and whether they are those that were put there: what is decoded
 * here has been compared with its digest.
 */

import { once } from '../base/once.ts';
import { digestOfBytes } from '../codec/canonical/byte-digest.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import type { Codecs } from '../codec/codecs.ts';
import { DecodeError } from '../codec/decode-error.ts';
import { Border } from '../worker/border.ts';
import { fromJSON, toJSON } from '../worker/json-text.ts';

/** A value as bytes, and where these are in a store. */
export interface EncodedValue {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes. */
  readonly address: Digest;
}

/** How values are written: as V8 clones them, or as text that a person can read. */
export type ValueFormat = 'v8' | 'json';

/** What each stored value begins with: 'hdv', and the version of the format. */
const mark = Uint8Array.of(0x68, 0x64, 0x76, 1);
const versionAt = 3;
const kindAt = 4;
const headBytes = 8;

/** How the rest is written. */
const kinds = { v8: 1, v8Packed: 2, json: 3, bun: 4, bunPacked: 5 } as const;

const isBun = process.versions['bun'] !== undefined;
const plainKind = isBun ? kinds.bun : kinds.v8;
const packedKind = isBun ? kinds.bunPacked : kinds.v8Packed;

const v8 = once(() => process.getBuiltinModule('node:v8'));

/** Encodes and decodes values with one set of codecs. */
export class ValueCodec {
  readonly #border = new Border('v');
  readonly codecs: Codecs | undefined;
  readonly format: ValueFormat;

  constructor(codecs: Codecs | undefined, format: ValueFormat) {
    this.codecs = codecs;
    this.format = format;
    this.#border.packer.use(codecs);
  }

  /**
   * @param what - names the value in errors
   * @throws {NotCloneableError} If a part of it cannot be stored, naming the way to it.
   */
  encode(value: unknown, what: string): EncodedValue {
    const bytes = this.format === 'json' ? this.#asText(value) : this.#asClone(value, what);
    return { bytes, address: digestOfBytes(bytes) };
  }

  #asText(value: unknown): Uint8Array {
    const text = toJSON(value, {
      indent: 2,
      ...(this.codecs === undefined ? {} : { codecs: this.codecs }),
    });
    return Buffer.concat([headOf(kinds.json), Buffer.from(text)]);
  }

  #asClone(value: unknown, what: string): Uint8Array {
    const { packer } = this.#border;
    const { data, isPacked } = packer.pack(value, what);
    const writer = new (v8().DefaultSerializer)();
    writer.writeRawBytes(headOf(isPacked ? packedKind : plainKind));
    writer.writeHeader();
    try {
      writer.writeValue(data);
    } catch (cause) {
      throw packer.explain(value, what, undefined, cause);
    }
    return writer.releaseBuffer();
  }

  /**
   * Gives a value that nobody else has.
   *
   * @throws {DecodeError} If the bytes are no value, of a later version, from a runtime that writes values otherwise, or
   *   hold instances of a class for which there is no codec.
   */
  decode(bytes: Uint8Array): unknown {
    const kind = kindOf(bytes);
    if (kind === kinds.json) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8', headBytes);
      return fromJSON(text, this.codecs === undefined ? {} : { codecs: this.codecs });
    }
    if (kind !== plainKind && kind !== packedKind) throw wrongRuntime(kind);
    // Typed arrays are views of what they are read from, and the bytes are the store's.
    const own = Buffer.allocUnsafeSlow(bytes.length);
    own.set(bytes);
    return this.#border.packer.unpack({ data: readClone(own), isPacked: kind === packedKind });
  }
}

function headOf(kind: number): Uint8Array {
  const head = new Uint8Array(headBytes);
  head.set(mark);
  head[kindAt] = kind;
  return head;
}

function kindOf(bytes: Uint8Array): number {
  const isMarked = bytes.length >= headBytes && [0, 1, 2].every((i) => bytes[i] === mark[i]);
  if (!isMarked)
    throw new DecodeError('', 'Cannot read a stored value as its bytes begin with no mark of one');
  if (bytes[versionAt] !== mark[versionAt]) {
    throw new DecodeError(
      '',
      `Cannot read a stored value as it is of version ${bytes[versionAt]}: this heddle reads version ${mark[versionAt]}`,
    );
  }
  return bytes[kindAt] as number;
}

function readClone(bytes: Buffer): unknown {
  const reader = new (v8().DefaultDeserializer)(bytes);
  reader.readRawBytes(headBytes);
  try {
    reader.readHeader();
    return reader.readValue();
  } catch (cause) {
    throw new DecodeError('', `Cannot read a stored value: ${(cause as Error).message}`, { cause });
  }
}

function wrongRuntime(kind: number): DecodeError {
  const isKnown = Object.values<number>(kinds).includes(kind);
  const writer = !isKnown ? `a writer of kind ${kind}` : isBun ? 'Node.js' : 'Bun';
  return new DecodeError(
    '',
    `Cannot read a stored value as ${writer} wrote it, in a way of its own\n  open the cache with { format: 'json' } to share it`,
  );
}
