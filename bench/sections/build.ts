/**
 * What making a call costs, without running it.
 *
 * The calls are kept until the batch is done, as in a graph that is being built, so the figures hold their share of
 * garbage collection.
 */

import { type Delayed, gatherAll, task } from 'heddle';
import type { Figure, Settings } from '../figure.ts';
import { type Case, inTurns } from '../in-turns.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

const add = task((a: number, b: number) => a + b, { name: 'add' });
const norm = task(({ x, y }: Point) => Math.hypot(x, y), { name: 'norm' });
const point = task((x: number): Point => ({ x, y: x }), { name: 'point' });

const noodles = 'Noodles 0.3.4: 25 µs, measured elsewhere';

/** Measures the section `build`. */
export async function measureBuild({ quick }: Settings): Promise<readonly Figure[]> {
  const calls = quick ? 2_000 : 20_000;
  const one = add(1, 1);
  const made = point(1);
  const costs = await inTurns(
    {
      plain: batch(calls, (i) => add(i, 1)),
      delayed: batch(calls, () => add(one, 1)),
      object: batch(calls, (i) => norm({ x: i, y: 1 })),
      member: batch(calls, () => made.x),
      chain: chain(calls),
      gather: gatherOf(calls),
    },
    quick ? 5 : 15,
  );
  const unit = 'µs a call';
  return [
    { name: 'add(i, 1)', unit, value: costs.plain, atMost: 2, beside: noodles },
    { name: 'add(delayed, 1)', unit, value: costs.delayed, atMost: 2, beside: noodles },
    { name: 'norm({ x: i, y: 1 })', unit, value: costs.object, atMost: 2 },
    { name: 'delayed.x', unit, value: costs.member, atMost: 2 },
    { name: 'a chain of add', unit, value: costs.chain, atMost: 2 },
    { name: 'gatherAll, a value', unit, value: costs.gather },
  ];
}

/** Makes many calls; the cost of one in microseconds. */
function batch(calls: number, make: (i: number) => unknown): Case {
  return () => {
    const kept: unknown[] = [];
    const startMs = performance.now();
    for (let i = 0; i < calls; i++) kept.push(make(i));
    return ((performance.now() - startMs) * 1000) / kept.length;
  };
}

function chain(calls: number): Case {
  return () => {
    const startMs = performance.now();
    let last: Delayed<number> = add(0, 1);
    for (let i = 1; i < calls; i++) last = add(last, 1);
    return ((performance.now() - startMs) * 1000) / calls;
  };
}

function gatherOf(values: number): Case {
  return () => {
    const items = Array.from({ length: values }, (_, i) => add(i, 1));
    const startMs = performance.now();
    gatherAll(items);
    return ((performance.now() - startMs) * 1000) / values;
  };
}
