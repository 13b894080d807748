/**
 * Digests of bytes and of text as they are: where stored bytes are, and what is made of other digests.
 */

import type { Digest } from './digester.ts';
import { sha256Hex } from './sha256.ts';

/** SHA-256 of bytes. */
export function digestOfBytes(bytes: Uint8Array): Digest {
  return sha256Hex(bytes) as Digest;
}

/** SHA-256 of a text in UTF-8. */
export function digestOfText(text: string): Digest {
  return sha256Hex(text) as Digest;
}
