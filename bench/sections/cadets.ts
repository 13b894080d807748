/**
 * Starting and joining cadets, in turns with calls of a bare pool: one at a time, many at once, and with an artifact in the
 * place of its name.
 */

import { openPool } from 'heddle';
import { cadet } from 'heddle/artifacts';
import { tiny } from '../cadet-tasks.ts';
import type { Figure, Settings } from '../figure.ts';
import { inTurns } from '../in-turns.ts';

/** Measures the section `cadets`. */
export async function measureCadets({ quick }: Settings): Promise<readonly Figure[]> {
  const calls = quick ? 200 : 2000;
  const source = new Map([['one', 1]]);
  const here = cadet((x: number) => x + 1);
  await using pool = openPool(tiny.increment, { workers: 2 });
  const one = async (call: (i: number) => PromiseLike<unknown>): Promise<number> => {
    const startMs = performance.now();
    for (let i = 0; i < calls; i++) await call(i);
    return ((performance.now() - startMs) * 1000) / calls;
  };
  const all = async (call: (i: number) => PromiseLike<unknown>): Promise<number> => {
    const startMs = performance.now();
    await Promise.all(Array.from({ length: calls }, (_, i) => call(i)));
    return ((performance.now() - startMs) * 1000) / calls;
  };
  const us = await inTurns(
    {
      pool: () => one((i) => pool.submit(i)),
      cadet: () => one((i) => tiny.cadet(i).start().join()),
      source: () => one(() => tiny.cadet('one').options({ source }).start().join()),
      here: () => one((i) => here(i).start().join()),
      manyPool: () => all((i) => pool.submit(i)),
      manyCadets: () => all((i) => tiny.cadet(i).start().join()),
    },
    quick ? 3 : 21,
  );
  return [
    { name: 'a call of a bare pool', unit: 'µs', value: us.pool },
    { name: 'a cadet, started and joined', unit: 'µs', value: us.cadet },
    { name: 'a cadet, over a call of a bare pool', unit: 'times', value: us.cadet / us.pool, atMost: 2 },
    { name: 'a cadet with an artifact of a Map', unit: 'µs', value: us.source },
    { name: 'a cadet in this process', unit: 'µs', value: us.here },
    { name: 'calls of a pool, many at once', unit: 'µs a call', value: us.manyPool },
    { name: 'cadets, many at once', unit: 'µs a call', value: us.manyCadets },
  ];
}
