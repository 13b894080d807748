/**
 * The work: reads a file, and compresses it.
 */

import { readFileSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';
import { tasks, transfer } from 'heddle';

/** A file as it stands in an archive. */
export interface PackedFile {
  readonly size: number;
  /** The checksum of its content. */
  readonly crc: number;
  readonly packed: Uint8Array<ArrayBuffer>;
}

export const { packFile } = tasks(import.meta, {
  /** @throws {Error} If the file cannot be read, naming it. */
  packFile: (file: string): PackedFile => {
    const content = readOrSay(file);
    // In memory of its own, which can be moved to the program, not copied.
    const packed = new Uint8Array(deflateRawSync(content, { level: 9 }));
    return transfer({ size: content.length, crc: crc32(content), packed });
  },
});

function readOrSay(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Error(`Cannot read ${file}: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
}
