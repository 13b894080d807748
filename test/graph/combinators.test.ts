/** Combinators over lists: values, order, what is run and how often. */

import { describe, expect, test } from 'vitest';
import {
  all,
  any,
  type Delayed,
  delay,
  every,
  filter,
  findFirst,
  fold,
  map,
  reduce,
  run,
  task,
  treeReduce,
  zipWith,
} from '../../src/index.ts';

const add = task((a: number, b: number) => a + b, { name: 'add' });
const isOdd = task((x: number) => x % 2 === 1, { name: 'isOdd' });
const double = task((x: number) => 2 * x, { name: 'double' });
const numbers = task((n: number) => Array.from({ length: n }, (_, i) => i), { name: 'numbers' });
const later = task(async (x: number) => x);
const none: number[] = [];

const sum = (a: number, b: number): number => a + b;
const running = (state: number, x: number): [number, number] => [state + x, state + x];
const over9 = (x: number): boolean => x > 9;

describe('combinators give', () => {
  test.each<[string, () => unknown, unknown]>([
    ['map with a task', () => map(double, [1, 2, 3]), [2, 4, 6]],
    ['map with a function', () => map((x: number) => 2 * x, [1, 2]), [2, 4]],
    ['map with an asynchronous function', () => map(async (x: number) => 2 * x, [1, 2]), [2, 4]],
    ['map with a function that gives delayed values', () => map((x: number) => double(x), [1, 2]), [2, 4]],
    ['map over a delayed list', () => map(double, numbers(3)), [0, 2, 4]],
    ['map over delayed items', () => map(double, [later(1), 2]), [2, 4]],
    ['map over nothing', () => map(double, none), []],
    ['map over any iterable', () => map(double, new Set([1, 2])), [2, 4]],
    [
      'map over undefined and null',
      () => map((x: unknown) => x === undefined, [undefined, null]),
      [true, false],
    ],
    ['filter with a task', () => filter(isOdd, [1, 2, 3]), [1, 3]],
    ['filter over a delayed list', () => filter(isOdd, numbers(6)), [1, 3, 5]],
    ['filter over delayed items', () => filter(isOdd, [later(1), later(2), 3]), [1, 3]],
    ['filter of none', () => filter(over9, [1, 2]), []],
    ['zipWith to the shorter list', () => zipWith(add, [1, 2, 3], [10, 20]), [11, 22]],
    ['zipWith the other way', () => zipWith(add, numbers(2), [10, 20, 30]), [10, 21]],
    ['zipWith nothing', () => zipWith(add, none, [1]), []],
    ['fold, a map that accumulates', () => fold(running, 0, [1, 2, 3]), [1, 3, 6]],
    ['fold over a delayed list and state', () => fold(running, later(1), numbers(4)), [1, 2, 4, 7]],
    ['fold of nothing', () => fold(running, 0, none), []],
    ['fold with a task', () => fold(task(running), 0, [1, 2]), [1, 3]],
    ['reduce', () => reduce(sum, [1, 2, 3]), 6],
    ['reduce in order', () => reduce((a: string, b: string) => `(${a}${b})`, ['a', 'b', 'c']), '((ab)c)'],
    [
      'reduce with an initial value',
      () => reduce((a: string, b: number) => a + String(b), [1, 2], '>'),
      '>12',
    ],
    ['reduce of nothing, with one', () => reduce(sum, none, 7), 7],
    [
      'reduce of nothing, with undefined',
      () => reduce((a: undefined, _b: number) => a, none, undefined),
      undefined,
    ],
    ['reduce of one', () => reduce(sum, [5]), 5],
    ['reduce over a delayed list', () => reduce(add, numbers(5)), 10],
    ['treeReduce', () => treeReduce(add, [1, 2, 3, 4, 5]), 15],
    [
      'treeReduce in the order of the items',
      () => treeReduce((a: string, b: string) => `(${a}${b})`, ['a', 'b', 'c', 'd', 'e']),
      '(((ab)(cd))e)',
    ],
    ['treeReduce of nothing, with a value', () => treeReduce(sum, none, 0), 0],
    ['treeReduce of one', () => treeReduce(sum, [later(5)]), 5],
    ['treeReduce over a delayed list', () => treeReduce(add, numbers(100)), 4950],
    ['findFirst', () => findFirst((x: number) => x > 2, [1, 2, 3, 4]), 3],
    ['findFirst with a task', () => findFirst(isOdd, [2, later(4), later(5), 7]), 5],
    ['findFirst over a delayed list', () => findFirst(isOdd, numbers(9)), 1],
    ['findFirst of nothing', () => findFirst(isOdd, none), undefined],
    ['findFirst that finds none', () => findFirst(over9, [1, 2]), undefined],
    ['findFirst that finds none, otherwise', () => findFirst(over9, [1, 2], { otherwise: 'none' }), 'none'],
    [
      'findFirst that finds undefined',
      () => findFirst((x: unknown) => x === undefined, [1, undefined], { otherwise: 'none' }),
      undefined,
    ],
    ['findFirst of nothing, otherwise', () => findFirst(over9, none, { otherwise: -1 }), -1],
    ['any', () => any(over9, [1, 10]), true],
    ['any of none that hold', () => any(over9, [1, 2]), false],
    ['any of nothing', () => any(over9, none), false],
    ['any over a delayed list', () => any(isOdd, numbers(2)), true],
    ['all', () => all(over9, [10, 11]), true],
    ['all where one does not hold', () => all(over9, [10, 1]), false],
    ['all of nothing', () => all(over9, none), true],
    ['every, which is all', () => every(isOdd, [1, 3]), true],
  ])('%s', async (_, build, value) => {
    expect(await run(build())).toEqual(value);
  });
});

describe('combinators fail', () => {
  test('reduce() and treeReduce() of nothing, saying what to do', async () => {
    expect(() => reduce(sum, none)).toThrow(/Cannot reduce as the list is empty[\s\S]*last argument/);
    await expect(run(reduce(sum, numbers(0)))).rejects.toThrow(/Cannot reduce as the list is empty/);
    await expect(run(treeReduce(sum, numbers(0)))).rejects.toThrow(/Cannot reduce as the list is empty/);
  });

  test('with a step that is no function, or a list that is none', async () => {
    expect(() => map(3 as never, [1])).toThrow(/Cannot use a value as a step[\s\S]*received number/);
    expect(() => map(double, 3 as never)).toThrow(/Cannot build a graph over a value as it must be iterable/);
    await expect(run(map(double, delay(3) as never))).rejects.toThrow(/map/);
  });

  test('where a step throws, naming the task', async () => {
    const boom = task(
      (x: number) => {
        if (x === 2) throw new Error('boom');
        return x;
      },
      { name: 'boom' },
    );
    await expect(run(map(boom, [1, 2, 3]))).rejects.toMatchObject({ name: 'CallFailedError', task: 'boom' });
  });
});

describe('searches stop', () => {
  /** Delayed numbers that tell which were run. */
  function tracked(count: number): { readonly items: Delayed<number>[]; readonly ran: number[] } {
    const ran: number[] = [];
    const item = task((x: number) => {
      ran.push(x);
      return x;
    });
    return { ran, items: Array.from({ length: count }, (_, i) => item(i)) };
  }

  test.each<[string, (items: Delayed<number>[]) => unknown]>([
    ['findFirst', (items) => findFirst((x: number) => x === 2, items)],
    [
      'findFirst with a task',
      (items) =>
        findFirst(
          task((x: number) => x === 2),
          items,
        ),
    ],
    ['any', (items) => any((x: number) => x === 2, items)],
    ['all', (items) => all((x: number) => x < 2, items)],
  ])('%s runs no item after the one that decides', async (_, search) => {
    const { items, ran } = tracked(6);
    await run(search(items));
    expect(ran).toEqual([0, 1, 2]);
  });

  test('items that are shared with the rest run once', async () => {
    const { items, ran } = tracked(3);
    expect(await run([findFirst((x: number) => x === 1, items), ...items])).toEqual([1, 0, 1, 2]);
    expect(ran.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
  });

  test('a long search takes a time that grows with its length, not with its square', {
    timeout: 10_000,
  }, async () => {
    const items = Array.from({ length: 20_000 }, (_, i) => i);
    expect(await run(findFirst((x: number) => x === 19_999, items))).toBe(19_999);
    expect(await run(findFirst((x: number) => x === 19_999, delay(items)))).toBe(19_999);
  });
});

test('treeReduce() joins in about log2(n) rounds', async () => {
  const deeper = task((a: number, b: number) => Math.max(a, b) + 1);
  expect(await run(treeReduce(deeper, new Array<number>(1000).fill(0)))).toBe(10);
});

test('map() runs its steps at once, not one after another', async () => {
  let running = 0;
  let most = 0;
  const step = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => setImmediate(resolve));
    running--;
  };
  await run(map(task(step), [1, 2, 3, 4]));
  expect(most).toBe(4);
});
