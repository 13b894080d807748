/**
 * The graphs that are run: the three shapes in which schedulers differ.
 */

import { type Delayed, gatherAll, task } from 'heddle';

const add = task((a: number, b: number) => a + b, { name: 'add' });

/** A graph, and of how many calls it is. */
export interface Shape {
  readonly target: Delayed<unknown>;
  readonly calls: number;
  /** Tells whether a run gave what it must: a benchmark of wrong values is worth nothing. */
  readonly isRight: (value: unknown) => boolean;
}

/** So many calls that wait for nothing, and one list of their values. */
export function wide(calls: number): Shape {
  const target = gatherAll(Array.from({ length: calls }, (_, i) => add(i, 1)));
  const isRight = (value: unknown): boolean =>
    Array.isArray(value) && value.length === calls && value[calls - 1] === calls;
  return { target, calls: calls + 1, isRight };
}

/** A chain: each call waits for the one before. */
export function deep(calls: number): Shape {
  let target = add(0, 1);
  for (let i = 1; i < calls; i++) target = add(target, 1);
  return { target, calls, isRight: (value) => value === calls };
}

/** A binary tree that adds up its leaves, of about so many calls. */
export function tree(calls: number): Shape {
  const leaves = Math.floor(calls / 2);
  let row = Array.from({ length: leaves }, () => add(0, 1));
  let made = leaves;
  while (row.length > 1) {
    const above: Delayed<number>[] = [];
    for (let i = 0; i + 1 < row.length; i += 2) above.push(add(row[i]!, row[i + 1]!));
    made += above.length;
    if (row.length % 2 === 1) above.push(row.at(-1)!);
    row = above;
  }
  return { target: row[0]!, calls: made, isRight: (value) => value === leaves };
}
