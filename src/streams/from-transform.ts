/**
 * Streams of the Web and of Node that transform, as transformers that pull.
 */

import type { Duplex } from 'node:stream';
import { fromWritable } from './from-writable.ts';
import { openSource, type Pullable } from './open-source.ts';
import { patch } from './patch.ts';
import { type Pull, pull } from './pull.ts';

/** A pair of Web streams, such as a `TransformStream` or a `DecompressionStream`. */
export interface TransformPair<In, Out> {
  readonly writable: WritableStream<In>;
  readonly readable: ReadableStream<Out>;
}

/**
 * Makes a transformer of a stream of the Web or of Node that takes items and gives items.
 *
 * It can be pulled through once, as streams can. Errors on either side end both, and leaving early does.
 *
 * @example
 * ```ts
 * import { createGunzip, gzipSync } from 'node:zlib';
 * import { fromTransform, pullFrom } from 'heddle/streams';
 * const bytes = pullFrom([gzipSync('warp and weft')]).to(fromTransform<Uint8Array, Buffer>(createGunzip()));
 * assert.equal(Buffer.concat(await Array.fromAsync(bytes)).toString(), 'warp and weft');
 * ```
 */
export function fromTransform<In, Out>(stream: TransformPair<In, Out> | Duplex): Pull<In, Out> {
  const isWeb = stream.readable instanceof ReadableStream;
  // A duplex stream of Node is both ends itself, and says nothing of what it takes and gives.
  const writable = (isWeb ? stream.writable : stream) as WritableStream<In>;
  const readable = (isWeb ? stream.readable : stream) as Pullable<Out>;
  const sink = fromWritable<In>(writable);
  return pull(async function* (source: AsyncIterable<In>): AsyncGenerator<Out, void> {
    const copied = patch(source, sink);
    copied.catch(() => undefined); // Told below, or nobody is there to hear it.
    yield* { [Symbol.asyncIterator]: () => openSource(readable) as AsyncIterator<Out, void> };
    await copied;
  });
}
