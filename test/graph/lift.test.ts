/** Many values as one: gather, lift, unpack, quote. */

import { describe, expect, test } from 'vitest';
import {
  conditional,
  type Delayed,
  delay,
  gather,
  gatherAll,
  gatherObject,
  isDelayed,
  lift,
  ops,
  Quoted,
  quote,
  run,
  task,
  unpack,
  unquote,
} from '../../src/index.ts';

const add = task((a: number, b: number) => a + b, { name: 'add' });

/** A task that counts how often it is run. */
class Counter {
  count = 0;
  readonly tick: () => Delayed<number> = task(() => ++this.count, { name: 'tick' });
}

describe('gather()', () => {
  test.each<[string, unknown, unknown]>([
    ['nothing', gather(), []],
    ['plain values', gather(1, 'two', undefined), [1, 'two', undefined]],
    ['delayed and plain ones, in order', gather(add(1, 2), 'x', delay(4)), [3, 'x', 4]],
    ['nested data', gather([add(1, 2)], { a: add(3, 4) }), [[3], { a: 7 }]],
    ['what an iterable gives', gatherAll(new Set([1, 2])), [1, 2]],
    ['no items', gatherAll([]), []],
    [
      'what a generator gives',
      gatherAll(
        (function* () {
          yield add(1, 1);
          yield 3;
        })(),
      ),
      [2, 3],
    ],
    ['members', gatherObject({ a: add(1, 2), b: 4 }), { a: 3, b: 4 }],
    ['no members', gatherObject({}), {}],
  ])('gives %s', async (_, delayed, value) => {
    expect(isDelayed(delayed)).toBe(true);
    expect(await run(delayed)).toEqual(value);
  });
});

describe('lift()', () => {
  test('gives data without a delayed part back as it is', () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    class Model {}
    for (const data of [1, 'a', undefined, null, [], { a: [1] }, new Map([[1, 2]]), new Model(), cyclic]) {
      expect(lift(data)).toBe(data);
    }
  });

  test('gives a delayed value back', () => {
    const sum = add(1, 2);
    expect(lift(sum) === (sum as unknown)).toBe(true);
  });

  test('takes maps, sets, and nested data', async () => {
    const data = { m: new Map([['a', add(1, 2)]]), s: new Set([add(2, 2)]), list: [[add(3, 3)]] };
    expect(await run(lift(data))).toEqual({ m: new Map([['a', 3]]), s: new Set([4]), list: [[6]] });
  });

  test('takes cyclic data', async () => {
    const data: Record<string, unknown> = { sum: add(1, 2) };
    data['self'] = [data];
    const value = (await run(lift(data))) as { sum: number; self: unknown[] };
    expect(value.sum).toBe(3);
    expect(value.self[0]).toBe(value);
  });

  test('keeps holes and the length of lists', async () => {
    // oxlint-disable-next-line no-sparse-arrays -- what is tested
    const value = (await run([add(1, 1), , 3] as never)) as unknown[];
    expect(value).toHaveLength(3);
    expect(1 in value).toBe(false);
  });

  test('names the way to a delayed value inside an instance of a class', () => {
    class Model {
      readonly bias = add(1, 2);
    }
    expect(() => lift({ models: [new Model()] })).toThrow(
      /args\[0\]\.models\[0\]\.bias, inside an instance of class Model/,
    );
  });

  test('finds a delayed value far into large data', async () => {
    const large = { rows: Array.from({ length: 20_000 }, (_, i) => ({ i })), last: add(1, 2) };
    expect((await run(large)).last).toBe(3);
    const deep = {
      rows: Array.from({ length: 20_000 }, (_, i) => ({ value: i === 19_999 ? add(1, 2) : i })),
    };
    expect((await run(deep)).rows[19_999]).toEqual({ value: 3 });
  });
});

describe('unpack()', () => {
  const divmod = task((a: number, b: number): [number, number] => [Math.floor(a / b), a % b]);

  test('takes a list apart', async () => {
    const [quotient, rest] = unpack(divmod(17, 5), 2);
    expect(await run({ quotient, rest })).toEqual({ quotient: 3, rest: 2 });
  });

  test('gives copies, so that elements are apart', async () => {
    const source = task(() => [[0], [0]] as [number[], number[]]);
    const push = task((list: number[]) => [...list, 1]);
    const [a, b] = unpack(source(), 2);
    expect(await run([push(a), a, b])).toEqual([[0, 1], [0], [0]]);
  });

  test('gives fewer elements than there are', async () => {
    const [first] = unpack(delay([1, 2, 3]), 1);
    expect(await run(first)).toBe(1);
    expect(unpack(delay([1, 2, 3]), 0)).toEqual([]);
  });

  test('fails the run when the list is too short', async () => {
    const elements = unpack(delay([1]), 2);
    await expect(run(elements)).rejects.toThrow(
      /Cannot unpack 2 elements as the list is shorter: received 1/,
    );
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a length of %d', (length) => {
    expect(() => unpack(delay([1]), length)).toThrow(RangeError);
  });
});

describe('quote() and unquote()', () => {
  test('pass on what is not delayed', () => {
    expect(quote(3)).toBe(3);
    expect(unquote('a')).toBe('a');
  });

  test('a task gets a quoted graph unrun, and runs it by giving it', async () => {
    const state = new Counter();
    const look = task((quoted: Quoted<number>) => quoted instanceof Quoted);
    expect(await run(look(quote(state.tick())))).toBe(true);
    expect(state.count).toBe(0);
    const doit = task((quoted: Quoted<number>) => unquote(quoted));
    expect(await run(doit(quote(state.tick())))).toBe(1);
  });

  test('a call that is quoted and needed elsewhere runs once', async () => {
    const state = new Counter();
    const shared = state.tick();
    const open = task((quoted: Quoted<number>, _before?: unknown) => unquote(quoted));
    const values = await run([
      shared,
      open(quote(shared)),
      open(quote(shared), shared),
      open(quote(add(shared, 0))),
    ]);
    expect(values).toEqual([1, 1, 1, 1]);
    expect(state.count).toBe(1);
  });

  test('a quoted call that has been run before it is unquoted runs once', async () => {
    const state = new Counter();
    const shared = state.tick();
    const slow = task(async (x: number) => {
      for (let i = 0; i < 50; i++) await Promise.resolve();
      return x;
    });
    const open = task((quoted: Quoted<number>, _before: number) => unquote(quoted));
    expect(await run(open(quote(add(shared, 1)), slow(add(shared, 5))))).toBe(2);
    expect(state.count).toBe(1);
  });

  test('a quoted graph may be given by a task, and be quoted inside another', async () => {
    const wrap = task((x: number) => quote(add(x, 1)));
    const open = task((quoted: Quoted<number>) => unquote(quoted));
    expect(await run(open(wrap(1) as never))).toBe(2);
    const openTwice = task((quoted: Quoted<number>) => open(quoted as never));
    expect(await run(openTwice(quote(add(1, 2))))).toBe(3);
  });
});

describe('conditional()', () => {
  test.each<[string, unknown, unknown]>([
    ['a plain condition', conditional(true, 1, 2), 1],
    ['a delayed condition', conditional(ops.lt(add(1, 2), 2), 'a', 'b'), 'b'],
    ['delayed branches', conditional(false, add(1, 2), add(3, 4)), 7],
    ['no second branch', conditional(false, add(1, 2)), undefined],
    ['a condition inside a branch', conditional(true, conditional(false, 1, add(2, 2)), 9), 4],
  ])('takes %s', async (_, delayed, value) => {
    expect(await run(delayed)).toBe(value);
  });

  test('runs the chosen branch alone', async () => {
    const [chosen, other] = [new Counter(), new Counter()];
    await run(conditional(add(1, 1) as unknown as boolean, chosen.tick(), other.tick()));
    expect([chosen.count, other.count]).toEqual([1, 0]);
  });

  test('runs what a branch shares with the rest of the graph once', async () => {
    const state = new Counter();
    const shared = state.tick();
    expect(await run(add(shared, conditional(ops.gt(shared, 0), add(shared, 10), 0)))).toBe(12);
    expect(state.count).toBe(1);
  });
});
