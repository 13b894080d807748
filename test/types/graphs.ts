/**
 * Types of what builds graphs.
 */

import {
  all,
  any,
  conditional,
  type Delayed,
  delay,
  filter,
  findFirst,
  fold,
  gather,
  gatherAll,
  gatherObject,
  lift,
  map,
  ops,
  type Quoted,
  quote,
  reduce,
  task,
  treeReduce,
  unpack,
  unquote,
  zipWith,
} from '../../src/index.ts';
import { holds, type Ran, type Same } from './expect-type.ts';

declare const n: Delayed<number>;
declare const s: Delayed<string>;
declare const list: Delayed<number[]>;
const isOdd = task((x: number) => x % 2 === 1);
const double = task((x: number) => 2 * x);

// gather is a tuple; gatherAll a list; gatherObject has a type for each key.
const gathered = gather(n, 'two', s);
holds<Same<Ran<typeof gathered>, [number, string, string]>>();
const gatheredAll = gatherAll([n, 4]);
holds<Same<Ran<typeof gatheredAll>, number[]>>();
const gatheredObject = gatherObject({ n, text: 'a', s });
holds<Same<Ran<typeof gatheredObject>, { n: number; text: string; s: string }>>();

// lift leaves alone what has no delayed part.
holds<Same<ReturnType<typeof liftPlain>, { a: number }>>();
function liftPlain() {
  return lift({ a: 1 });
}
const lifted = lift({ a: n, deep: [{ s }] });
holds<Same<Ran<typeof lifted>, { a: number; deep: { s: string }[] }>>();

// unpack gives each element its own type.
declare const triple: Delayed<[number, string, boolean]>;
const [first, second, third] = unpack(triple, 3);
holds<Same<typeof first, Delayed<number>>>();
holds<Same<typeof second, Delayed<string>>>();
holds<Same<typeof third, Delayed<boolean>>>();
const [a, b] = unpack(list, 2);
holds<Same<typeof b, Delayed<number>>>();
// @ts-expect-error a plain list needs no unpacking
unpack([1, 2], 2);

// ops are typed by what they work on.
holds<Same<ReturnType<typeof addOne>, Delayed<number>>>();
function addOne() {
  return ops.add(n, 1);
}
const joined: Delayed<string> = ops.add(s, '!');
const big: Delayed<bigint> = ops.mul(delay(2n), 3n);
const less: Delayed<boolean> = ops.lt(n, 3);
const item: Delayed<number | undefined> = ops.at(list, -1);
// @ts-expect-error a number and a string
ops.add(n, '1');
// @ts-expect-error a bigint and a number
ops.mul(delay(2n), 3);
// @ts-expect-error no subtraction of strings
ops.sub(s, s);

// conditional is either of its branches, or undefined without the second.
const branch = conditional(isOdd(n), n, s);
holds<Same<Ran<typeof branch>, number | string>>();
const half = conditional(true, n);
holds<Same<Ran<typeof half>, number | undefined>>();
// @ts-expect-error a number is no condition
conditional(n, 1, 2);

// quote and unquote undo each other.
const quoted = quote(n);
holds<Same<typeof quoted, Quoted<number>>>();
holds<Same<ReturnType<typeof unquoted>, Delayed<number>>>();
function unquoted() {
  return unquote(quoted);
}
const choose = task((x: Quoted<string>) => unquote(x));
choose(quote(s));
holds<Same<Ran<ReturnType<typeof choose>>, string>>();

// Combinators take tasks and functions, lists and delayed lists.
const doubled = map(double, [1, n, 3]);
holds<Same<Ran<typeof doubled>, number[]>>();
map(double, list);
map((x: number) => double(x), list);
map(async (x: number) => String(x), list) satisfies Delayed<string[]>;
// @ts-expect-error a step for numbers over strings
map(double, ['a']);
filter(isOdd, list) satisfies Delayed<number[]>;
// @ts-expect-error a predicate gives a boolean
filter(double, list);
zipWith((x: number, y: string) => `${x}${y}`, list, ['a', s]) satisfies Delayed<string[]>;
const found = findFirst(isOdd, list);
holds<Same<Ran<typeof found>, number | undefined>>();
const foundOr = findFirst((x: number) => x > 1, list, { otherwise: 'none' });
holds<Same<Ran<typeof foundOr>, number | string>>();
any(isOdd, list) satisfies Delayed<boolean>;
all((x: number) => x > 1, [1, n]) satisfies Delayed<boolean>;
reduce((x: number, y: number) => x + y, list) satisfies Delayed<number>;
reduce((text: string, x: number) => text + String(x), list, '') satisfies Delayed<string>;
treeReduce((x: number, y: number) => x + y, list, 0) satisfies Delayed<number>;
const folded = fold((sum: number, x: string): [number, string] => [sum, x], 0, ['a', s]);
holds<Same<Ran<typeof folded>, string[]>>();
