/**
 * Payloads to two worker threads: never slower than the best of others.
 */

import type { Figure, Settings } from '../figure.ts';
import { contenderList } from '../pool/contender-list.ts';
import { inRounds } from '../pool/in-rounds.ts';
import { bestPeer, figuresOf, ratiosOf, valueOf } from '../pool/ratio.ts';

/** Those that know the payloads best: the others are slower at every size. */
const peers = [
  'piscina',
  'piscina, FixedQueue, 64 a worker',
  'tinypool, 64 a worker',
  'workerpool',
  'bthreads',
];

/** Measures the section `pool-payloads`. */
export async function measurePoolPayloads({ quick }: Settings): Promise<readonly Figure[]> {
  const contenders = contenderList.filter(
    ({ name, side, kind, mapsOnly }) =>
      kind === 'threads' &&
      mapsOnly !== true &&
      side !== 'floor' &&
      (side !== 'peer' || peers.includes(name)),
  );
  const standings = await inRounds('payloads', contenders, { rounds: quick ? 1 : 3, quick });
  const names = new Set(standings.flatMap(({ measures }) => Object.keys(measures)));
  return [...names].flatMap((name) => [
    ...figuresOf(standings, name, name, 'µs'),
    ...ratiosOf(standings, name, name, [
      { name: 'the best peer', value: bestPeer(standings, name, 'less'), atMost: 1 },
      { name: 'bare postMessage', value: valueOf(standings, 'bare postMessage', name) },
    ]),
  ]);
}
