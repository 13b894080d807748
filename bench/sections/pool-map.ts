/**
 * Lazy maps over two worker threads: a million items, what they leave in memory, and tasks of 50 and 1 ms in turns.
 */

import type { Figure, Settings } from '../figure.ts';
import { idealMs } from '../pool/cases/skewed.ts';
import type { Contender } from '../pool/contender.ts';
import { contenderList } from '../pool/contender-list.ts';
import { inRounds, type Standing } from '../pool/in-rounds.ts';
import { figuresOf, ratiosOf, valueOf } from '../pool/ratio.ts';

/** Whose map is their own, and so worth a look at its memory. */
function maps({ name, side, mapsOnly }: Contender): boolean {
  return mapsOnly === true || side === 'floor' || name === 'heddle openPool()';
}

/** Measures the section `pool-map`. */
export async function measurePoolMap({ quick }: Settings): Promise<readonly Figure[]> {
  const contenders = contenderList.filter(maps);
  const ours = contenders.filter(({ mapsOnly }) => mapsOnly !== true);
  const rounds = quick ? 1 : 5;
  const speed = await inRounds('map', contenders, { rounds: quick ? 1 : 3, quick });
  const memory = await inRounds('memory', ours, { rounds, quick });
  const skewed = await inRounds('skewed', contenders, { rounds, quick });
  const beside = 'mtasklite: 17–53 thousand a second, measured elsewhere';
  return [
    ...figuresOf(speed, 'ordered', '1M in order', 'thousand a second').map((figure) =>
      figure.name.includes('heddle') ? { ...figure, atLeast: 1500, beside } : figure,
    ),
    ...figuresOf(speed, 'unordered', '1M as they come', 'thousand a second'),
    ...ratiosOf(speed, 'ordered', '1M in order', [
      { name: 'p-map over piscina', value: valueOf(speed, 'p-map over piscina', 'ordered'), atLeast: 30 },
      { name: 'floor', value: valueOf(speed, 'floor', 'ordered') },
    ]),
    ...memoryFigures(memory),
    ...figuresOf(skewed, 'ordered', 'skewed in order', 'ms'),
    ...figuresOf(skewed, 'unordered', 'skewed as they come', 'ms'),
    ...ratiosOf(skewed, 'ordered', 'skewed in order', [
      { name: 'unordered', value: valueOf(skewed, 'heddle openPool()', 'unordered'), atMost: 1.05 },
      { name: 'ideal', value: idealMs, atMost: 1.1 },
    ]),
  ];
}

function memoryFigures(memory: readonly Standing[]): Figure[] {
  return [
    ...figuresOf(memory, 'resident', 'process over its baseline', 'MiB'),
    ...figuresOf(memory, 'alive', 'alive over its baseline', 'MiB'),
  ].map((figure) => (figure.name.includes('heddle') ? { ...figure, atMost: 10 } : figure));
}
