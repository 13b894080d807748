/**
 * Bytes, as they are.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import type { ArtifactHandler } from './handler.ts';

/** Keeps a `Uint8Array`, of which a `Buffer` is one. */
export const bytesHandler: ArtifactHandler<Uint8Array> = {
  alias: 'bytes',
  suffix: 'bin',
  binary: true,
  encode: (value) => {
    // A copy: the owner may change his before they are written.
    if (value instanceof Uint8Array) return Uint8Array.from(value);
    throw new TypeError(`Cannot write bytes as they must be a Uint8Array: received ${inspectShort(value)}`);
  },
  decode: (bytes) => bytes,
};
