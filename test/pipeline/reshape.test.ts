/** Stages that gather items, give them one by one, or look at them; and inputs that are joined. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batch, merge, openPipeline, stage, tee, unbatch } from '../../src/index.ts';
import { increment, sumOf, twice } from '../fixtures/tasks/pipeline-tasks.ts';
import { CountedInput } from '../pool/counted-input.ts';
import { kept, outcomeOf, upTo, upToLater } from './opened.ts';

describe('batch()', () => {
  test('gathers all items in lists of its size, in order, and the last ones too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer()), fc.integer({ min: 1, max: 9 }), async (items, size) => {
        const pipeline = openPipeline([batch<number>(size)]);
        const lists = await pipeline.apply(items).toArray();
        expect(lists.flat()).toEqual(items);
        expect(lists.map(({ length }) => length).slice(0, -1)).toEqual(lists.slice(1).map(() => size));
        expect(lists.at(-1)?.length ?? 1).toBeGreaterThan(0);
      }),
      { numRuns: 50 },
    );
  });

  test('gives lists to workers, and takes no more than it needs', async () => {
    const pipeline = kept(openPipeline([batch<number>(3), stage(sumOf, { window: 2 })], { cpus: 1 }));
    const input = new CountedInput('generator', upTo());
    const sums: number[] = [];
    for await (const sum of pipeline.apply(input.items)) {
      sums.push(sum);
      if (sums.length === 2) break;
    }
    expect(sums).toEqual([3, 12]);
    expect(input.taken).toBeLessThanOrEqual(3 * 5);
    expect(input.closed).toBe(1);
  });

  test.each([0, -1, 1.5, Number.NaN, '2', undefined])('refuses %s', (size) => {
    expect(() => batch(size as never)).toThrow(
      /^Cannot make stage 'batch' as its size must be a positive integer: received/,
    );
  });
});

describe('unbatch()', () => {
  test('runs with the workers before it, or here', async () => {
    const after = kept(
      openPipeline([batch<number>(2), stage((x: readonly number[]) => x, { inMaster: true }), unbatch()]),
    );
    expect(after.plan().stages.map(({ where }) => where)).toEqual(['here', 'here', 'here']);
    expect(await after.apply([1, 2, 3]).toArray()).toEqual([1, 2, 3]);
    const pairs = kept(openPipeline([unbatch<number>(), stage(twice), stage(increment)], { cpus: 1 }));
    expect(pairs.plan().stages.map(({ where }) => where)).toEqual(['here', 'workers', 'workers']);
    expect(await pairs.apply([[1], new Set([5, 7])]).toArray()).toEqual([2, 3, 6, 7, 8, 9]);
  });

  test('fails for what cannot be iterated, and names the item', async () => {
    const pipeline = kept(openPipeline([unbatch<number>()]));
    const [given, error] = await outcomeOf(pipeline.apply([[1, 2], 3 as never]));
    expect(given).toEqual([1, 2]);
    expect((error as Error).message).toBe(
      "Cannot go on as stage 0 'unbatch' failed for its item 1: received TypeError: Cannot unbatch what cannot be iterated: received 3",
    );
  });
});

describe('tee()', () => {
  test('hands over each item before it is given on, and waits', async () => {
    const seen: number[] = [];
    const look = async (x: number): Promise<void> => {
      await Promise.resolve();
      seen.push(x);
    };
    const pipeline = kept(openPipeline([tee(look)]));
    for await (const item of pipeline.apply(upTo(5))) expect(seen.at(-1)).toBe(item);
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(pipeline.plan().stages[0]?.name).toBe('tee look');
  });

  test('ends the run with what it throws', async () => {
    const look = tee((x: number) => (x === 2 ? Promise.reject(new Error('seen enough')) : x));
    const [given, error] = await outcomeOf(kept(openPipeline([look])).apply(upTo()));
    expect(given).toEqual([0, 1]);
    expect(error).toMatchObject({ stage: 0, stageName: 'tee', item: 2, cause: new Error('seen enough') });
  });

  test('refuses what is no function', () => {
    expect(() => tee(3 as never)).toThrow(
      "Cannot make stage 'tee' as it must be given a function: received 3",
    );
  });
});

describe('merge()', () => {
  test('gives each item once, those of one input in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(20), fc.boolean()), { maxLength: 5 }), async (inputs) => {
        const sources = inputs.map(([length, isLater], at) => {
          const items = Array.from({ length }, (_, index) => [at, index] as const);
          return isLater ? later(items) : items;
        });
        const merged = await Array.fromAsync(merge(...sources));
        inputs.forEach(([length], at) => {
          const own = merged.filter(([source]) => source === at).map(([, index]) => index);
          expect(own).toEqual(Array.from({ length }, (_, index) => index));
        });
        expect(merged).toHaveLength(inputs.reduce((sum, [length]) => sum + length, 0));
      }),
      { numRuns: 50 },
    );
  });

  test('does not wait for an input that has nothing yet', async () => {
    const never = new Promise<IteratorResult<number>>(() => undefined);
    let isLeft = false;
    const silent: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => never,
        return: async () => {
          isLeft = true;
          return { done: true, value: undefined };
        },
      }),
    };
    const given: number[] = [];
    for await (const item of merge(silent, upTo(3), upToLater(3))) if (given.push(item) === 6) break;
    expect(given.toSorted((a, b) => a - b)).toEqual([0, 0, 1, 1, 2, 2]);
    expect(isLeft).toBe(true);
  });

  test('throws the error of an input, and closes the others', async () => {
    const other = new CountedInput('generator', upTo());
    const failing = (function* () {
      yield 1;
      throw new Error('no more');
    })();
    const [, error] = await outcomeOf(merge(failing, other.items));
    expect(error).toEqual(new Error('no more'));
    expect(other.closed).toBe(1);
  });

  test('takes one item ahead of each input, at most', async () => {
    const input = new CountedInput('generator', upTo());
    const merged = merge(input.items, upToLater());
    await merged.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(input.taken).toBeLessThanOrEqual(2);
    await merged.return();
  });

  test('refuses at once what cannot be iterated', () => {
    expect(() => merge([1], 3 as never)).toThrow('Cannot merge what cannot be iterated: received 3');
  });

  test('is an input of a pipeline', async () => {
    const pipeline = kept(openPipeline([stage(increment)], { cpus: 1 }));
    const results = await pipeline.apply(merge(upTo(3), upToLater(3))).toArray();
    expect(results.toSorted((a, b) => a - b)).toEqual([1, 1, 2, 2, 3, 3]);
  });
});

async function* later<T>(items: readonly T[]): AsyncGenerator<T, void, undefined> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}
