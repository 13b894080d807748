/**
 * Text as bytes of UTF-8, and back, without loss: what is not well-formed is refused, not replaced.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { DecodeError } from '../../codec/decode-error.ts';

/**
 * @param alias - of the handler, for the message
 * @throws {TypeError} If a half of a surrogate pair stands alone: UTF-8 has nothing for it.
 */
export function bytesOfText(text: string, alias: string): Uint8Array {
  if (text.isWellFormed()) return new TextEncoder().encode(text);
  throw new TypeError(
    `Cannot write ${alias} as the text is not well-formed Unicode: received half a surrogate pair in ${inspectShort(text)}`,
  );
}

/** @throws {DecodeError} If the bytes are not UTF-8. */
export function textOfBytes(bytes: Uint8Array, alias: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DecodeError(alias, `Cannot read ${alias} as it is not UTF-8: received ${bytes.length} bytes`, {
      cause,
    });
  }
}
