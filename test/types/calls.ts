/**
 * Types of calls: what may be passed, and what comes out.
 */

import { type Delayed, run, type Task, task, tasks } from '../../src/index.ts';
import { holds, type Ran, type Same } from './expect-type.ts';

interface Point {
  readonly x: number;
  label?: string;
}

const { add, mean, stat, greet, join, total, shift, nothing, nested, mixed } = tasks(import.meta, {
  add: (a: number, b: number) => a + b,
  mean: (xs: number[]) => xs.length,
  stat: async (path: string) => ({ path, size: 1 }),
  greet: (name: string, greeting?: string) => `${greeting ?? 'Hello'} ${name}`,
  join: (separator: string, ...parts: string[]) => parts.join(separator),
  total: task((...parts: readonly number[]) => parts.length),
  shift: task((point: Point, by: number = 1) => ({ ...point, x: point.x + by }), { version: '1' }),
  nothing: () => undefined,
  nested: (data: { deep: { list: readonly Point[] }; tuple: [number, string] }) => data.tuple,
  mixed: async (flag: boolean) => (flag ? add(1, 2) : 3),
});

// Values, delayed ones, and parts that are.
const u = add(5, 4);
holds<Same<typeof u, Delayed<number>>>();
add(u, 3);
mean([u, add(u, 1), 7]);
mean(delayedList());
nested({ deep: { list: [{ x: u }, { x: 1, label: stat('a').path }] }, tuple: [u, 'a'] });
declare function delayedList(): Delayed<number[]>;

// What must not compile.
// @ts-expect-error a string is no number
add('x', 1);
// @ts-expect-error nor is a delayed one
add(stat('x').path, 1);
// @ts-expect-error an argument is missing
add(1);
// @ts-expect-error there is one too many
add(1, 2, 3);
// @ts-expect-error one item of the list is wrong
mean([u, 'seven']);
// @ts-expect-error deep inside, too
nested({ deep: { list: [{ x: 'no' }] }, tuple: [1, 'a'] });
// @ts-expect-error a tuple has as many elements as it has
nested({ deep: { list: [] }, tuple: [1, 'a', 2] });
// @ts-expect-error a promise is no value
add(Promise.resolve(1), 2);

// Optional and rest parameters stay so.
greet('you');
greet('you', 'Good day');
greet(stat('x').path, stat('y').path);
// @ts-expect-error of the wrong type
greet('you', 3);
join(',');
join(',', 'a', stat('x').path, 'c');
holds<Same<Ran<ReturnType<typeof total>>, number>>();
total();
total(1, u);
// @ts-expect-error of the wrong type
total(1, 'two');
// @ts-expect-error of the wrong type
join(',', 1);
shift({ x: 1 });
shift({ x: u }, u);

// Asynchronous functions are the same to a caller.
const size = stat('x').size;
holds<Same<typeof size, Delayed<number>>>();
holds<Same<Ran<ReturnType<typeof stat>>, { path: string; size: number }>>();

// A task that returns a delayed value, or data that holds some, is the same to a caller.
holds<Same<Ran<ReturnType<typeof mixed>>, number>>();
const holder = task((n: number) => ({ sum: add(n, 1), list: [add(n, 2), 3], plain: 'a' }));
holds<Same<Ran<ReturnType<typeof holder>>, { sum: number; list: number[]; plain: string }>>();
holds<Same<Ran<ReturnType<typeof nothing>>, undefined>>();

// Recursion needs a return annotation, as TypeScript demands of any function that is its own result.
const { factorial } = tasks(import.meta, {
  factorial: (n: bigint, product: bigint = 1n): bigint | Delayed<bigint> =>
    n === 0n ? product : factorial(n - 1n, product * n),
});
holds<Same<Ran<ReturnType<typeof factorial>>, bigint>>();
holds<Same<ReturnType<typeof factorial>, Delayed<bigint>>>();

// Generic functions lose their parameters; an instantiation expression says which is meant.
function first<T>(items: readonly T[]): T {
  return items[0] as T;
}
const firstNumber = task(first<number>);
holds<Same<Ran<ReturnType<typeof firstNumber>>, number>>();
// @ts-expect-error it is one of numbers now
firstNumber(['a']);

// A task is typed by its arguments and its value, and keeps the plain function.
const kept: Task<[a: number, b: number], number> = add;
holds<Same<ReturnType<typeof add.fn>, number>>();
holds<Same<Awaited<ReturnType<typeof stat.fn>>['size'], number>>();
const renamed = add.with({ name: 'plus', priority: 2 });
holds<Same<ReturnType<typeof renamed>, Delayed<number>>>();
// @ts-expect-error no such hint
add.with({ prority: 2 });
// @ts-expect-error a hint of the wrong type
task(() => 1, { timeoutMs: '5' });

// A run gives plain data of the same shape.
holds<Same<Ran<number>, number>>();
holds<Same<Ran<{ a: Delayed<number>; b: [Delayed<string>, 1] }>, { a: number; b: [string, 1] }>>();
holds<Same<Ran<Delayed<Point>>, Point>>();
const kept2: Promise<readonly [number, string]> = run([u, stat('x').path] as const);
