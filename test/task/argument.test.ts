/** Arguments: by value, by reference, and delayed values in them. */

import { describe, expect, test } from 'vitest';
import { delay, gather, isDelayed, run, task } from '../../src/index.ts';

const add = task((a: number, b: number) => a + b, { name: 'add' });
const read = task((data: unknown) => data, { name: 'read' });

describe('arguments are taken by value', () => {
  test('the example of Noodles gives 18, in this order of lines', async () => {
    const multiply = task((from: { value: number }, by: number) => ({ value: from.value * by }));
    const from = { value: 4 };
    const first = multiply(from, 3);
    from.value = 5;
    const second = multiply(first, 1);
    from.value = 6;
    const sum = add(second.value, from.value);
    from.value = 7;
    expect(await run(sum)).toBe(18);
  });

  test('at any depth, with maps, sets, dates and buffers', async () => {
    const data = {
      deep: [{ n: 1 }],
      map: new Map([['a', [1]]]),
      set: new Set([1]),
      date: new Date(0),
      bytes: new Uint8Array([1]),
    };
    const call = read(data);
    (data.deep[0] as { n: number }).n = 2;
    data.map.get('a')?.push(2);
    data.set.add(2);
    data.date.setTime(1);
    data.bytes[0] = 2;
    expect(await run(call)).toEqual({
      deep: [{ n: 1 }],
      map: new Map([['a', [1]]]),
      set: new Set([1]),
      date: new Date(0),
      bytes: new Uint8Array([1]),
    });
  });

  test('cycles and shared parts stay so', async () => {
    const shared = { n: 1 };
    const data: { a: unknown; b: unknown; self?: unknown } = { a: shared, b: shared };
    data.self = data;
    const copy = (await run(read(data))) as typeof data;
    expect(copy).not.toBe(data);
    expect(copy.self).toBe(copy);
    expect(copy.a).toBe(copy.b);
  });

  test('a task that changes its argument changes neither the graph nor a second run', async () => {
    const push = task((list: number[]) => {
      list.push(list.length);
      return list;
    });
    const call = push([]);
    expect(await run(call)).toEqual([0]);
    expect(await run(call)).toEqual([0]);
  });

  test('a default is applied anew for each call', async () => {
    const collect = task((item: number, list: number[] = []) => {
      list.push(item);
      return list;
    });
    expect(await run(gather(collect(1), collect(2)))).toEqual([[1], [2]]);
  });

  test('results are copied between dependents: none sees what another changes', async () => {
    const source = task(() => ({ list: [0] }));
    const grow = task((data: { list: number[] }, item: number) => {
      data.list.push(item);
      return data.list;
    });
    const shared = source();
    const both = [grow(shared, 1), grow(shared, 2), shared, shared.list] as const;
    expect(await run(both)).toEqual([[0, 1], [0, 2], { list: [0] }, [0]]);
  });
});

describe('byReference', () => {
  const data = { list: [1, 2] };

  test('true passes all arguments as they are', async () => {
    const given: unknown[] = [];
    const peek = task((a: object, b: object) => void given.push(a, b), { byReference: true });
    await run(peek(data, data.list));
    expect(given[0]).toBe(data);
    expect(given[1]).toBe(data.list);
  });

  test('names pass those alone', async () => {
    const given: unknown[] = [];
    const peek = task((copied: object, gobble: object) => void given.push(copied, gobble), {
      byReference: ['gobble'],
    });
    await run(peek(data, data));
    expect(given[0]).not.toBe(data);
    expect(given[0]).toEqual(data);
    expect(given[1]).toBe(data);
  });

  test('a rest parameter is named once for all', async () => {
    const given: unknown[] = [];
    const peek = task((...all: object[]) => void given.push(...all), { byReference: ['all'] });
    await run(peek(data, data));
    expect(given.every((item) => item === data)).toBe(true);
  });

  test('a delayed argument is still computed', async () => {
    const peek = task((a: number) => a, { byReference: true });
    expect(await run(peek(add(1, 2)))).toBe(3);
  });

  test('a name that is no argument is refused', () => {
    expect(() => task((gobble: object) => gobble, { byReference: ['goble'] })).toThrow(/goble/);
  });
});

describe('delayed values in arguments', () => {
  test('are found in lists, records, maps and sets, at any depth', async () => {
    const data = {
      list: [add(1, 1), [add(1, 2)]],
      map: new Map<unknown, unknown>([
        ['value', add(2, 2)],
        [add(1, 0), 'key'],
      ]),
      set: new Set<unknown>([add(5, 0)]),
    };
    expect(await run(read(data))).toEqual({
      list: [2, [3]],
      map: new Map<unknown, unknown>([
        ['value', 4],
        [1, 'key'],
      ]),
      set: new Set([5]),
    });
  });

  test('one that stands in many places is computed once', async () => {
    let count = 0;
    const once = task(() => ++count)();
    expect(await run(read([once, { once }, [[once]]]))).toEqual([1, { once: 1 }, [[1]]]);
    expect(count).toBe(1);
  });

  test('one in cyclic data is found', async () => {
    const data: Record<string, unknown> = { n: add(1, 2) };
    data['self'] = data;
    const copy = (await run(read(data))) as Record<string, unknown>;
    expect(copy['n']).toBe(3);
    expect(copy['self']).toBe(copy);
  });

  test('one under a symbol is found, beside plain data and beside lists', async () => {
    const key = Symbol('key');
    const kindOf = task((data: object) => typeof (data as Record<symbol, unknown>)[key]);
    for (const data of [{ [key]: add(1, 2) }, { a: 1, [key]: add(1, 2) }, { a: [], [key]: add(1, 2) }]) {
      expect(await run(kindOf(data))).toBe('number');
      expect(await run(task(() => data)())).toMatchObject({ [key]: 3 });
      expect(await run(data)).toMatchObject({ [key]: 3 });
    }
  });

  test('one under a symbol, deep in data, is found', async () => {
    const key = Symbol('key');
    const data = { deep: [{ [key]: { sum: add(1, 2) } }] };
    expect(await run(read(data))).toEqual({ deep: [{ [key]: { sum: 3 } }] });
    expect(await run(data)).toEqual({ deep: [{ [key]: { sum: 3 } }] });
  });

  class Model {
    readonly layers: unknown[];
    constructor(...layers: unknown[]) {
      this.layers = layers;
    }
  }

  test('one hidden in an instance of a class is refused, with the way to it', () => {
    expect(() => read({ deep: [new Model(1, add(1, 2))] })).toThrow(
      /Cannot call task 'read' as a delayed value is hidden at args\[0\]\.deep\[0\]\.layers\[1\], inside an instance of class Model[\s\S]*pass/,
    );
  });

  test('one hidden in an argument by reference is refused, with the way to it', () => {
    const peek = task((data: unknown) => data, { name: 'peek', byReference: true });
    expect(() => peek({ rows: [1, add(1, 2)] })).toThrow(
      /Cannot call task 'peek'.*args\[0\]\.rows\[1\], inside data passed by reference[\s\S]*copied by value/,
    );
  });

  test('an instance of a class is passed on as it is', async () => {
    const model = new Model(1);
    expect(await run(read(model))).toBe(model);
    expect(await run(read({ model }))).toEqual({ model });
  });

  test('a task among the arguments stays a task', async () => {
    const apply = task((fn: typeof add, a: number, b: number) => fn(a, b));
    expect(await run(apply(add as never, 1, 2))).toBe(3);
    expect(isDelayed(add)).toBe(false);
  });
});

test('data nested too deep for the stack is refused, saying which argument', () => {
  let deep: unknown[] = [];
  for (let i = 0; i < 200_000; i++) deep = [deep];
  expect(() => read(deep)).toThrow(/Cannot copy argument 'data' of task 'read'.*too deep[\s\S]*byReference/);
});

test('calls are immutable: changing what was passed in does not reach them', async () => {
  const list = [add(1, 1)];
  const sum = read(list);
  list.push(add(2, 2));
  expect(await run(sum)).toEqual([2]);
  expect(await run(delay([1]).concat([2]))).toEqual([1, 2]);
});
