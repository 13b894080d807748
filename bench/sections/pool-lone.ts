/**
 * One task at a time over worker threads.
 *
 * On a machine whose cores fall asleep between two messages a round trip takes one time or three times as long, from one
 * process to the next: therefore many rounds, and the tenth percentile beside the median.
 */

import type { Figure, Settings } from '../figure.ts';
import { contenderList } from '../pool/contender-list.ts';
import { inRounds } from '../pool/in-rounds.ts';
import { figuresOf, ratiosOf, valueOf } from '../pool/ratio.ts';

/** Measures the section `pool-lone`. */
export async function measurePoolLone({ quick }: Settings): Promise<readonly Figure[]> {
  const contenders = contenderList.filter(({ kind, mapsOnly }) => kind === 'threads' && mapsOnly !== true);
  const standings = await inRounds('lone', contenders, { rounds: quick ? 1 : 15, quick });
  return ['p10', 'p50', 'p99'].flatMap((measure) => {
    const bare = { name: 'bare postMessage', value: valueOf(standings, 'bare postMessage', measure) };
    const target = measure === 'p10' ? {} : { atMost: 1.15 };
    return [
      ...figuresOf(standings, measure, measure, 'µs'),
      ...ratiosOf(standings, measure, measure, [{ ...bare, ...target }]),
    ];
  });
}
