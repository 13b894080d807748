/** What a run gives: values, each call once, as often as one likes. */

import { describe, expect, test } from 'vitest';
import { type Delayed, gather, reduce, run, task } from '../../src/index.ts';
import { computeAlone, isCorrect } from '../../src/testing.ts';

const add = task((a: number, b: number) => a + b, { name: 'add' });
const one = task(() => 1, { name: 'one' });

describe('run() of', () => {
  class Model {}
  const model = new Model();
  test.each<[string, unknown, unknown]>([
    ['a delayed value', add(1, 2), 3],
    ['a plain value', 7, 7],
    ['undefined', undefined, undefined],
    ['null', null, null],
    ['an array of delayed values', [add(1, 2), add(3, 4)], [3, 7]],
    ['an array of plain ones', [1, 2], [1, 2]],
    ['nothing', [], []],
    ['a record', { a: add(1, 2), b: 'plain', c: [{ d: add(2, 2) }] }, { a: 3, b: 'plain', c: [{ d: 4 }] }],
    ['a map', new Map([['a', add(1, 2)]]), new Map([['a', 3]])],
    ['an instance of a class', model, model],
  ])('%s gives its value', async (_, target, value) => {
    expect(await run(target)).toEqual(value);
  });

  test('plain data gives that very data', async () => {
    const data = { a: [1] };
    expect(await run(data)).toBe(data);
  });

  test('a promise of a delayed value refuses nothing, and waits for the promise alone', async () => {
    const sum = add(1, 2);
    expect((await run(Promise.resolve(sum) as never)) === (sum as unknown)).toBe(true);
  });
});

describe('a graph may be run', () => {
  test('again: its values are computed anew', async () => {
    let count = 0;
    const tick = task(() => ++count);
    const pair = gather(tick(), tick());
    expect(await run(pair)).toEqual([1, 2]);
    expect(await run(pair)).toEqual([3, 4]);
  });

  test('twice at once', async () => {
    const turn = task(async (x: number) => {
      await new Promise<void>((resolve) => setImmediate(resolve));
      return x;
    });
    const sum = add(turn(1), add(turn(2), turn(3)));
    expect(await Promise.all([run(sum), run(sum), run(sum)])).toEqual([6, 6, 6]);
  });

  test('as part of another, while it runs', async () => {
    const sum = add(1, 2);
    const outer = task(async () => await run(sum));
    expect(await run(add(sum, outer()))).toBe(6);
  });

  test('after it failed', async () => {
    let count = 0;
    const second = task(() => {
      if (++count === 1) throw new Error('the first time');
      return count;
    });
    const call = add(second(), 1);
    await expect(run(call)).rejects.toThrow(/the first time/);
    expect(await run(call)).toBe(3);
  });
});

describe('dynamic graphs', () => {
  test('a task may return a delayed value, or data that holds some', async () => {
    const both = task((x: number) => ({ sum: add(x, 1), list: [add(x, 2), new Map([['k', add(x, 3)]])] }));
    expect(await run(both(1))).toEqual({ sum: 2, list: [3, new Map([['k', 4]])] });
  });

  test('recursion that is no tail call', async () => {
    const fibonacci = task((n: number): number | Delayed<number> =>
      n < 2 ? n : add(fibonacci(n - 1), fibonacci(n - 2)),
    );
    expect(await run(fibonacci(15))).toBe(610);
  });

  test('a deep recursion that is no tail call', { timeout: 20_000 }, async () => {
    const sumTo = task((n: number): number | Delayed<number> => (n === 0 ? 0 : add(n, sumTo(n - 1))));
    expect(await run(sumTo(50_000))).toBe((50_000 * 50_001) / 2);
  });

  test('tasks that return each other', async () => {
    const isEven = task((n: number): boolean | Delayed<boolean> => (n === 0 ? true : isOdd(n - 1)));
    const isOdd: (n: number) => Delayed<boolean> = task((n: number): boolean | Delayed<boolean> =>
      n === 0 ? false : isEven(n - 1),
    );
    expect(await run(isEven(1001))).toBe(false);
  });

  test('a call that is shared by graphs returned at different times runs once', async () => {
    let count = 0;
    const shared = task(() => ++count)();
    const late = task((_: number) => add(shared, 10));
    expect(await run([late(shared as never), late(add(shared, 1)), shared])).toEqual([11, 11, 1]);
    expect(count).toBe(1);
  });

  test('a returned call that has settled is taken as it is', async () => {
    const sum = add(1, 2);
    const give = task((_: number) => sum);
    expect(await run([sum, give(sum), give(add(sum, 1))])).toEqual([3, 3, 3]);
  });

  test('a call that waits for itself fails the run, and does not hang it', async () => {
    const self: { call?: Delayed<number> } = {};
    const back = task((_: number) => self.call as Delayed<number>, { name: 'back' });
    self.call = back(1);
    await expect(run(self.call)).rejects.toThrow(/back/);
    const around: { call?: Delayed<number> } = {};
    const first = task(() => add(around.call as Delayed<number>, 1), { name: 'first' });
    around.call = add(first(), 1);
    await expect(run(around.call)).rejects.toThrow(/Cannot run the graph as a call waits for itself: .*add/);
    await expect(run([one(), around.call])).rejects.toThrow(/waits for itself/);
  });
});

describe('large graphs', () => {
  test('200,000 calls side by side', { timeout: 20_000 }, async () => {
    const values = await run(Array.from({ length: 200_000 }, (_, i) => add(i, 1)));
    expect(values.reduce((a, b) => a + b, 0)).toBe((200_000 * 200_001) / 2);
  });

  test('200,000 calls one after another', { timeout: 20_000 }, async () => {
    let sum: Delayed<number> = one();
    for (let i = 1; i < 200_000; i++) sum = add(sum, 1);
    expect(await run(sum)).toBe(200_000);
  });

  test('a call that 50,000 need, and that needs 50,000', { timeout: 20_000 }, async () => {
    const source = one();
    const middle = task((xs: number[]) => xs.length)(Array.from({ length: 50_000 }, () => add(source, 1)));
    expect(await run(Array.from({ length: 50_000 }, () => add(middle, 1)))).toHaveLength(50_000);
  });

  test('a reduction of 50,000 items, one by one', { timeout: 20_000 }, async () => {
    expect(
      await run(
        reduce(
          add,
          Array.from({ length: 50_000 }, () => 1),
        ),
      ),
    ).toBe(50_000);
  });

  test('computeAlone() agrees on a small one', async () => {
    const graph = { a: add(one(), add(2, 3)), b: [one()] };
    expect(await computeAlone(graph)).toEqual(await run(graph));
    expect(await isCorrect(graph, { a: 6, b: [2] })).toBe(false);
  });
});
