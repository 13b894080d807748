/**
 * Bytes for the contract of stores, and their digests.
 */

import type { Digest } from '../../codec/canonical/digester.ts';
import { sha256Hex } from '../../codec/canonical/sha256.ts';

/** The digest under which bytes are stored. */
export function storedDigestOf(bytes: Uint8Array): Digest {
  // As it is made in `codec/`: the digest of bytes is that of no value.
  return sha256Hex(bytes) as Digest;
}

/** The bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
