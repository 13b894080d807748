/** Loops with a bar: items, endings, and what is shown of them. */

import { beforeAll, describe, expect, test } from 'vitest';
import { progress } from '../../src/progress/progress.ts';
import { assumeTerminal, watched } from '../fixtures/progress/watched.ts';

beforeAll(assumeTerminal);

/** An input that remembers how it was treated. */
function recorded(size: number) {
  const told: string[] = [];
  function* items(): Generator<number> {
    try {
      for (let item = 0; item < size; item += 1) {
        told.push(`pulled ${item}`);
        yield item;
      }
    } finally {
      told.push('closed');
    }
  }
  async function* later(): AsyncGenerator<number> {
    yield* items();
  }
  return { told, items, later };
}

describe('progress() over a synchronous input', () => {
  test.each([
    ['an array', [1, 2, 3], 3],
    ['a set', new Set([1, 2]), 2],
    ['a map', new Map([[1, 'a']]), 1],
    ['a typed array', new Uint8Array(4), 4],
    ['a text', 'a👍b', 3],
    ['nothing', [], 0],
  ])('yields the items of %s, and knows its size', (_name, input: Iterable<unknown>, size) => {
    const { options } = watched();
    const loop = progress(input, options);
    expect([[...loop], loop.size]).toEqual([[...input], size]);
    expect(loop.stats()).toMatchObject({ done: size, total: size });
  });

  test('pulls an item only when it is asked for', () => {
    const { told, items } = recorded(3);
    for (const item of progress(items(), watched().options)) {
      expect(told).toHaveLength(item + 1);
    }
    expect(told).toEqual(['pulled 0', 'pulled 1', 'pulled 2', 'closed']);
  });

  test('shows nothing of an item before the next one is asked for', () => {
    const { options } = watched();
    const loop = progress([1, 2, 3], options);
    const seen: number[] = [];
    for (const _ of loop) seen.push(loop.stats().done);
    expect([seen, loop.stats().done]).toEqual([[0, 1, 2], 3]);
  });

  test('draws from the loop, at most once in minIntervalMs', () => {
    const { options, clock, stream, screen } = watched();
    const before: number[] = [];
    let half: string | undefined;
    for (const item of progress(
      Array.from({ length: 100 }, (_, index) => index),
      { ...options, desc: 'loop' },
    )) {
      if (item === 50) [half] = screen();
      before.push(stream.writes.length);
      // Time passes without timers, as in a loop that leaves them none.
      clock.drift(100);
    }
    expect(half).toMatch(/^loop: {2}[45]\d%\|█+.? +\| [45]\d\/100 \[00:0[45]<00:0[56], 10\.00it\/s\]$/u);
    const frames = before.map((count, index) => count - (before[index - 1] ?? count));
    expect(Math.max(...frames)).toBe(1);
    expect(screen()).toEqual([
      expect.stringMatching(/^loop: 100%\|█+\| 100\/100 \[00:10<00:00, 10\.00it\/s\]$/u),
    ]);
  });

  test('break ends the bar and tells the input; the item at hand is not done', () => {
    const { options, clock, stream, screen } = watched();
    const { told, items } = recorded(9);
    const loop = progress(items(), { ...options, total: 9 });
    for (const item of loop) if (item === 2) break;
    expect(told.at(-1)).toBe('closed');
    expect([loop.stats().done, clock.timers, screen().length]).toEqual([2, 0, 1]);
    expect(stream.output).toContain('\u001b[?25h');
  });

  test('an error of the loop ends the bar and tells the input', () => {
    const { options, clock } = watched();
    const { told, items } = recorded(9);
    const attempt = (): void => {
      for (const _ of progress(items(), options)) throw new Error('of the loop');
    };
    expect(attempt).toThrow('of the loop');
    expect([told.at(-1), clock.timers]).toEqual(['closed', 0]);
  });

  test('an error of the input ends the bar and reaches the loop', () => {
    const { options, clock, screen } = watched();
    function* broken(): Generator<number> {
      yield 1;
      throw new Error('of the input');
    }
    expect(() => [...progress(broken(), options)]).toThrow('of the input');
    expect([clock.timers, screen()]).toEqual([0, [expect.stringMatching(/^1it \[/u)]]);
  });

  test('every loop has a bar of its own, also at once', () => {
    const { options, screen } = watched();
    const loop = progress([1, 2, 3], { ...options, desc: 'loop' });
    for (const outer of loop)
      for (const inner of loop) expect([outer, inner].every((item) => item > 0)).toBe(true);
    expect(screen()).toHaveLength(4);
    expect([...loop]).toEqual([1, 2, 3]);
  });

  test('postfix and desc can be set before, during and after', () => {
    const { options, clock, screen } = watched();
    const loop = progress([1, 2], { ...options, desc: 'one' });
    loop.postfix = 'before';
    for (const item of loop) {
      clock.pass(100);
      expect(screen()[0]).toMatch(item === 1 ? /^one: .*, before\]$/u : /^two: .*, loss=0\.5, at=b\]$/u);
      loop.desc = 'two';
      loop.postfix = { loss: 0.5, at: 'b' };
    }
    expect([loop.desc, loop.postfix]).toEqual(['two', { loss: 0.5, at: 'b' }]);
  });

  test('iterators can be used by hand, and more than once after the end', () => {
    const iterator = progress([1], watched().options)[Symbol.iterator]();
    expect(iterator.next()).toEqual({ done: false, value: 1 });
    for (const _ of [1, 2]) expect(iterator.next()).toEqual({ done: true, value: undefined });
    expect(iterator.return?.(7)).toEqual({ done: true, value: 7 });
  });
});

describe('progress() over an asynchronous input', () => {
  test('yields the items, and draws while it waits', async () => {
    const { options, clock, screen } = watched();
    const gate = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<string> {
      yield 'a';
      await gate.promise;
      yield 'b';
    }
    const loop = progress(slow(), { ...options, total: 2, desc: 'slow' });
    const iterator = loop[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 'a' });
    const waiting = iterator.next();
    clock.pass(5000);
    expect(screen()[0]).toMatch(/^slow: {2}50%\|█+ +\| 1\/2 \[00:05<\d\d:\d\d, /u);
    gate.resolve();
    expect(await waiting).toEqual({ done: false, value: 'b' });
    expect((await iterator.next()).done).toBe(true);
    expect([loop.stats().done, clock.timers]).toEqual([2, 0]);
  });

  test('break ends the bar and tells the input', async () => {
    const { options, clock } = watched();
    const { told, later } = recorded(9);
    const loop = progress(later(), options);
    for await (const item of loop) if (item === 2) break;
    expect([told.at(-1), loop.stats().done, clock.timers]).toEqual(['closed', 2, 0]);
  });

  test('an error of the input ends the bar and reaches the loop', async () => {
    const { options, clock } = watched();
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw new Error('of the input');
    }
    await expect(Array.fromAsync(progress(broken(), options))).rejects.toThrow('of the input');
    expect(clock.timers).toBe(0);
  });

  test('counts every item when several are asked for at once', async () => {
    const loop = progress(recorded(4).later(), watched().options);
    const iterator = loop[Symbol.asyncIterator]();
    const results = await Promise.all([1, 2, 3, 4, 5].map(() => iterator.next()));
    expect([results.map(({ done }) => done), loop.stats().done]).toEqual([
      [false, false, false, false, true],
      4,
    ]);
  });

  test('an iterator that throws at once, or gives no promises, is one all the same', async () => {
    const { options } = watched();
    const hasty = {
      next: (): never => {
        throw new Error('at once');
      },
    };
    await expect(Array.fromAsync(progress({ [Symbol.asyncIterator]: () => hasty }, options))).rejects.toThrow(
      'at once',
    );
    const plain = {
      [Symbol.asyncIterator]: () => [1, 2][Symbol.iterator]() as unknown as AsyncIterator<number>,
    };
    expect(await Array.fromAsync(progress(plain, options))).toEqual([1, 2]);
  });
});

describe('progress() refuses', () => {
  test.each([
    [5, {}, 'Cannot show progress as the input is not iterable: received 5'],
    [undefined, {}, 'Cannot show progress as the input is not iterable: received undefined'],
    [[], { total: -1 }, "Cannot show progress as 'total' must be a number at least 0: received -1"],
    [[], { total: Number.NaN }, "Cannot show progress as 'total' must be a number at least 0: received NaN"],
    [[], { smoothing: 2 }, "Cannot show progress as 'smoothing' must be a number from 0 to 1: received 2"],
    [
      [],
      { minIntervalMs: -1 },
      "Cannot show progress as 'minIntervalMs' must be a number at least 0: received -1",
    ],
    [[], { unitDivisor: 1 }, "Cannot show progress as 'unitDivisor' must be a number above 1: received 1"],
    [
      [],
      { initial: Number.NaN },
      "Cannot show progress as 'initial' must be a number that is finite: received NaN",
    ],
    [[], { width: 0 }, "Cannot show progress as 'width' must be a number at least 1: received 0"],
  ])('%o with %o', (input, options, message) => {
    expect(() => progress(input as number[], options)).toThrow(message);
  });
});
