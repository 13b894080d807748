/**
 * What the first graph of a process costs: what a program sees that builds one graph, runs it and ends.
 *
 * Each process measures one size, in turn, once: a second run would not be a first one. There is no target, since most of
 * it is V8 reading and compiling heddle.
 */

import { run } from 'heddle';
import type { Figure, Settings } from '../figure.ts';
import { wide } from '../shapes.ts';

const sizes = [1_000, 10_000, 100_000] as const;

/** Measures the section `cold`. */
export async function measureCold({ quick, process }: Settings): Promise<readonly Figure[]> {
  const size = quick ? sizes[0] : (sizes[process % sizes.length] ?? sizes[0]);
  const startMs = performance.now();
  const { target, calls, isRight } = wide(size);
  const builtMs = performance.now();
  const value = await run(target);
  const endMs = performance.now();
  if (!isRight(value)) throw new Error(`Cannot quote a run of ${calls} calls as it gave a wrong value`);
  const name = `wide ${size / 1000}k`;
  return [
    { name: `${name}, building`, unit: 'µs a call', value: ((builtMs - startMs) * 1000) / calls },
    { name: `${name}, running`, unit: 'µs a call', value: ((endMs - builtMs) * 1000) / calls },
    { name: `${name}, both`, unit: 'ms', value: endMs - startMs },
  ];
}
