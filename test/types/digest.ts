/** A digest is text, but not every text is a digest. */

import {
  type Digest,
  type DigestCodec,
  type DigestStandIn,
  digestOf,
  digestSymbol,
} from '../../src/index.ts';

export const digest: Digest = digestOf({ a: 1 });
export const text: string = digest.slice(0, 8);
// @ts-expect-error: digests are made by digestOf alone
export const forged: Digest = 'ab';
// @ts-expect-error: there is no such option
digestOf(1, { codec: [] });

class Model {
  readonly layers: readonly number[] = [1];
  [digestSymbol](): DigestStandIn {
    return { kind: 'test/Model', parts: this.layers };
  }
}
export const codec: DigestCodec = {
  kind: 'test/Model',
  matches: (value) => value instanceof Model,
  parts: (model: Model) => model.layers,
};
