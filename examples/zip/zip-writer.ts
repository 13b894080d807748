/**
 * Writes an archive in the format of ZIP, part by part, without ever having all of it.
 *
 * All files get the same date, so that the same content gives the same archive. The format has four bytes for a size, and
 * two for how many files there are: what is larger is refused.
 */

import type { PackedFile } from './tasks.ts';

/** 1980-01-01, the first day of the format. */
const firstDay = 0x21;
/** Names are UTF-8. */
const utf8 = 0x0800;
const deflated = 8;
const version = 20;
/** Which version made the archive: what the table of contents tells in addition. */
const madeBy = Buffer.from([version, 0]);
const mostBytes = 0xffff_ffff;
const mostFiles = 0xffff;

export class ZipWriter {
  readonly #write: (bytes: Uint8Array) => Promise<unknown>;
  /** The table of contents, which comes at the end. */
  readonly #contents: Buffer[] = [];
  #length = 0;

  constructor(write: (bytes: Uint8Array) => Promise<unknown>) {
    this.#write = write;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** @throws {RangeError} If there is no room for it in an archive. */
  async add(name: string, { size, crc, packed }: PackedFile): Promise<void> {
    const nameBytes = Buffer.from(name);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(version, 0);
    facts.writeUInt16LE(utf8, 2);
    facts.writeUInt16LE(deflated, 4);
    facts.writeUInt16LE(firstDay, 8);
    facts.writeUInt32LE(crc, 10);
    facts.writeUInt32LE(packed.length, 14);
    facts.writeUInt32LE(fitting(size), 18);
    facts.writeUInt16LE(nameBytes.length, 22);

    const place = Buffer.alloc(14);
    place.writeUInt32LE(fitting(this.#length), 10);
    this.#contents.push(Buffer.concat([signed('PK\x01\x02'), madeBy, facts, place, nameBytes]));
    await this.#put(Buffer.concat([signed('PK\x03\x04'), facts, nameBytes]));
    await this.#put(packed);
  }

  /** Writes the table of contents. */
  async end(): Promise<void> {
    const start = fitting(this.#length);
    for (const entry of this.#contents) await this.#put(entry);
    if (this.#contents.length > mostFiles) throw new RangeError(`Cannot hold more than ${mostFiles} files`);
    const end = Buffer.alloc(18);
    end.writeUInt16LE(this.#contents.length, 4);
    end.writeUInt16LE(this.#contents.length, 6);
    end.writeUInt32LE(fitting(this.#length) - start, 8);
    end.writeUInt32LE(start, 12);
    await this.#put(Buffer.concat([signed('PK\x05\x06'), end]));
  }

  async #put(bytes: Uint8Array): Promise<void> {
    this.#length += bytes.length;
    await this.#write(bytes);
  }
}

function signed(signature: string): Buffer {
  return Buffer.from(signature, 'latin1');
}

function fitting(bytes: number): number {
  if (bytes > mostBytes) throw new RangeError(`Cannot hold more than 4 GB: received ${bytes} bytes`);
  return bytes;
}
