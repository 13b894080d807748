/**
 * SHA-256 of bytes, by Node's own implementation, loaded when the first digest is asked for.
 *
 * Digests are given as strings of 32 characters, a byte each: of what Node offers, that is the fastest by far for short input.
 */

import type { Hash } from 'node:crypto';
import { once } from '../../base/once.ts';

const crypto = once(() => process.getBuiltinModule('node:crypto'));

/** Node takes no more than 2 GiB at a time. */
const mostAtOnce = 2 ** 30;

/** A hash that is fed bit by bit. */
export type { Hash };

/** SHA-256 of bytes, as 32 characters. */
export function sha256(bytes: Uint8Array): string {
  return crypto().hash('sha256', bytes, 'binary');
}

/** SHA-256 of bytes, or of a text as UTF-8, as 64 hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return crypto().hash('sha256', bytes, 'hex');
}

/** SHA-256 of bytes of any length, as 64 hexadecimal digits. */
export function sha256HexOfLong(bytes: Uint8Array): string {
  if (bytes.length <= mostAtOnce) return sha256Hex(bytes);
  const hash = startSha256();
  feed(hash, bytes);
  return hash.digest('hex');
}

export function startSha256(): Hash {
  return crypto().createHash('sha256');
}

/** Feeds bytes of any length, where they lie. */
export function feed(hash: Hash, bytes: Uint8Array): void {
  for (let start = 0; start < bytes.length; start += mostAtOnce) {
    hash.update(
      start === 0 && bytes.length <= mostAtOnce ? bytes : bytes.subarray(start, start + mostAtOnce),
    );
  }
}
