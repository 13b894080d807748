/**
 * Types that users see in their own declarations: they keep their short names, hold recursive data, and
 * infer from what is given, not from where the result goes.
 */

import {
  type Delayed,
  delay,
  filter,
  findFirst,
  fold,
  gather,
  gatherAll,
  map,
  ops,
  reduce,
  task,
} from '../../src/index.ts';

const square = task((x: number) => x * x);
export const mapped: Delayed<number[]> = map(square, [1, 2]);
export const kept: Delayed<number[]> = filter((x: number) => x > 1, [1, 2]);
export const found: Delayed<number | undefined> = findFirst((x: number) => x > 1, [1, 2]);
export const reduced: Delayed<number> = reduce((x: number, y: number) => x + y, [1, 2]);
export const folded: Delayed<number[]> = fold((s: number, x: number): [number, number] => [s, x], 0, [1]);
export const gathered: Delayed<[number, string]> = gather(square(1), 'b');
export const all: Delayed<number[]> = gatherAll([square(1), 2]);
export const sum: Delayed<number> = ops.add(square(1), 2);
export const plain: Delayed<number> = delay(3);

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
const same = task((value: Json) => value);
export const json: Delayed<Json> = same({ a: [1, { b: null }] });

interface Options {
  readonly name?: string;
}
const options = task((): Options => ({}))();
// An optional member is a delayed value that may turn out to be undefined, not an absent one.
export const name: Delayed<string | undefined> = options.name;
