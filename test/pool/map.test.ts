/** Maps: laziness, bound, order, failures, and all ways to end, on each kind of pool. */

import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { failed, type MapOptions, type MapResults } from '../../src/index.ts';
import { Queue } from '../../src/streams.ts';
import { FakeClock } from '../../src/testing.ts';
import { poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { CountedInput } from './counted-input.ts';
import { kinds, opened } from './opened.ts';
import { turn } from './turn.ts';

const { same, checked, checkedLater, join, unless } = poolTasks;

/** What hangs is told within this time. */
const limit = { timeout: 4000 };

function* naturals(): Generator<number> {
  for (let n = 0; ; n++) yield n;
}

/** What a map throws. */
async function errorOf(results: MapResults<unknown>): Promise<unknown> {
  return await results.toArray().then(
    (values) => new Error(`it gave ${String(values)}`),
    (error: unknown) => error,
  );
}

describe.each(kinds)('on %s, map()', limit, (kind) => {
  describe('takes', () => {
    test('nothing before the first result is asked for, nor opens its inputs', async () => {
      let isOpened = false;
      const inputs = {
        [Symbol.iterator]: (): Iterator<number> => {
          isOpened = true;
          return naturals();
        },
      };
      const results = opened(same, { kind }).map(inputs);
      await turn();
      expect(isOpened).toBe(false);
      await results.next();
      expect(isOpened).toBe(true);
      await results.return();
    });

    test.each([1, 2, 7, 64])('at most a window of %d inputs beyond those given out', async (window) => {
      for (const ordered of [true, false]) {
        const input = new CountedInput('iterator', naturals());
        const results = opened(same, { kind }).map(input.items, { window, ordered });
        for (let given = 0; given < 100; given++) {
          expect(input.taken - given).toBeLessThanOrEqual(window);
          await results.next();
          await turn();
        }
        await results.return();
      }
    });

    test('no more while nobody asks', async () => {
      const input = new CountedInput('iterator', naturals());
      const results = opened(same, { kind }).map(input.items, { window: 8 });
      await results.next();
      for (let passed = 0; passed < 50; passed++) await turn();
      expect(input.taken).toBeLessThanOrEqual(9);
      await results.return();
    });

    test('strings, maps, sets and lists, and tells how many there will be', async () => {
      const pool = opened(same, { kind });
      expect(pool.map([1, 2, 3]).size).toBe(3);
      expect(pool.map(new Set(['a', 'b'])).size).toBe(2);
      expect(pool.map(new Map([['a', 1]])).size).toBe(1);
      expect(pool.map(naturals()).size).toBeUndefined();
      expect(await pool.map(new Map([['a', 1]])).toArray()).toEqual([['a', 1]]);
      expect(await pool.map(new Set(['a', 'b'])).toArray()).toEqual(['a', 'b']);
    });

    test('a string, by its characters', async () => {
      const results = opened(same, { kind }).map('a😀b');
      expect(await results.toArray()).toEqual(['a', '😀', 'b']);
      expect([undefined, 3]).toContain(results.size);
    });

    test('lists of arguments', async () => {
      const lists: [string, ...string[]][] = [['a'], ['b', 'c'], ['d', 'e', 'f']];
      const results = opened(join, { kind }).map(lists, { spread: true });
      expect(await results.toArray()).toEqual(['a', 'b c', 'd e f']);
    });

    test('nothing, and gives nothing', async () => {
      const pool = opened(same, { kind });
      for (const inputs of [[], new Set(), (async function* (): AsyncGenerator<never> {})()]) {
        for (const errors of ['throw', 'yield', 'collect'] as const) {
          expect(await pool.map(inputs, { errors }).toArray()).toEqual([]);
        }
      }
    });
  });

  describe('refuses', () => {
    test.each<[string, unknown, RegExp]>([
      ['window', 0, /'window' must be a positive integer: received 0/],
      ['window', 1.5, /'window' must be a positive integer: received 1.5/],
      ['errors', 'ignore', /'errors' must be 'throw', 'yield' or 'collect': received 'ignore'/],
      ['timeoutMs', -1, /'timeoutMs' must be a positive number of milliseconds: received -1/],
      ['timeoutMs', Number.NaN, /'timeoutMs' must be a positive number/],
      ['windows', 3, /windows/],
    ])('the option %s: %j', (name, value, message) => {
      const pool = opened(same, { kind });
      expect(() => pool.map([1], { [name]: value } as MapOptions as never)).toThrow(message);
    });

    test.each([[undefined], [null], [7], [{}], [{ length: 3 }]])('inputs that are %j, at once', (inputs) => {
      const pool = opened(same, { kind });
      expect(() => pool.map(inputs as never)).toThrow(/Cannot map as the inputs must be iterable: received/);
    });

    test('an input that is no list of arguments, and closes the inputs', async () => {
      const input = new CountedInput('iterator', [['a'], 'b', ['c'], ['d'], ['e']]);
      const results = opened(join, { kind }).map(input.items as never, { spread: true, window: 2 });
      expect(await errorOf(results)).toMatchObject({
        name: 'TypeError',
        message: expect.stringMatching(/each input must be a list of arguments: received string for input 1/),
      });
      expect(input.closed).toBe(1);
    });

    test('to go on when its pool is closed, and closes the inputs', async () => {
      const pool = opened(same, { kind });
      const input = new CountedInput('iterator', naturals());
      const results = pool.map(input.items);
      await pool.dispose();
      expect(await errorOf(results)).toMatchObject({ code: 'HEDDLE_CLOSED' });
      expect(input.closed).toBeLessThanOrEqual(1);
    });
  });

  describe('gives', () => {
    test('many results that are asked for at once, first come first served', async () => {
      const results = opened(checkedLater, { kind }).map([0, 1, 2], { window: 2 });
      const asked = await Promise.all([1, 2, 3, 4, 5].map(() => results.next()));
      expect(asked.map(({ value }) => value)).toEqual([0, 2, 4, undefined, undefined]);
      expect(asked.map(({ done }) => done)).toEqual([false, false, false, true, true]);
    });

    test('a result as soon as its input is there, while the inputs wait for the next', async () => {
      const gate = Promise.withResolvers<void>();
      async function* slow(): AsyncGenerator<number> {
        yield 1;
        await gate.promise;
        yield 2;
      }
      const results = opened(same, { kind }).map(slow(), { window: 10 });
      expect(await results.next()).toEqual({ done: false, value: 1 });
      gate.resolve();
      expect(await results.toArray()).toEqual([2]);
    });

    test('an early result that was taken, when the inputs throw as the next is asked for', async () => {
      for (const sort of ['iterator', 'generator', 'async generator'] as const) {
        const input = new CountedInput(sort, [7], { throwAt: 1 });
        const results = opened(same, { kind }).map(input.items, { window: 1 });
        expect(await results.next()).toEqual({ done: false, value: 7 });
        await expect(results.next()).rejects.toThrow('no item 1');
        expect(await results.next()).toEqual({ done: true, value: undefined });
        expect(input.closed).toBe(0);
      }
    });
  });

  describe('fails', () => {
    test('by throwing at the place of the failed call, then ends', async () => {
      const input = new CountedInput('iterator', [0, 1, 4, 2, 3, 0, 0, 0]);
      const results = opened(checkedLater, { kind }).map(input.items, { window: 5 });
      expect(await results.next()).toEqual({ done: false, value: 0 });
      expect(await results.next()).toEqual({ done: false, value: 2 });
      const error: unknown = await results.next().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RangeError);
      expect((error as Error).message).toBe('refused 4');
      expect(await results.next()).toEqual({ done: true, value: undefined });
      expect(input.closed).toBe(1);
    });

    test('by Failures in the place of values', async () => {
      const [value, failure] = await opened(checked, { kind }).map([1, 4], { errors: 'yield' }).toArray();
      expect(value).toBe(2);
      if (!failed(failure)) throw new Error('not a Failure');
      expect([failure.task, failure.reason, String(failure.error)]).toEqual([
        'checked',
        'threw',
        'RangeError: refused 4',
      ]);
    });

    test.each([1, 2, 5, 50])('by all errors after all results, with a window of %d', async (window) => {
      for (const ordered of [true, false]) {
        const results = opened(checkedLater, { kind }).map([4, 9, 1, 14, 2], {
          errors: 'collect',
          window,
          ordered,
        });
        const values: unknown[] = [];
        const error: unknown = await (async (): Promise<void> => {
          for await (const value of results) values.push(value);
        })().catch((thrown: unknown) => thrown);
        expect(new Set(values)).toEqual(new Set([2, 4]));
        expect(error).toBeInstanceOf(AggregateError);
        expect((error as AggregateError).errors.map(String)).toEqual([
          'RangeError: refused 4',
          'RangeError: refused 9',
          'RangeError: refused 14',
        ]);
        expect((error as Error).message).toBe("3 of 5 calls of task 'checkedLater' failed");
      }
    });
  });

  describe('is left', () => {
    test('by break, which closes the inputs once', async () => {
      const pool = opened(checkedLater, { kind });
      for (const sort of ['iterator', 'generator', 'async generator'] as const) {
        const input = new CountedInput(sort, [0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13]);
        for await (const value of pool.map(input.items, { window: 3 })) if (value === 2) break;
        // Asynchronous inputs that were asked for an item close when they have given it.
        await turn();
        expect(input.closed).toBe(1);
      }
      expect(await pool.submit(1)).toBe(2);
    });

    test('by disposing of it, also twice, also while results are asked for', async () => {
      const input = new CountedInput('iterator', naturals());
      const results = opened(unless, { kind }).map(
        ['never'].values().map((item) => item),
        { window: 1 },
      );
      const asked = results.next();
      await results[Symbol.asyncDispose]();
      await results[Symbol.asyncDispose]();
      expect(await asked).toEqual({ done: true, value: undefined });
      {
        await using other = opened(same, { kind }).map(input.items);
        await other.next();
      }
      expect(input.closed).toBe(1);
    });

    test('while its inputs throw when they are closed', async () => {
      const inputs = {
        [Symbol.iterator]: () => ({
          next: () => ({ done: false as const, value: 1 }),
          return: () => {
            throw new Error('cannot close');
          },
        }),
      };
      const results = opened(same, { kind }).map(inputs);
      await results.next();
      expect(await results.return()).toEqual({ done: true, value: undefined });
    });

    test('while its inputs have nothing to give, without waiting for them', async () => {
      async function* silent(): AsyncGenerator<number> {
        yield 1;
        await new Promise(() => undefined);
      }
      const results = opened(same, { kind }).map(silent(), { window: 3 });
      await results.next();
      expect(await results.return()).toEqual({ done: true, value: undefined });
    });

    test('while a stream of Node, of the Web, or a queue has nothing to give: they are left at once', async () => {
      const node = new Readable({ objectMode: true, read: () => undefined });
      node.push(1);
      let isCancelled = false;
      const web = new ReadableStream<number>({
        start: (controller) => controller.enqueue(1),
        cancel: () => {
          isCancelled = true;
        },
      });
      const queue = new Queue<number>();
      await queue.push(1);
      for (const inputs of [node, web, queue.to((x) => x)] as AsyncIterable<number>[]) {
        const results = opened(same, { kind }).map(inputs, { window: 3 });
        expect(await results.next()).toEqual({ done: false, value: 1 });
        await results.return();
        await turn();
      }
      expect([node.destroyed, isCancelled, web.locked]).toEqual([true, true, false]);
      // The next item is for others.
      await queue.push(2);
      expect(await queue.pull()).toEqual({ done: false, value: 2 });
    });

    test('while others go on, which lose nothing', async () => {
      const pool = opened(checkedLater, { kind });
      const other = pool.map([0, 1, 2, 3, 5, 6, 7, 8], { window: 8 }).toArray();
      for (let n = 0; n < 5; n++) {
        const left = pool.map(naturals(), { window: 16 });
        await left.next();
        await left.return();
      }
      expect(await other).toEqual([0, 2, 4, 6, 10, 12, 14, 16]);
      expect(await pool.map([1]).toArray()).toEqual([2]);
    });
  });

  describe('stops by its signal', () => {
    test('that had come before', async () => {
      const input = new CountedInput('iterator', naturals());
      const signal = AbortSignal.abort(new Error('why'));
      expect(await errorOf(opened(same, { kind }).map(input.items, { signal }))).toMatchObject({
        message: 'why',
      });
      expect(input.taken).toBe(0);
    });

    test('that comes while a result is waited for', async () => {
      const controller = new AbortController();
      const input = new CountedInput('iterator', ['never', 'never']);
      const results = opened(unless, { kind }).map(input.items, { signal: controller.signal, window: 1 });
      const asked = results.next();
      await turn();
      controller.abort(new Error('why'));
      await expect(asked).rejects.toThrow('why');
      expect(await results.next()).toEqual({ done: true, value: undefined });
      expect(input.closed).toBe(1);
    });

    test('that comes while its inputs are waited for, and gives nothing of what comes later', async () => {
      const controller = new AbortController();
      const gate = Promise.withResolvers<void>();
      async function* slow(): AsyncGenerator<number> {
        yield 1;
        await gate.promise;
        yield 2;
      }
      const results = opened(same, { kind }).map(slow(), { signal: controller.signal, window: 5 });
      await results.next();
      await turn();
      controller.abort(new Error('why'));
      gate.resolve();
      for (let passed = 0; passed < 20; passed++) await turn();
      await expect(results.next()).rejects.toThrow('why');
    });

    test('that comes between results; a call that times out afterwards changes nothing', async () => {
      const controller = new AbortController();
      const clock = new FakeClock();
      const results = opened(unless, { kind, clock, workers: 1 }).map(['quick', 'never'], {
        signal: controller.signal,
        ordered: false,
        errors: 'yield',
        timeoutMs: 100,
      });
      expect(await results.next()).toEqual({ done: false, value: 'quick' });
      await clock.whenTimers(1);
      await turn();
      controller.abort(new Error('why'));
      clock.pass(200);
      await expect(results.next()).rejects.toThrow('why');
    });

    test('and does not listen to it when it is over', async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const counts = { added: 0, removed: 0 };
      const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
      signal.addEventListener = (...args: Parameters<typeof add>): void => {
        counts.added++;
        add(...args);
      };
      signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
        counts.removed++;
        remove(...args);
      };
      const pool = opened(checked, { kind });
      await pool.map([1, 2], { signal }).toArray();
      await pool
        .map([4], { signal })
        .toArray()
        .catch(() => undefined);
      const left = pool.map(naturals(), { signal });
      await left.next();
      await left.return();
      expect(counts).toEqual({ added: 3, removed: 3 });
    });
  });

  test('fails calls that take longer than timeoutMs, and no others', async () => {
    const results = opened(unless, { kind }).map(['a', 'never', 'b', 'never', 'c'], {
      timeoutMs: 1000,
      errors: 'yield',
      window: 5,
    });
    expect((await results.toArray()).map((value) => (failed(value) ? value.reason : value))).toEqual([
      'a',
      'timed-out',
      'b',
      'timed-out',
      'c',
    ]);
  });

  test('applies the time limit of its task, unless it has one of its own', async () => {
    const pool = opened(unless.with({ timeoutMs: 600 }), { kind });
    const reasonOf = async (options: MapOptions): Promise<unknown> => {
      const [failure] = await pool.map(['never'], { ...options, errors: 'yield', spread: false }).toArray();
      return failed(failure) ? String(failure.error) : failure;
    };
    expect(await reasonOf({})).toMatch(/more than 600 ms/);
    expect(await reasonOf({ timeoutMs: 500 })).toMatch(/more than 500 ms/);
  });
});
