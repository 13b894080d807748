/**
 * Digests values, with a fixed list of codecs.
 */

import { refuseUnknownOptions } from '../../base/known-options.ts';
import { Codecs } from '../codecs.ts';
import type { DigestCodec } from './digest-codec.ts';
import { digestCodecOf } from './from-codecs.ts';
import { sha256, sha256Hex } from './sha256.ts';
import { Walk } from './walk.ts';

declare const digestBrand: unique symbol;

/** The identity of a value, by which caches and stores know it: 64 hexadecimal digits in lower case. Made in `codec/` alone. */
export type Digest = string & { readonly [digestBrand]: true };

export interface DigestOptions {
  /**
   * What stands for instances of classes that have no method under `digestSymbol`: the codecs by which they cross to
   * workers, told by their names, or some for digests alone, of which the first that matches counts.
   *
   * @defaultValue none
   */
  readonly codecs?: Codecs | readonly DigestCodec[];
  /**
   * What errors call the value: the beginning of the path to what is to blame.
   *
   * @defaultValue `'value'`
   */
  readonly what?: string;
}

const noOptions: DigestOptions = {};

/** Digests values; made once, and used for many. */
export class Digester {
  readonly #codecs: readonly DigestCodec[];
  /** The walk of the last value, unless it is in use: getters and methods of the value may ask for digests themselves. */
  #spare: Walk | undefined;

  constructor(codecs: readonly DigestCodec[] = []) {
    this.#codecs = codecs;
  }

  /** See `digestOf`. */
  text(value: unknown, options: DigestOptions = noOptions): Digest {
    const encoded = this.#withWalk(value, options, (bytes) =>
      typeof bytes === 'string' ? Buffer.from(bytes, 'latin1').toString('hex') : sha256Hex(bytes),
    );
    return encoded as Digest;
  }

  /** See `digestBytesOf`. */
  bytes(value: unknown, options: DigestOptions = noOptions): Uint8Array {
    const digest = this.#withWalk(value, options, (bytes) =>
      typeof bytes === 'string' ? bytes : sha256(bytes),
    );
    return new Uint8Array(Buffer.from(digest, 'latin1'));
  }

  /** Gives the encoding to `use`, or its digest if it is long. The bytes are overwritten by the next value. */
  #withWalk(value: unknown, options: DigestOptions, use: (bytes: Uint8Array | string) => string): string {
    if (options !== noOptions) refuseUnknownOptions(options, ['codecs', 'what'], 'digest a value');
    const { codecs: given, what = 'value' } = options;
    const codecs = given instanceof Codecs ? [digestCodecOf(given)] : given;
    const walk =
      codecs === undefined ? (this.#spare ?? new Walk(this.#codecs)) : new Walk([...codecs, ...this.#codecs]);
    this.#spare = undefined;
    try {
      return use(walk.encode(value, what));
    } finally {
      if (walk.reset() && codecs === undefined) this.#spare = walk;
    }
  }
}
