/**
 * Texts, as files of UTF-8. Nothing is added, so lines end as they do in the text.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import type { ArtifactHandler } from './handler.ts';
import { bytesOfText, textOfBytes } from './text-bytes.ts';

/** Keeps a string. */
export const textHandler: ArtifactHandler<string> = {
  alias: 'text',
  suffix: 'txt',
  binary: false,
  encode: (value) => {
    if (typeof value === 'string') return bytesOfText(value, 'text');
    throw new TypeError(`Cannot write text as it must be a string: received ${inspectShort(value)}`);
  },
  decode: (bytes) => textOfBytes(bytes, 'text'),
};
