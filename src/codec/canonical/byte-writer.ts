/**
 * Writes the primitive parts of the canonical encoding to memory that grows.
 *
 * Knows numbers, texts and bytes; leaves to `walk.ts` which of them a value is made of. What is written can be taken
 * back by setting `position`.
 */

import { header, longestInline, tag } from './format.ts';
import { sha256 } from './sha256.ts';

/** Bytes at the start. Enough for most arguments, and small enough for Node's own block of memory. */
const initialBytes = 2048;
/** A shorter text is written a letter at a time, which is faster than a call of native code. Measured. */
const shortText = 40;

/** A text of which more bytes than this would be written is hashed by itself, see `walk.ts`. */
export const longText: number = 2 ** 14;

export class ByteWriter {
  bytes: Buffer = Buffer.allocUnsafe(initialBytes);
  #view: DataView = viewOf(this.bytes);
  /** Where the next byte goes. */
  position = 0;

  byte(value: number): void {
    if (this.position === this.bytes.length) this.ensure(1);
    this.bytes[this.position++] = value;
  }

  /** A count: 7 bits a byte, the lowest first, each byte but the last with its highest bit set. */
  count(value: number): void {
    this.ensure(8);
    let rest = value;
    while (rest > 127) {
      this.bytes[this.position++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.position++] = rest;
  }

  /** 8 bytes of IEEE 754, the lowest first; every NaN as the same one. */
  float64(value: number): void {
    this.ensure(8);
    this.#view.setFloat64(this.position, value === value ? value : Number.NaN, true);
    this.position += 8;
  }

  bigint(value: bigint): void {
    const digits = (value < 0n ? -value : value).toString(16);
    const even = value === 0n ? '' : digits.length % 2 === 0 ? digits : `0${digits}`;
    this.byte(value < 0n ? tag.negativeBigint : tag.bigint);
    this.count(even.length / 2);
    this.ensure(even.length / 2);
    this.position += this.bytes.write(even, this.position, 'hex');
  }

  /** A text, with its tag. */
  text(value: string): void {
    if (value.length >= shortText || !this.#shortAscii(value)) this.#anyText(value);
  }

  /** Whether a text is written as UTF-8: all are but those that hold half a surrogate pair. */
  textHead(value: string): 'utf8' | 'utf16le' {
    const isUtf8 = value.isWellFormed();
    this.byte(isUtf8 ? tag.text : tag.brokenText);
    this.count(isUtf8 ? Buffer.byteLength(value, 'utf8') : 2 * value.length);
    return isUtf8 ? 'utf8' : 'utf16le';
  }

  raw(source: Uint8Array): void {
    this.ensure(source.length);
    this.bytes.set(source, this.position);
    this.position += source.length;
  }

  /** Bytes, one a character. */
  latin1(bytes: string): void {
    this.ensure(bytes.length);
    this.position += this.bytes.write(bytes, this.position, 'latin1');
  }

  /** A digest, with its tag. */
  digest(digest: string): void {
    this.byte(tag.digest);
    this.latin1(digest);
  }

  /** What was written since `start`, a character for each byte. */
  latin1Since(start: number): string {
    return this.bytes.toString('latin1', start, this.position);
  }

  /** Digests what was written since `start`. */
  digestSince(start: number): string {
    if (start === header.length) return sha256(this.bytes.subarray(0, this.position));
    // The header has to stand before it: for as long as that takes, it is moved.
    this.ensure(header.length);
    this.bytes.copyWithin(start + header.length, start, this.position);
    this.bytes.set(header, start);
    return sha256(this.bytes.subarray(start, this.position + header.length));
  }

  /** Whether what was written since `start` is too long to stand where it is. */
  isLongSince(start: number): boolean {
    return this.position - start > longestInline;
  }

  /** Makes room for more bytes. */
  ensure(more: number): void {
    const needed = this.position + more;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.position);
    this.bytes = larger;
    this.#view = viewOf(larger);
  }

  /** Writes a short text if its letters are ASCII; otherwise nothing. */
  #shortAscii(value: string): boolean {
    const { length } = value;
    this.ensure(2 + length);
    const { bytes } = this;
    const start = this.position + 2;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 127) return false;
      bytes[start + i] = unit;
    }
    bytes[this.position] = tag.text;
    bytes[this.position + 1] = length;
    this.position = start + length;
    return true;
  }

  #anyText(value: string): void {
    const encoding = this.textHead(value);
    this.ensure(encoding === 'utf8' ? 3 * value.length : 2 * value.length);
    this.position += this.bytes.write(value, this.position, encoding);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
