/**
 * Tiny tasks over two worker threads: heddle, the pools of others, bare messages, and the floor.
 */

import type { Figure, Settings } from '../figure.ts';
import { contenderList } from '../pool/contender-list.ts';
import { inRounds } from '../pool/in-rounds.ts';
import { bestPeer, figuresOf, ratiosOf, valueOf, type Yardstick } from '../pool/ratio.ts';

const bursts = { atOnce: '100k at once', window64: 'window of 64', window8: 'window of 8' } as const;
type Burst = keyof typeof bursts;

/** What ours must be over others, by whom. */
const atLeast: Readonly<Record<Burst, Readonly<Record<string, number>>>> = {
  atOnce: { piscina: 15, tinypool: 15, 'the best peer': 3.5, floor: 0.7 },
  window64: { piscina: 15, 'the best peer': 4 },
  window8: {},
};

/** Measures the section `pool-tiny`. */
export async function measurePoolTiny({ quick }: Settings): Promise<readonly Figure[]> {
  const contenders = contenderList.filter(({ kind, mapsOnly }) => kind === 'threads' && mapsOnly !== true);
  const standings = await inRounds('tiny', contenders, { rounds: quick ? 1 : 5, quick });
  return (Object.keys(bursts) as Burst[]).flatMap((burst) => {
    const title = bursts[burst];
    const target = (name: string): Pick<Yardstick, 'atLeast'> => {
      const least = atLeast[burst][name];
      return least === undefined ? {} : { atLeast: least };
    };
    const yardsticks: Yardstick[] = [
      ...['piscina', 'tinypool', 'bare postMessage', 'floor'].map((name) => ({
        name,
        value: valueOf(standings, name, burst),
        ...target(name),
      })),
      { name: 'the best peer', value: bestPeer(standings, burst, 'more'), ...target('the best peer') },
    ];
    return [
      ...figuresOf(standings, burst, title, 'thousand a second'),
      ...ratiosOf(standings, burst, title, yardsticks),
    ];
  });
}
