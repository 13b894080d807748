/**
 * Tiny tasks over two child processes.
 */

import type { Figure, Settings } from '../figure.ts';
import { contenderList } from '../pool/contender-list.ts';
import { inRounds } from '../pool/in-rounds.ts';
import { bestPeer, figuresOf, ratiosOf } from '../pool/ratio.ts';

const bursts = { atOnce: '100k at once', window64: 'window of 64', window8: 'window of 8' } as const;

/** Measures the section `pool-processes`. */
export async function measurePoolProcesses({ quick }: Settings): Promise<readonly Figure[]> {
  const contenders = contenderList.filter(({ kind }) => kind === 'processes');
  const standings = await inRounds('tiny', contenders, { rounds: quick ? 1 : 3, quick });
  return Object.entries(bursts).flatMap(([burst, title]) => [
    ...figuresOf(standings, burst, title, 'thousand a second'),
    ...ratiosOf(standings, burst, title, [
      {
        name: 'the best peer',
        value: bestPeer(standings, burst, 'more'),
        ...(burst === 'atOnce' ? { atLeast: 5 } : {}),
      },
    ]),
  ]);
}
