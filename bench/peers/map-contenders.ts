/**
 * What people do without a lazy map over workers: `p-map` around a pool's calls.
 */

import type { BodyName, Contender, OpenPool } from '../pool/contender.ts';
import { loadPeer } from './load-peer.ts';
import { peerContenders } from './peer-contenders.ts';

/** How many calls are out: the batch of a tuned piscina, far above what two workers need. */
const concurrency = 64;

interface PMap {
  pMapIterable(
    inputs: Iterable<unknown>,
    mapper: (input: unknown) => Promise<unknown>,
    options: { concurrency: number; backpressure: number; preserveOrder: boolean },
  ): AsyncIterable<unknown>;
}

/** `p-map` over piscina, and over piscina at its best setting. */
export const mapContenders: readonly Contender[] = peerContenders
  .filter(({ name }) => name.startsWith('piscina'))
  .map((contender) => ({
    ...contender,
    name: `p-map over ${contender.name}`,
    mapsOnly: true,
    open: openMapped(contender),
  }));

function openMapped({ open }: Contender): Contender['open'] {
  return async (workers): Promise<OpenPool> => {
    const pool = await open(workers);
    const { pMapIterable } = await loadPeer<PMap>('p-map');
    return {
      submit: pool.submit,
      close: pool.close,
      map: (body: BodyName, inputs, ordered) =>
        pMapIterable(inputs, (input) => pool.submit(body, input), {
          concurrency,
          backpressure: concurrency,
          preserveOrder: ordered,
        }),
    };
  };
}
