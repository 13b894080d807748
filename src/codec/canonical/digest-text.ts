/**
 * Digests as text and as bytes: what is read from a file's name or a database's row is told to be a digest here alone.
 */

import type { Digest } from './digester.ts';

const digestPattern = /^[0-9a-f]{64}$/;

/** Whether a text is written as a digest is. */
export function isDigest(text: string): text is Digest {
  return digestPattern.test(text);
}

/** The 32 bytes of a digest. */
export function bytesOfDigest(digest: Digest): Uint8Array {
  return Buffer.from(digest, 'hex');
}

/** The digest that 32 bytes are; `undefined` if they are not 32. */
export function digestOfBytes(bytes: Uint8Array): Digest | undefined {
  if (bytes.length !== 32) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, 32).toString('hex') as Digest; // As it is made in `digester.ts`.
}
