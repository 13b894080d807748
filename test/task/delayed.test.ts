/** What may be done to a delayed value, and what JavaScript would do silently wrong. */

import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Delayed, delay, isDelayed, omit, run, set, task } from '../../src/index.ts';
import { answersAll } from '../fixtures/hostile.ts';

const add = task((a: number, b: number) => a + b, { name: 'add' });
const record = task(() => ({ size: 3, name: 'x', list: [1, 2, 3] }), { name: 'record' });

/** Compares as `==` does. */
function looselyEqual(a: unknown, b: unknown): boolean {
  // oxlint-disable-next-line eqeqeq -- what is tested
  return a == b;
}

/** Does to a delayed value what the types refuse. */
function abuse(value: unknown, action: (value: never) => unknown): () => unknown {
  return () => action(value as never);
}

describe('a delayed value is not thenable', () => {
  test('await gives it back, unrun', async () => {
    const sum = add(1, 2);
    // oxlint-disable-next-line typescript/await-thenable -- what is tested
    expect((await sum) === sum).toBe(true);
    expect((sum as { then?: unknown }).then).toBeUndefined();
  });

  test('an asynchronous task that returns one goes on into it', async () => {
    const outer = task(async (x: number) => {
      await Promise.resolve();
      return add(x, 1);
    });
    expect(await run(outer(41))).toBe(42);
  });

  test('Promise.all and Promise.resolve pass it on', async () => {
    const sum = add(1, 2);
    // oxlint-disable-next-line typescript/await-thenable -- what is tested
    const [same] = await Promise.all([sum, 1]);
    expect(same === sum && (await Promise.resolve(sum)) === sum).toBe(true);
  });
});

describe('what would go silently wrong throws, naming the call and the mend', () => {
  const sum = add(1, 2);
  test.each<[string, (value: never) => unknown, RegExp]>([
    ['a + 1', (x: number) => x + 1, /Cannot coerce.*add\(1, 2\)[\s\S]*ops/],
    ['a < 1', (x: number) => x < 1, /Cannot coerce[\s\S]*ops/],
    ['-a', (x: number) => -x, /Cannot coerce/],
    ['a == 3', (x: number) => x === 3 || looselyEqual(x, 3), /Cannot coerce/],
    ['Number(a)', (x: number) => Number(x), /Cannot coerce/],
    ['a template', (x: string) => `${x}`, /Cannot coerce/],
    ['String(a)', (x: string) => String(x), /Cannot coerce/],
    ['join', (x: string) => [x].join(), /Cannot coerce/],
    ['a computed key', (x: string) => ({ [x]: 1 }), /Cannot coerce/],
    ['JSON.stringify', (x: unknown) => JSON.stringify(x), /Cannot write.*as JSON[\s\S]*await run/],
    ['JSON.stringify, inside', (x: unknown) => JSON.stringify({ a: [x] }), /Cannot write.*as JSON/],
    ['for of', (x: number[]) => [...x], /Cannot iterate[\s\S]*unpack/],
    ['destructuring a list', ([a]: number[]) => a, /Cannot iterate[\s\S]*unpack/],
    ['Array.from', (x: number[]) => Array.from(x), /Cannot iterate/],
    ['new Set', (x: number[]) => new Set(x), /Cannot iterate/],
    ['spread into arguments', (x: number[]) => Math.max(...x), /Cannot iterate/],
    ['spread into an object', (x: object) => ({ ...x }), /Cannot spread/],
    ['Object.keys', (x: object) => Object.keys(x), /Cannot spread or list/],
    ['Object.entries', (x: object) => Object.entries(x), /Cannot spread or list/],
    ['in', (x: object) => 'size' in x, /Cannot look for member 'size'/],
    ['delete', (x: { b?: number }) => delete x.b, /Cannot delete member 'b'[\s\S]*omit\(x, 'b'\)/],
    [
      'assigning',
      (x: { b: number }) => {
        x.b = 3;
      },
      /Cannot assign to member 'b'[\s\S]*set\(x, 'b', value\)/,
    ],
    ['Object.assign', (x: object) => Object.assign(x, { b: 3 }), /Cannot assign[\s\S]*set/],
    ['Object.defineProperty', (x: object) => Object.defineProperty(x, 'b', { value: 3 }), /Cannot assign/],
    ['new', (X: new () => unknown) => new X(), /not a constructor/],
  ])('%s', (_, action, message) => {
    expect(abuse(sum, action)).toThrow(message);
    expect(abuse(sum, action)).toThrow(TypeError);
  });

  test('for await', async () => {
    const loop = async (): Promise<void> => {
      for await (const _ of sum as unknown as AsyncIterable<unknown>) break;
    };
    await expect(loop()).rejects.toThrow(/Cannot iterate/);
  });
});

describe('a delayed value is an object like others', () => {
  test('console.log and inspect show its call, and compute nothing', () => {
    expect(inspect(add(1, add(2, 3)))).toBe('Delayed<add(1, add(…))>');
    expect(inspect({ sum: add(1, 2) })).toBe('{ sum: Delayed<add(1, 2)> }');
  });

  test('it may be a key, and is equal to itself alone', () => {
    const sum = add(1, 2);
    const map = new Map<unknown, string>([[sum, 'a']]);
    expect(map.get(sum)).toBe('a');
    expect(map.has(add(1, 2))).toBe(false);
    expect(new Set<unknown>([sum, sum]).size).toBe(1);
  });

  test('isDelayed() knows it, and nothing else', () => {
    expect(isDelayed(add(1, 2))).toBe(true);
    for (const other of [undefined, null, 0, '', {}, [], () => 1, add, Promise.resolve(1)]) {
      expect(isDelayed(other)).toBe(false);
    }
  });

  test('isDelayed() is not misled by functions that answer every name', () => {
    expect(isDelayed(answersAll())).toBe(false);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(isDelayed(proxy)).toBe(false);
  });

  test('concat takes it as an item', () => {
    expect(([] as unknown[]).concat(add(1, 2) as never)).toHaveLength(1);
  });
});

describe('members and methods', () => {
  test('reading a member is a call', async () => {
    expect(await run(record().size)).toBe(3);
    expect(await run(record().list[1] as Delayed<number>)).toBe(2);
    expect(await run(record().list.length)).toBe(3);
  });

  test('a member that is not there is undefined; one of undefined fails', async () => {
    const holder = record() as unknown as Delayed<{ a?: { b: number } }>;
    expect(await run(holder.a)).toBeUndefined();
    await expect(run((holder.a as Delayed<{ b: number }>).b)).rejects.toThrow(/undefined.*'b'/);
  });

  test('calling a method is one call, on its owner', async () => {
    expect(await run(record().name.toUpperCase())).toBe('X');
    class Counter {
      #count = 0;
      next(by: number): number {
        this.#count += by;
        return this.#count;
      }
    }
    expect(await run((delay(new Counter()) as unknown as Delayed<Counter>).next(add(1, 1)))).toBe(2);
  });

  test('an error in a method fails the run, and is no value', async () => {
    const text = delay('abc');
    await expect(run(text.repeat(-1))).rejects.toMatchObject({ name: 'CallFailedError' });
    await expect(run((text as unknown as { missing(): never }).missing())).rejects.toThrow(
      /Cannot call member 'missing' as it is not a function: received undefined/,
    );
  });

  test('a value that is a function can be called', async () => {
    const adder = task((a: number) => (b: number) => a + b);
    expect(await run(adder(1)(2))).toBe(3);
  });

  test('any string is a name for a member, but for then and toJSON', async () => {
    const odd = delay({ constructor: 1, _private: 2, __len__: 3, fn: 4, name: 5, with: 6, length: 7 });
    const values = odd as unknown as Record<string, Delayed<number>>;
    const names = ['constructor', '_private', '__len__', 'fn', 'name', 'with', 'length'];
    expect(await run(names.map((name) => values[name]))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});

describe('set() and omit()', () => {
  const point = delay({ x: 1, y: 2 });

  test('give a new delayed value, and leave the old one as it is', async () => {
    const moved = set(point, 'x', add(2, 3));
    expect(await run({ point, moved, flat: omit(moved, 'y') })).toEqual({
      point: { x: 1, y: 2 },
      moved: { x: 5, y: 2 },
      flat: { x: 5 },
    });
  });

  test('take plain objects and lists, too', async () => {
    expect(await run(set({ x: 1 }, 'x', 3))).toEqual({ x: 3 });
    expect(await run(set([1, 2, 3], 1, 9))).toEqual([1, 9, 3]);
    expect(await run(omit(delay([1, 2, 3]), 1))).toEqual([1, 3]);
  });

  test('set a member named __proto__ as a member', async () => {
    const changed = (await run(set(point as never, '__proto__' as never, 7 as never))) as object;
    expect(Object.getPrototypeOf(changed)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(changed, '__proto__')?.value).toBe(7);
  });

  test('refuse an instance of a class, saying what to do', async () => {
    class Model {
      size = 1;
    }
    await expect(run(set(new Model(), 'size', 2))).rejects.toThrow(
      /Cannot set member 'size'.*instance of class Model[\s\S]*write a task/,
    );
  });
});

describe('delay()', () => {
  test('gives a delayed value back', () => {
    const sum = add(1, 2);
    expect(delay(sum) === (sum as unknown)).toBe(true);
  });

  test('takes what is falsy', async () => {
    const values = [undefined, null, 0, '', false, Number.NaN];
    expect(await run(values.map((value) => delay(value)))).toEqual(values);
  });
});
