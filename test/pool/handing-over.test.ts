/** A call is handed over as it is at that moment: what its caller changes afterwards, it does not see. */

import { describe, expect, test } from 'vitest';
import { openPool } from '../../src/index.ts';
import { poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { tellingTasks } from '../fixtures/tasks/telling-tasks.ts';
import { kinds, opened } from './opened.ts';

const { same } = poolTasks;
const { list } = tellingTasks;

/** What hangs is told within this time. */
const limit = { timeout: 8000 };

/** A sort of argument, and a change to it. */
interface Changed {
  readonly make: () => unknown;
  readonly change: (value: never) => void;
}

const megabyte = 2 ** 20;

const sorts: Readonly<Record<string, Changed>> = {
  'a short list': { make: () => [1, 2], change: (value: number[]) => value.push(3) },
  'a small record': { make: () => ({ a: 1 }), change: (value: { a: number }) => void (value.a = 2) },
  'a list in a list': { make: () => [[1]], change: ([inner]: [number[]]) => inner.push(2) },
  'a record deep inside': {
    make: () => ({ a: [{ b: { c: 1 } }] }),
    change: (value: { a: [{ b: { c: number } }] }) => void (value.a[0].b.c = 2),
  },
  'a long list': {
    make: () => Array.from({ length: 10_000 }, (_, n) => ({ n })),
    change: (value: { n: number }[]) => {
      for (const item of value) item.n = -1;
    },
  },
  bytes: { make: () => new Uint8Array([1, 2, 3]), change: (value: Uint8Array) => void value.fill(9) },
  'many bytes': {
    make: () => new Uint8Array(megabyte).fill(1),
    change: (value: Uint8Array) => void value.fill(9),
  },
  'a Buffer': { make: () => Buffer.from('abc'), change: (value: Buffer) => void value.fill('x') },
  'bytes in a record': {
    make: () => ({ name: 'a', bytes: new Float64Array([1, 2]) }),
    change: (value: { bytes: Float64Array }) => void value.bytes.fill(9),
  },
  'a map of lists': {
    make: () => new Map([['a', [1]]]),
    change: (value: Map<string, number[]>) => void value.set('b', []).get('a')?.push(2),
  },
  'a set': { make: () => new Set([1]), change: (value: Set<number>) => void value.add(2) },
  'a date': { make: () => new Date(0), change: (value: Date) => void value.setTime(1) },
  'a cycle': {
    make: () => {
      const cycle: { self?: unknown; n: number } = { n: 1 };
      cycle.self = cycle;
      return cycle;
    },
    change: (value: { n: number }) => void (value.n = 2),
  },
};

describe.each(kinds)('on %s, a call does not see what its caller changes afterwards', limit, (kind) => {
  test.each(Object.entries(sorts))('%s', async (_, { make, change }) => {
    const before = make();
    const pool = opened(same, { kind, workers: 1 });
    const handOver = (): Promise<unknown> => {
      const value = make();
      const result = pool.submit(value);
      change(value as never);
      return result;
    };
    // Before there is a worker, to one that is idle, and behind others.
    expect(await handOver()).toEqual(before);
    expect(await handOver()).toEqual(before);
    for (const result of await Promise.all(Array.from({ length: 20 }, handOver)))
      expect(result).toEqual(before);
  });

  test('of several arguments, each', async () => {
    const values = Object.values(sorts);
    const pool = opened(list, { kind });
    for (let time = 0; time < 2; time++) {
      const args = values.map(({ make }) => make());
      const result = pool.submit(...args);
      values.forEach(({ change }, at) => change(args[at] as never));
      expect(await result).toEqual(values.map(({ make }) => make()));
    }
  });

  test('with a time limit, retries or a key', async () => {
    const tasks = [same.with({ timeoutMs: 60_000 }), same.with({ retries: 1 }), same];
    for (const [at, task] of tasks.entries()) {
      const pool = opened(task, { kind, workers: 1, ...(at === 2 ? { affinity: () => 'key' } : {}) });
      for (const { make, change } of Object.values(sorts)) {
        const values = [make(), make()];
        const results = values.map((value) => pool.submit(value));
        for (const value of values) change(value as never);
        expect(await Promise.all(results)).toEqual([make(), make()]);
      }
    }
  });

  // In this thread instances of classes are passed on as they are.
  test.skipIf(kind === 'inline')('an error', async () => {
    for (const wrap of [(error: Error): unknown => error, (error: Error): unknown => ({ errors: [error] })]) {
      const pool = opened(same, { kind, workers: 1 });
      const results = [1, 2, 3].map(() => {
        const error = new Error('before');
        const result = pool.submit(wrap(error));
        error.message = 'after';
        return result;
      });
      expect(await Promise.all(results)).toEqual(new Array(3).fill(wrap(new Error('before'))));
    }
  });

  test('nor does its caller see what the call changes', async () => {
    const value = { items: ['first'], bytes: new Uint8Array([1]) };
    const pool = opened(poolTasks.grow, { kind });
    expect(await pool.submit(value.items)).toBe(1);
    expect(await opened(poolTasks.fillBytes, { kind }).submit(value.bytes)).toBe(1);
    expect(value).toEqual({ items: ['first'], bytes: new Uint8Array([1]) });
  });

  test('nor what was in the list of arguments that it was called with', async () => {
    const pool = openPool(list, { kind, workers: 1 });
    const args = ['a', ['b']];
    const result = pool.submit(...args);
    args.length = 0;
    expect(await result).toEqual(['a', ['b']]);
    await pool.dispose();
  });
});
