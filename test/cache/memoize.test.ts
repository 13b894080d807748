/** Memoized functions: results, recursion, single flight, and where they remember. */

import { describe, expect, test, vi } from 'vitest';
import { fileRecords } from '../../src/cache/file-records.ts';
import {
  type Cache,
  type CacheTrouble,
  digestOf,
  type Memoized,
  memoize,
  openCache,
  run,
  task,
  tasks,
  withCache,
} from '../../src/index.ts';
import { fileStore } from '../../src/store/file-store.ts';
import { folders } from '../fixtures/folders.ts';

const folder = folders('memoize');
const limitMs = 15_000;

const { twice, delayedSquare } = tasks(import.meta, {
  twice: (x: number) => 2 * x,
  delayedSquare: (x: number) => twice(x),
});

/** A cache in a folder, which outlives its process. */
function openFiles(where: string, told: CacheTrouble[] = []): Promise<Cache> {
  return openCache(
    { values: fileStore(`${where}/values`), calls: fileRecords(`${where}/calls`) },
    { onTrouble: (trouble) => told.push(trouble) },
  );
}

/** Counts how often it computes. */
function counted<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
): { readonly fn: (...args: Args) => Result; readonly seen: Args[] } {
  const seen: Args[] = [];
  return {
    seen,
    fn: (...args) => {
      seen.push(args);
      return fn(...args);
    },
  };
}

describe('a memoized function', { timeout: limitMs }, () => {
  test('gives a promise, hit or miss, and computes once', async () => {
    const { fn, seen } = counted((x: number) => x ** 2);
    const square = memoize(fn);
    const [miss, hit] = [square(3), square(3)];
    expect([miss instanceof Promise, hit instanceof Promise]).toEqual([true, true]);
    expect([await miss, await hit, await square(3), seen.length]).toEqual([9, 9, 9, 1]);
    expect([await square(4), seen.length]).toEqual([16, 2]);
  });

  test.for([[undefined], [null], [0], [''], [false], [Number.NaN]])(
    'remembers %s like any value',
    async ([value]) => {
      const { fn, seen } = counted(() => value);
      const constant = memoize(fn);
      expect([await constant(), await constant(), seen.length]).toEqual([value, value, 1]);
      expect(await constant.contains()).toBe(true);
    },
  );

  test('remembers what a promise settles to', async () => {
    const { fn, seen } = counted(async (x: number) => ({ x }));
    const wrap = memoize(fn);
    expect(await wrap(1)).toEqual({ x: 1 });
    expect(await wrap(1)).toEqual({ x: 1 });
    expect(seen.length).toBe(1);
  });

  test('gives a copy each time, which may be changed', async () => {
    const list = memoize((n: number) => [n]);
    (await list(1)).push(5);
    (await list(1)).push(6);
    expect(await list(1)).toEqual([1]);
  });

  test('is told apart by the arguments as they were before it ran', async () => {
    const { fn, seen } = counted((xs: number[]) => xs.push(9));
    const push = memoize(fn);
    const xs = [1];
    expect([await push(xs), await push([1]), seen.length]).toEqual([2, 2, 1]);
    expect(xs).toEqual([1, 9]);
  });

  test.for([
    [
      'throws',
      () => {
        throw new RangeError('no');
      },
    ],
    ['rejects', () => Promise.reject(new RangeError('no'))],
  ] as const)('that %s rejects, and is computed anew', async ([, fail]) => {
    const { fn, seen } = counted(fail);
    const failing = memoize(fn as () => never);
    await expect(failing()).rejects.toThrow(RangeError);
    await expect(failing()).rejects.toThrow('no');
    expect([seen.length, await failing.contains()]).toEqual([2, false]);
  });

  test('remembers errors for as long as it is told', async () => {
    const { fn, seen } = counted((): number => {
      throw new RangeError('no');
    });
    const failing = memoize(fn, { errorsForMs: 60_000 });
    await expect(failing()).rejects.toThrow(RangeError);
    await expect(failing()).rejects.toThrow(RangeError);
    expect(seen.length).toBe(1);
  });

  test('runs once for many equal calls at once, which all get their own copy', async () => {
    const gate = Promise.withResolvers<void>();
    const { fn, seen } = counted(async (x: number) => {
      await gate.promise;
      return [x];
    });
    const slow = memoize(fn);
    const calls = Array.from({ length: 1000 }, () => slow(1));
    gate.resolve();
    const results = await Promise.all(calls);
    expect([seen.length, new Set(results).size, results.every(([x]) => x === 1)]).toEqual([1, 1000, true]);
  });

  test('fails once for many equal calls at once', async () => {
    const gate = Promise.withResolvers<void>();
    const { fn, seen } = counted(() => gate.promise);
    const slow = memoize(fn);
    const calls = [slow(), slow(), slow()];
    gate.reject(new Error('no'));
    const ends = await Promise.allSettled(calls);
    expect([seen.length, ...ends.map(({ status }) => status)]).toEqual([
      1,
      'rejected',
      'rejected',
      'rejected',
    ]);
  });

  test('refuses delayed values, given or returned, and names run', async () => {
    await expect(memoize(delayedSquare)(3)).rejects.toThrow(
      /returned a delayed value.*\n.*run\(delayedSquare/,
    );
    await expect(memoize(twice)(twice(1) as never)).rejects.toThrow(/an argument is delayed/);
  });
});

describe('recursion', { timeout: limitMs }, () => {
  test('computes each call once', async () => {
    const { fn, seen } = counted(
      async (n: number): Promise<number> => (n < 2 ? n : (await fib(n - 1)) + (await fib(n - 2))),
    );
    const fib: Memoized<[number], number> = memoize(fn);
    expect([await fib(60), seen.length]).toEqual([1548008755920, 61]);
  });

  test('computes each call once, with both halves at the same time', async () => {
    const { fn, seen } = counted(async (n: number): Promise<number> => {
      if (n < 2) return n;
      const [a, b] = await Promise.all([fib(n - 1), fib(n - 2)]);
      return a + b;
    });
    const fib: Memoized<[number], number> = memoize(fn);
    expect([await fib(60), seen.length]).toEqual([1548008755920, 61]);
  });

  test('with equal arguments ends if the function does', async () => {
    let left = 3;
    const again: Memoized<[number], number> = memoize(async (x: number): Promise<number> => {
      await Promise.resolve();
      return left-- === 0 ? x : (await again(x)) + 1;
    });
    expect(await again(10)).toBe(13);
    expect(await again.contains(10)).toBe(true);
  });

  test.for([
    ['itself', 1],
    ['another that calls it', 2],
    ['others in a ring', 3],
  ] as const)('without end through %s rejects', async ([, length]) => {
    const ring: Memoized<[number], number>[] = Array.from({ length }, (_, index) =>
      memoize(
        async (x: number): Promise<number> => {
          await Promise.resolve();
          return (await ring[(index + 1) % length]?.(x)) ?? 0;
        },
        { name: `ring${index}` },
      ),
    );
    await expect(ring[0]?.(1)).rejects.toThrow(/calls itself with equal arguments without end/);
  });

  test('of two that are entered at once, and call each other, does not wait for ever', async () => {
    let left = 4;
    const one: Memoized<[], number> = memoize(async () => {
      await Promise.resolve();
      return left-- <= 0 ? 1 : other();
    });
    const other: Memoized<[], number> = memoize(async () => {
      await Promise.resolve();
      return left-- <= 0 ? 2 : one();
    });
    const ends = await Promise.all([one(), other()]);
    expect(ends.every((end) => end === 1 || end === 2)).toBe(true);
  });

  test('through a run inside does not wait for ever', async () => {
    await using cache = await openCache(':memory:');
    let depth = 0;
    const inner = task(async (x: number): Promise<number> => (depth++ > 2 ? x : run(inner(x), { cache })), {
      name: 'inner',
      cache: true,
    });
    expect(await memoize(inner, { cache })(5)).toBe(5);
  });
});

describe('members', { timeout: limitMs }, () => {
  test('contains() and load() compute nothing', async () => {
    const { fn, seen } = counted((x: number): number | undefined => (x > 0 ? x : undefined));
    const maybe = memoize(fn);
    expect([await maybe.contains(1), await maybe.load(1), seen.length]).toEqual([false, undefined, 0]);
    await Promise.all([maybe(1), maybe(0)]);
    expect([await maybe.contains(1), await maybe.load(1)]).toEqual([true, 1]);
    expect([await maybe.contains(0), await maybe.load(0), seen.length]).toEqual([true, undefined, 2]);
  });

  test('contains() tells results that are too old from others', async () => {
    const { fn, seen } = counted((x: number) => x);
    const stale = memoize(fn, { maxAgeMs: 0 });
    await stale(1);
    expect([await stale.contains(1), await stale.load(1)]).toEqual([false, undefined]);
    await stale(1);
    expect(seen.length).toBe(2);
  });

  test('evict() forgets one call', async () => {
    const { fn, seen } = counted((x: number) => x);
    const same = memoize(fn);
    await Promise.all([same(1), same(2)]);
    expect([
      await same.evict(1),
      await same.evict(1),
      await same.contains(1),
      await same.contains(2),
    ]).toEqual([true, false, false, true]);
    await same(1);
    expect(seen.length).toBe(3);
  });

  test('call() tells what is known of a call, and loads values when they are asked for', async () => {
    await using cache = await openCache(':memory:');
    for (const fn of [memoize((x: number) => [x], { name: 'own' }), memoize((x: number) => [x], { cache })]) {
      expect(await fn.call(3)).toBeUndefined();
      await fn(3);
      const entry = await fn.call(3);
      expect([entry?.state, entry?.digest, await entry?.result()]).toEqual([
        'success',
        await fn.digest(3),
        [3],
      ]);
    }
    const given = memoize((x: number) => x, { cache, name: 'given' });
    await given(4);
    expect(await (await given.call(4))?.argument('x')).toBe(4);
  });

  test('query() asks for calls of the function alone', async () => {
    await using cache = await openCache(':memory:');
    const one = memoize((x: number, y: string) => y.repeat(x), { cache, name: 'one' });
    const other = memoize((x: number) => x, { cache, name: 'other' });
    await Promise.all([one(1, 'a'), one(2, 'a'), one(2, 'b'), other(2)]);
    expect(await one.query().count()).toBe(3);
    expect(await one.query({ args: { x: 2 } }).count()).toBe(2);
    const entry = await one.query({ args: { x: 2, y: 'b' } }).only();
    expect(await entry.result()).toBe('bb');
    expect(await other.query({ args: { x: 1 } }).empty()).toBe(true);
  });

  test('rerun() computes a call anew, and those inside, each once', async () => {
    let salt = 0;
    const seen: number[] = [];
    const sum: Memoized<[number], number> = memoize(async (n: number): Promise<number> => {
      seen.push(n);
      return n < 2 ? n + salt : (await sum(n - 1)) + (await sum(n - 2));
    });
    expect(await sum(20)).toBe(6765);
    seen.length = 0;
    salt = 1;
    expect(await sum(20)).toBe(6765);
    expect(seen).toEqual([]);
    expect(await sum.rerun(20)).toBe(17_711);
    expect(seen.length).toBe(21);
    expect([await sum(20), await sum(1), seen.length]).toEqual([17_711, 2, 21]);
  });

  test('rerun() computes runs inside anew', async () => {
    await using cache = await openCache(':memory:');
    let computed = 0;
    const leaf = task(
      (x: number) => {
        computed++;
        return x;
      },
      { name: 'leaf', cache: true },
    );
    const outer = memoize(async (x: number) => run(leaf(x), { cache }), { cache });
    await outer(1);
    await outer.rerun(1);
    expect(computed).toBe(2);
    await outer(1);
    expect(computed).toBe(2);
  });

  test('digest() is that of the call, and tells why there is none', async () => {
    await using cache = await openFiles(folder());
    const fast = memoize(twice, { cache });
    expect(await fast.digest(3)).toBe(cache.digest(twice, 3));
    expect(await fast.digest(3)).not.toBe(await fast.digest(4));
    await expect(
      memoize((f: () => void) => f, { version: 1, name: 'f' }).digest(() => undefined),
    ).rejects.toThrow(/Cannot digest a call of task 'f'/);
  });
});

describe('options', { timeout: limitMs }, () => {
  test('say what counts', async () => {
    const { fn, seen } = counted(({ x }: { x: number; verbose: boolean }, label: string) => `${x}${label}`);
    const f = memoize(fn, { params: ['options', 'label'], ignore: ['options.verbose', 'label'] });
    expect(await f({ x: 1, verbose: true }, 'a')).toBe('1a');
    expect(await f({ x: 1, verbose: false }, 'b')).toBe('1a');
    const byKey = memoize(fn, { key: ({ x }: { x: number }) => x % 2 });
    await byKey({ x: 1, verbose: true }, '');
    await byKey({ x: 3, verbose: true }, '');
    expect(seen.length).toBe(2);
  });

  test('are checked', () => {
    expect(() => memoize(twice, { ignores: ['x'] } as never)).toThrow(/'ignore' was probably meant/);
    expect(() => memoize(twice, { cache: {} as never })).toThrow(/'cache' must be one/);
    expect(() => memoize(3 as never)).toThrow(/must be a function or a task: received 3/);
    expect(() => memoize(twice, { ignore: ['y'] })).toThrow(/'y' names no argument/);
  });

  test('take another version for another function', async () => {
    await using cache = await openFiles(folder());
    const { fn, seen } = counted((x: number) => x);
    const one = memoize(fn, { cache, name: 'fn', version: 1 });
    const again = memoize(fn, { cache, name: 'fn', version: 1 });
    const two = memoize(fn, { cache, name: 'fn', version: 2 });
    await one(1);
    await again(1);
    expect(seen.length).toBe(1);
    await two(1);
    expect(seen.length).toBe(2);
  });
});

describe('the cache', { timeout: limitMs }, () => {
  test('is its own, that around, or the one given', async () => {
    await using around = await openCache(':memory:');
    await using given = await openCache(':memory:');
    const { fn, seen } = counted((x: number) => x);
    const same = memoize(fn);
    await same(1);
    await withCache(around, async () => {
      expect(await same.contains(1)).toBe(false);
      await same(1);
      expect(await same.contains(1)).toBe(true);
    });
    const elsewhere = memoize(fn, { cache: given });
    await withCache(around, () => elsewhere(1));
    expect(seen.length).toBe(3);
  });

  test('holds for memoized functions inside one that was given it', async () => {
    await using cache = await openCache(':memory:');
    const inner = memoize((x: number) => x);
    const outer = memoize((x: number) => inner(x), { cache });
    await outer(1);
    expect([await inner.contains(1), await withCache(cache, () => inner.contains(1))]).toEqual([false, true]);
  });

  test('that outlives the process is shared, and takes tasks of blocks without a version', async () => {
    const where = folder();
    await using first = await openFiles(where);
    expect(await memoize(twice, { cache: first })(21)).toBe(42);
    await first.flush();
    await using second = await openFiles(where);
    expect(await memoize(twice, { cache: second }).load(21)).toBe(42);
  });

  test('that outlives the process does not remember a closure without a version, and says so', async () => {
    const told: CacheTrouble[] = [];
    await using cache = await openFiles(folder(), told);
    const { fn, seen } = counted((x: number) => x);
    const same = memoize(fn, { cache, name: 'same' });
    expect([await same(1), await same(1), seen.length]).toEqual([1, 1, 2]);
    expect(told.map(({ message }) => message)[0]).toMatch(
      /^Cannot remember the result of task 'same': .* has no version/,
    );
  });

  test('of its own is bounded', async () => {
    const bytes = memoize((x: number) => new Uint8Array(2 ** 20).fill(x));
    for (let x = 0; x < 80; x++) await bytes(x);
    await vi.waitFor(async () => {
      const kept = await Promise.all(Array.from({ length: 80 }, (_, x) => bytes.contains(x)));
      expect([kept[79], kept[0]]).toEqual([true, false]);
      expect(kept.filter(Boolean).length).toBeLessThanOrEqual(64);
    });
  });

  test('remembers by digests: equal arguments of other identity', async () => {
    const { fn, seen } = counted((x: object) => digestOf(x));
    const f = memoize(fn);
    await f({ a: 1, b: new Map([[1, 2]]) });
    await f({ b: new Map([[1, 2]]), a: 1 });
    expect(seen.length).toBe(1);
  });
});
