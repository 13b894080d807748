/**
 * From opening a pool to its first result, and what a worker takes of memory.
 */

import type { Figure, Settings } from '../figure.ts';
import { contenderList } from '../pool/contender-list.ts';
import { inRounds } from '../pool/in-rounds.ts';
import { bestPeer, figuresOf, ratiosOf, valueOf } from '../pool/ratio.ts';

/** Measures the section `pool-start`. */
export async function measurePoolStart({ quick }: Settings): Promise<readonly Figure[]> {
  const contenders = contenderList.filter(({ kind, mapsOnly }) => kind === 'threads' && mapsOnly !== true);
  const standings = await inRounds('start', contenders, { rounds: quick ? 1 : 7, quick });
  const yardsticks = (measure: string) => [
    { name: 'the leanest peer', value: bestPeer(standings, measure, 'less'), atMost: 1.1 },
    { name: 'bare postMessage', value: valueOf(standings, 'bare postMessage', measure) },
  ];
  return [
    ...figuresOf(standings, 'firstMs', 'first result', 'ms'),
    ...ratiosOf(standings, 'firstMs', 'first result', yardsticks('firstMs')),
    ...figuresOf(standings, 'perWorker', 'memory of a worker', 'MiB'),
    ...ratiosOf(standings, 'perWorker', 'memory of a worker', yardsticks('perWorker')),
  ];
}
