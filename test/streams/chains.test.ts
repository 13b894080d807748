/** Transformers that pull and that push: order, ends, failures, and neighbours that do not fit. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Connection,
  patch,
  pull,
  pullFrom,
  pullMap,
  push,
  pushFrom,
  pushMap,
  Queue,
  sinkMap,
  threadPool,
} from '../../src/streams.ts';
import { endless, stateOf, turn, turns } from './turns.ts';

describe('pullFrom()', () => {
  test('begins anew for each loop, where its source can', async () => {
    const list = pullFrom([1, 2]).to((x) => x + 1);
    assert.deepEqual(
      [await Array.fromAsync(list), await Array.fromAsync(list)],
      [
        [2, 3],
        [2, 3],
      ],
    );
    const made = pullFrom(function* () {
      yield 'a';
    });
    assert.deepEqual([await Array.fromAsync(made), await Array.fromAsync(made)], [['a'], ['a']]);
    assert.deepEqual(await Array.fromAsync(pullFrom('añ')), ['a', 'ñ']);
  });

  test('waits for items that are promises, and closes a source whose item fails', async () => {
    assert.deepEqual(await Array.fromAsync(pullFrom([Promise.resolve(1), 2])), [1, 2]);
    let closed = false;
    await assert.rejects(Array.fromAsync(pullFrom(items())), /broken/);
    assert.equal(closed, true);

    function* items(): Generator<Promise<number>> {
      try {
        for (;;) yield Promise.reject(new Error('broken'));
      } finally {
        closed = true;
      }
    }
  });

  test('takes nothing before it is asked for, and closes its source when the loop is left', async () => {
    const log: string[] = [];
    const source = pullFrom(items()).to((x) => x * 2);
    assert.deepEqual(log, []);
    for await (const x of source) if (x === 2) break;
    assert.deepEqual(log, ['gives 0', 'gives 1', 'closed']);

    function* items(): Generator<number> {
      try {
        for (let n = 0; ; n++) {
          log.push(`gives ${n}`);
          yield n;
        }
      } finally {
        log.push('closed');
      }
    }
  });

  test('refuses what cannot be iterated', () => {
    expect(() => pullFrom(5 as unknown as number[])).toThrow(TypeError);
    expect(() => pushFrom(undefined as unknown as number[])).toThrow(TypeError);
  });
});

describe('pull()', () => {
  test('runs the finally blocks of all stages when the loop is left', async () => {
    const log: string[] = [];
    const stage = (name: string) =>
      pull(async function* (source: AsyncIterable<number>) {
        try {
          yield* source;
        } finally {
          log.push(name);
        }
      });
    const source = endless(1, 2);
    for await (const _ of pullFrom(source).to(stage('first')).to(stage('second'))) break;
    assert.deepEqual(log, ['first', 'second']);
    assert.equal(source.left, 1);
  });

  test('may give a list, or take no item at all', async () => {
    assert.deepEqual(await Array.fromAsync(pullFrom([1]).to(pull(() => ['a', 'b']))), ['a', 'b']);
  });
});

describe('pullMap()', () => {
  test('gives what mapping a list gives, in order, whatever the concurrency and the delays', async () => {
    const plan = fc.record({
      delays: fc.array(fc.nat(6), { maxLength: 30 }),
      concurrency: fc.integer({ min: 1, max: 6 }),
      failAt: fc.option(fc.nat(30), { nil: -1 }),
      endAt: fc.option(fc.nat(30), { nil: -1 }),
      leaveAt: fc.option(fc.nat(30), { nil: -1 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ delays, concurrency, failAt, endAt, leaveAt }) => {
        let [running, most, closed, begun] = [0, 0, false, false];
        const work = async (at: number): Promise<number> => {
          most = Math.max(most, ++running);
          await turns(delays[at] ?? 0);
          running--;
          if (at === failAt) throw new Error(`failed at ${at}`);
          return at * 10;
        };
        const results: number[] = [];
        let error: unknown;
        try {
          for await (const result of pullFrom(items()).to(pullMap(work, { concurrency }))) {
            results.push(result);
            if (results.length === leaveAt) break;
          }
        } catch (thrown) {
          error = thrown;
        }
        const expected: number[] = [];
        let expectedError: string | undefined;
        for (let at = 0; at < delays.length; at++) {
          if (at === endAt) expectedError = 'ended';
          else if (at === failAt) expectedError = `failed at ${at}`;
          if (expectedError !== undefined) break;
          expected.push(at * 10);
          if (expected.length === leaveAt) break;
        }
        assert.deepEqual(results, expected);
        assert.equal((error as Error | undefined)?.message, expectedError);
        assert.ok(most <= concurrency);
        await turn();
        assert.equal(closed, begun);

        function* items(): Generator<number> {
          begun = true;
          try {
            for (let at = 0; at < delays.length; at++) {
              if (at === endAt) throw new Error('ended');
              yield at;
            }
          } finally {
            closed = true;
          }
        }
      }),
      { numRuns: 400 },
    );
  }, 60_000);

  test('gives the first result though the second item never comes', async () => {
    const chain = pullFrom(endless(1)).to(pullMap(async (x: number) => x, { concurrency: 3 }));
    for await (const x of chain) {
      assert.equal(x, 1);
      break;
    }
  });

  test('begins no work on an item that comes when the loop was left', async () => {
    const item = Promise.withResolvers<IteratorResult<number>>();
    const begun: number[] = [];
    const first = [Promise.resolve({ done: false, value: 1 })];
    const source = { [Symbol.asyncIterator]: () => ({ next: () => first.shift() ?? item.promise }) };
    const work = (x: number): number => begun.push(x);
    for await (const _ of pullFrom(source as AsyncIterable<number>).to(pullMap(work, { concurrency: 3 })))
      break;
    item.resolve({ done: false, value: 2 });
    await turn();
    assert.deepEqual(begun, [1]);
  });

  test('refuses a concurrency that is none, and what is not a function', () => {
    expect(() => pullMap((x: number) => x, { concurrency: 0 })).toThrow(RangeError);
    expect(() => pullMap('x' as unknown as () => void)).toThrow(TypeError);
    expect(() => pushMap('x' as unknown as () => void)).toThrow(TypeError);
    expect(() => sinkMap('x' as unknown as () => void)).toThrow(TypeError);
    expect(() => pull('x' as unknown as () => [])).toThrow(TypeError);
    expect(() => push('x' as never)).toThrow(TypeError);
  });
});

describe('push()', () => {
  test.each(['sync', 'async'])(
    'hands items to a %s generator, and lets it push what is left',
    async (kind) => {
      const seen: number[][] = [];
      const slow = sinkMap(async (pair: number[]) => {
        await turns(5);
        seen.push(pair);
      });
      const pairs = push<number, number[]>(kind === 'sync' ? pairsNow : pairsLater);
      const sink = pairs.to((pair) => pair.map((x) => x * 10)).to(slow);
      await pushFrom([1, 2, 3, 4, 5]).to(sink);
      assert.deepEqual(seen, [[10, 20], [30, 40], [50]]);
      // Opened anew, it begins anew.
      await pushFrom([6]).to(sink);
      assert.deepEqual(seen.at(-1), [60]);

      function* pairsNow(out: { push(pair: number[]): unknown }): Generator<void, void, number> {
        let pair: number[] = [];
        try {
          for (;;) {
            pair.push(yield);
            if (pair.length === 2) void out.push(pair.splice(0));
          }
        } finally {
          if (pair.length > 0) void out.push(pair);
          pair = [];
        }
      }

      async function* pairsLater(out: { push(pair: number[]): unknown }): AsyncGenerator<void, void, number> {
        const pair: number[] = [];
        try {
          for (;;) {
            pair.push(yield);
            if (pair.length === 2) await out.push(pair.splice(0));
          }
        } finally {
          if (pair.length > 0) await out.push(pair);
        }
      }
    },
  );

  test('pushes in order what a generator pushes without waiting, and waits for all of it', async () => {
    const seen: number[] = [];
    const twice = push<number, number>(function* (out) {
      for (;;) {
        const x = yield;
        void out.push(x);
        void out.push(x + 0.5);
        void out.push(x + 0.7);
      }
    });
    const slow = pushMap(async (x: number) => {
      await turns(Math.round(10 * (1 - (x % 1))));
      return x;
    });
    await pushFrom([1, 2])
      .to(twice)
      .to(slow)
      .to(sinkMap((x) => seen.push(x)));
    assert.deepEqual(seen, [1, 1.5, 1.7, 2, 2.5, 2.7]);
  });

  test('ends quietly when its generator returns, and closes what is behind it', async () => {
    const queue = new Queue<number>();
    const source = endless(1, 2, 3, 4);
    const two = push<number, number>(function* (out) {
      for (let n = 0; n < 2; n++) void out.push(yield);
    });
    await patch(source, two.to(queue));
    assert.equal(source.left, 1);
    assert.deepEqual(await Array.fromAsync(queue), [1, 2]);
  });

  test('ends its generator when what is behind it takes no more', async () => {
    const queue = new Queue<number>({ capacity: 1 });
    let ended = false;
    const same = push<number, number>(async function* (out) {
      try {
        for (;;) await out.push(yield);
      } finally {
        ended = true;
      }
    });
    const source = endless(1, 2, 3);
    const copied = patch(source, same.to(queue));
    await turn();
    queue.flush();
    await copied;
    await turn();
    assert.equal(source.left, 1);
    assert.equal(ended, true);
  });

  test('throws what its generator throws at the pusher, and fails what is behind it', async () => {
    for (const at of ['start', 'item', 'end']) {
      const queue = new Queue<number>();
      const broken = push<number, number>(function* (out) {
        if (at === 'start') throw new Error('broken');
        using _ = {
          [Symbol.dispose]: () => {
            if (at === 'end') throw new Error('broken');
          },
        };
        for (;;) {
          void out.push(yield);
          if (at === 'item') throw new Error('broken');
        }
      });
      await assert.rejects(patch([1, 2], broken.to(queue)), /broken/);
      queue.clear();
      await assert.rejects(queue.pull(), /broken/);
    }
  });

  test('refuses what is no generator when it is opened, and fails what is behind it', async () => {
    for (const wrong of [
      () => 5,
      () => undefined,
      () => Promise.reject(new Error('not told')).catch(() => 0),
    ]) {
      const queue = new Queue<number>();
      await assert.rejects(
        patch([1], push<number, number>(wrong as never).to(queue)),
        /is not a generator: received/,
      );
      await assert.rejects(queue.pull(), /is not a generator/);
    }
  });

  test('throws the failure of the source at its yield, then passes it on', async () => {
    const queue = new Queue<string>();
    const last = push<number, string>(function* (out) {
      try {
        for (;;) void out.push(`${yield}`);
      } catch (error) {
        void out.push(`then ${(error as Error).message}`);
      }
    });
    await assert.rejects(patch(broken(), last.to(queue)), /broken/);
    assert.deepEqual(
      [await queue.pull(), await queue.pull()].map(({ value }) => value),
      ['1', 'then broken'],
    );
    await assert.rejects(queue.pull(), /broken/);

    function* broken(): Generator<number> {
      yield 1;
      throw new Error('broken');
    }
  });

  test('hears of a failure while it is stuck in a push', async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const stop = new AbortController();
    const same = push<number, number>(async function* (out) {
      for (;;) await out.push(yield);
    });
    const copied = patch(endless(1, 2, 3), same.to(queue), { signal: stop.signal });
    await turn();
    stop.abort('enough');
    await assert.rejects(copied, (error) => error === 'enough');
    await queue.pull();
    await assert.rejects(queue.pull(), (error) => error === 'enough');
  });
});

describe('threadPool()', () => {
  test('gives each item to one worker, and all results', async () => {
    const plan = fc.record({
      items: fc.array(fc.nat(5), { maxLength: 40 }),
      workers: fc.integer({ min: 1, max: 5 }),
      fromQueue: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ items, workers, fromQueue }) => {
        let [running, most] = [0, 0];
        const work = async (at: number): Promise<number> => {
          most = Math.max(most, ++running);
          await turns(items[at] ?? 0);
          running--;
          return at;
        };
        const pool = threadPool(...Array.from({ length: workers }, () => work));
        const queue = new Queue<number>({ capacity: 2 });
        const pushed = fromQueue ? patch(items.keys(), queue) : undefined;
        const source = fromQueue ? queue.to(pool) : pullFrom([...items.keys()]).to(pool);
        const results = await Array.fromAsync(source);
        await pushed;
        assert.deepEqual(
          results.toSorted((a, b) => a - b),
          [...items.keys()],
        );
        assert.ok(most <= workers);
      }),
      { numRuns: 200 },
    );
  }, 60_000);

  test('takes no more than its workers work at and its results wait', async () => {
    let taken = 0;
    const work = async (x: number): Promise<number> => x;
    const chain = pullFrom(count()).to(threadPool(work, work));
    for await (const _ of chain) {
      await turn();
      break;
    }
    assert.ok(taken <= 6, `took ${taken}`);

    function* count(): Generator<number> {
      for (;;) yield taken++;
    }
  });

  test('passes on what a worker throws, and leaves the source', async () => {
    const source = endless(1, 2, 3);
    const work = async (x: number): Promise<number> => {
      if (x === 2) throw new Error('broken');
      return x;
    };
    await assert.rejects(Array.fromAsync(pullFrom(source).to(threadPool(work, work))), /broken/);
    assert.equal(source.left, 1);
  });

  test('passes on what the source throws', async () => {
    const chain = pullFrom(broken()).to(
      threadPool(
        (x: number) => x,
        (x: number) => -x,
      ),
    );
    await assert.rejects(Array.fromAsync(chain), /broken/);

    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw new Error('broken');
    }
  });

  test('loses no item to a worker that ends before the others', async () => {
    const three = pull(async function* (source: AsyncIterable<number>) {
      let left = 3;
      for await (const x of source) {
        yield x;
        if (--left === 0) return;
      }
    });
    const rest = pullMap((x: number) => x);
    const results = await Array.fromAsync(pullFrom([1, 2, 3, 4, 5, 6, 7, 8]).to(threadPool(three, rest)));
    assert.deepEqual(
      results.toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
  });

  test('loses no item that a worker had asked for when it left', async () => {
    const hasty = pull(async function* (source: AsyncIterable<number>) {
      const items = source[Symbol.asyncIterator]();
      void items.next();
      await turn(); // The item comes later.
      await items.return?.();
      yield* [];
    });
    const rest = pullMap((x: number) => x);
    const slow = pullFrom(async function* () {
      for (const n of [1, 2, 3]) {
        await turn();
        await turn();
        yield n;
      }
    });
    const results = await Array.fromAsync(slow.to(threadPool(hasty, rest)));
    assert.deepEqual(
      results.toSorted((a, b) => a - b),
      [1, 2, 3],
    );
  });

  test('takes a pool by its map', async () => {
    const doubling = {
      async *map(inputs: AsyncIterable<number>): AsyncGenerator<number> {
        for await (const x of inputs) yield x * 2;
      },
      submit: async (x: number): Promise<number> => x * 2,
    };
    assert.deepEqual(await Array.fromAsync(pullFrom([1, 2]).to(threadPool(doubling))), [2, 4]);
  });

  test('refuses no workers at all, and workers that are none', () => {
    expect(() => threadPool()).toThrow(RangeError);
    expect(() => threadPool([] as never)).toThrow(TypeError);
    expect(() => threadPool(undefined as never)).toThrow(TypeError);
  });
});

describe('Connection', () => {
  test('holds both ends, and extends the one that is pulled from', async () => {
    const [jobs, results] = [new Queue<string>(), new Queue<number>()];
    const workers = new Connection(results, jobs);
    const shown = workers.to((x) => `${x}!`);
    await patch(['a', 'b'], shown);
    assert.deepEqual(await Array.fromAsync(jobs), ['a', 'b']);
    await patch([1, 2], results);
    assert.deepEqual(await Array.fromAsync(shown), ['1!', '2!']);
  });

  test('setup() opens both', async () => {
    const queue = new Queue<number>();
    const { source, sink } = queue.to((x) => -x).setup();
    assert.equal(await sink.push(1), true);
    assert.deepEqual(await source.next(), { done: false, value: -1 });
    const waiting = source.next();
    assert.equal(await stateOf(waiting as Promise<unknown>), 'waiting');
    await sink.close();
    assert.equal((await waiting).done, true);
  });

  test('refuses ends that are none', () => {
    const queue = new Queue<number>();
    expect(() => new Connection(5 as unknown as [], queue)).toThrow(TypeError);
    expect(() => new Connection(queue, [] as unknown as Queue<number>)).toThrow(TypeError);
  });
});

describe('to()', () => {
  const pulls = pullMap((x: number) => x);
  const pushes = pushMap((x: number) => x);
  const queue = new Queue<number>();
  type To = { to(next: unknown): unknown };

  test.each<[string, To, unknown]>([
    ['a source to a push', pullFrom([1]) as To, pushes],
    ['a source to a sink', pullFrom([1]) as To, sinkMap(() => 0)],
    ['a source to a queue', pullFrom([1]) as To, queue],
    ['a pull to a push', pulls as To, pushes],
    ['a queue to a push', queue as To, pushes],
    ['a connection to a sink', queue.to(pulls) as To, queue],
    ['a source to nothing', pullFrom([1]) as To, undefined],
  ])('refuses to join %s', (_, chain, next) => {
    expect(() => chain.to(next)).toThrow(
      /Cannot join to a pull .*\n {2}what is pushed to is joined by patch/,
    );
  });

  test.each<[string, To, unknown]>([
    ['a push to a pull', pushes as unknown as To, pulls],
    ['what pushes by itself to a pull', pushFrom([1]) as unknown as To, pulls],
    ['a push to a source', pushes as unknown as To, pullFrom([1])],
    ['a push to a list', pushes as unknown as To, [1]],
    ['a push to nothing', pushes as unknown as To, null],
  ])('refuses to join %s', (_, chain, next) => {
    expect(() => chain.to(next)).toThrow(TypeError);
  });
});
