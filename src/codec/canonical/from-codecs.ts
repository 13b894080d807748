/**
 * The user's codecs, by which instances cross to workers, as what stands for instances in a digest: what a task would
 * see alike has the same digest.
 */

import type { CodecEntry, Codecs } from '../codecs.ts';
import type { DigestCodec } from './digest-codec.ts';

export function digestCodecOf(codecs: Codecs): DigestCodec {
  return {
    kind: 'heddle/codec',
    matches: (value) => typeof value !== 'function' && codecs.find(value) !== undefined,
    parts: (value: object) => {
      const { name, codec } = codecs.find(value) as CodecEntry;
      return [name, codec.digest === undefined ? codec.encode(value as never) : codec.digest(value as never)];
    },
  };
}
