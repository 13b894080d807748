/** Random maps over pools give what a sequential map gives: every kind, order, window, sort of input, and way to end. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failed, type MapResults, openPool, type WorkerPool } from '../../src/index.ts';
import { checkedAlone, poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { CountedInput, type InputSort, inputSorts, isCounted } from '../pool/counted-input.ts';
import { kinds } from '../pool/opened.ts';
import { turn } from '../pool/turn.ts';

type Errors = 'throw' | 'yield' | 'collect';

/** A map and what is done with it. */
interface Plan {
  readonly sort: InputSort;
  readonly items: readonly number[];
  readonly throwAt: number | undefined;
  readonly isLater: boolean;
  readonly ordered: boolean;
  readonly window: number | undefined;
  readonly errors: Errors;
  /** After how many results it is left. */
  readonly leaveAt: number | undefined;
  /** After how many results the consumer waits for a turn of the event loop, each time. */
  readonly pauseEvery: number | undefined;
}

/** What came of a map. */
interface Ended {
  readonly results: readonly unknown[];
  /** What it threw, as text; of an `AggregateError` all that it holds. */
  readonly error: string | undefined;
}

const many = { maxLength: 60, size: 'max' } as const;
const failing = fc.integer({ min: 0, max: 99 });
const passing = fc.integer({ min: 0, max: 99 }).filter((n) => n % 5 !== 4);

const plans: fc.Arbitrary<Plan> = fc
  .record({
    sort: fc.constantFrom(...inputSorts),
    // Lists without failures too, or hardly any would come to an end.
    items: fc.oneof(fc.array(passing, many), fc.array(failing, many)),
    throwAt: fc.option(fc.nat(40), { nil: undefined, freq: 3 }),
    isLater: fc.boolean(),
    ordered: fc.boolean(),
    window: fc.option(fc.integer({ min: 1, max: 64 }), { nil: undefined }),
    errors: fc.constantFrom<Errors>('throw', 'yield', 'collect'),
    leaveAt: fc.option(fc.nat(40), { nil: undefined, freq: 2 }),
    pauseEvery: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
  })
  .map((plan) => {
    const items = plan.sort === 'set' ? [...new Set(plan.items)] : plan.items;
    // A stream that fails drops what it has read ahead, for whoever reads it.
    const canThrow = plan.sort !== 'list' && plan.sort !== 'set' && plan.sort !== 'stream';
    return { ...plan, items, throwAt: canThrow ? plan.throwAt : undefined };
  });

/** How many maps are tried; a failure prints its seed, which can be given here. */
const tries = { numRuns: 250, timeout: 2000, interruptAfterTimeLimit: 6000 };
const limitMs = 30_000;

/** The sequential map: what it gives, and how it ends. */
function mapAlone({ items, throwAt = Number.POSITIVE_INFINITY, errors }: Plan): Ended {
  const results: unknown[] = [];
  const collected: string[] = [];
  const ends = throwAt <= items.length ? `InputError: no item ${throwAt}` : undefined;
  for (const item of items.slice(0, throwAt)) {
    try {
      results.push(checkedAlone(item));
    } catch (error) {
      const text = String(error);
      if (errors === 'throw') return { results, error: text };
      if (errors === 'yield') results.push(text);
      else collected.push(text);
    }
  }
  return { results, error: ends ?? (collected.length > 0 ? collected.join('; ') : undefined) };
}

function textOf(error: unknown): string {
  return error instanceof AggregateError ? error.errors.map(String).join('; ') : String(error);
}

/** Consumes a map as its plan says. */
async function consume(plan: Plan, results: MapResults<unknown>, given: { count: number }): Promise<Ended> {
  const values: unknown[] = [];
  try {
    if (plan.leaveAt !== 0) {
      for await (const value of results) {
        given.count++;
        values.push(failed(value) ? String(value.error) : value);
        if (values.length === plan.leaveAt) break;
        if (plan.pauseEvery !== undefined && values.length % plan.pauseEvery === 0) await turn();
      }
    } else await results.return();
    return { results: values, error: undefined };
  } catch (error) {
    return { results: values, error: textOf(error) };
  }
}

/** Runs a plan on a pool, and checks what must be true of every map. */
async function checkPlan(plan: Plan, pool: WorkerPool<[n: number], number>): Promise<void> {
  const given = { count: 0 };
  let most = 0;
  const input: CountedInput<number> = new CountedInput(plan.sort, plan.items, {
    throwAt: plan.throwAt,
    whenAsked: () => {
      most = Math.max(most, input.taken + 1 - given.count);
    },
  });
  const { ordered, window, errors } = plan;
  const results = pool.map(input.items, { ordered, errors, ...(window === undefined ? {} : { window }) });
  await turn();
  expect(input.taken).toBe(0);
  const ended = await consume(plan, results, given);
  const alone = mapAlone(plan);
  expectEqual(plan, ended, alone);
  expect(await results.next()).toEqual({ done: true, value: undefined });
  if (!isCounted(plan.sort)) return;
  // One result may be on its way to the consumer when inputs are taken. Failures that are collected make room too.
  assert.ok(window === undefined || errors === 'collect' || most <= window + 1, `${most} taken ahead`);
  await turn();
  const isExhausted = input.taken === plan.items.length || input.taken === plan.throwAt;
  const mustClose = !isExhausted && plan.sort !== 'bare iterator' && input.taken > 0;
  assert.ok(input.closed === 1 || (input.closed === 0 && !mustClose), `closed ${input.closed} times`);
}

function expectEqual(
  { ordered, leaveAt = Number.POSITIVE_INFINITY, errors, items }: Plan,
  ended: Ended,
  alone: Ended,
): void {
  if (ordered) {
    const isLeft = alone.results.length >= leaveAt;
    expect(ended).toEqual(isLeft ? { results: alone.results.slice(0, leaveAt), error: undefined } : alone);
    return;
  }
  if (ended.results.length === leaveAt || (errors === 'throw' && alone.error !== undefined)) {
    // Which ones came first is a matter of chance: they are some of those that can come, and errors too.
    const left = items.map((item) => {
      try {
        return checkedAlone(item);
      } catch (error) {
        return String(error);
      }
    });
    for (const result of ended.results) {
      const at = left.indexOf(result as number);
      expect(at).not.toBe(-1);
      left.splice(at, 1);
    }
    const errorsThatCan = ended.results.length === leaveAt ? [undefined] : [alone.error, ...left];
    expect(errorsThatCan).toContain(ended.error);
    return;
  }
  expect(ended.error).toBe(alone.error);
  expect(ended.results.map(String).sort()).toEqual(alone.results.map(String).sort());
}

describe.each(kinds)('on %s, a random map', (kind) => {
  let now: WorkerPool<[n: number], number>;
  let later: WorkerPool<[n: number], number>;
  beforeAll(() => {
    now = openPool(poolTasks.checked, { workers: 2, kind });
    later = openPool(poolTasks.checkedLater, { workers: 2, kind });
  });
  afterAll(() => Promise.all([now.dispose(), later.dispose()]));

  const poolOf = ({ isLater }: Plan): WorkerPool<[n: number], number> => (isLater ? later : now);

  test('gives what a sequential map gives', { timeout: limitMs }, async () => {
    const proof = fc.assert(
      fc.asyncProperty(
        plans.filter(({ errors }) => errors !== 'collect'),
        async (plan) => await checkPlan(plan, poolOf(plan)),
      ),
      tries,
    );
    await expect(proof).resolves.toBeUndefined();
  });

  test('that collects errors gives what a sequential map gives', { timeout: limitMs }, async () => {
    const proof = fc.assert(
      fc.asyncProperty(plans, async (plan) => await checkPlan({ ...plan, errors: 'collect' }, poolOf(plan))),
      { ...tries, numRuns: 150 },
    );
    await expect(proof).resolves.toBeUndefined();
  });

  test('gives the same while others go on over the same pool', { timeout: limitMs }, async () => {
    const proof = fc.assert(
      fc.asyncProperty(
        fc.array(
          plans.filter(({ errors }) => errors !== 'collect'),
          { minLength: 2, maxLength: 4 },
        ),
        async (several) => {
          await Promise.all(several.map((plan) => checkPlan(plan, poolOf(plan))));
        },
      ),
      { ...tries, numRuns: 80 },
    );
    await expect(proof).resolves.toBeUndefined();
  });

  test('ends with the reason of its signal, whenever that comes', { timeout: limitMs }, async () => {
    const proof = fc.assert(
      fc.asyncProperty(
        plans.filter(({ sort }) => sort !== 'stream'),
        fc.nat(30),
        fc.nat(12),
        async (plan, abortAt, turns) => {
          const controller = new AbortController();
          const input = new CountedInput(plan.sort, plan.items);
          const { ordered, window } = plan;
          const results = poolOf(plan).map(input.items, {
            ordered,
            errors: 'yield',
            signal: controller.signal,
            ...(window === undefined ? {} : { window }),
          });
          const values: unknown[] = [];
          let error: unknown;
          try {
            for (let taken = 0; ; taken++) {
              if (taken === abortAt) {
                // While the consumer does other things, or while it waits.
                if (turns % 2 === 0) for (let passed = 0; passed < turns; passed++) await turn();
                else queueMicrotask(() => controller.abort('enough'));
                if (turns % 2 === 0) controller.abort('enough');
              }
              const result = await results.next();
              if (result.done === true) break;
              expect(taken >= abortAt && turns % 2 === 0).toBe(false);
              values.push(failed(result.value) ? String(result.value.error) : result.value);
            }
          } catch (thrown) {
            error = thrown;
          }
          if (error !== undefined && error !== 'enough') throw error as Error;
          const all = mapAlone({ ...plan, errors: 'yield', throwAt: undefined }).results;
          assert.ok(error !== undefined || values.length === all.length, `${values.length} of ${all.length}`);
          const [given, expected] = [values, all.slice(0, plan.ordered ? values.length : undefined)];
          if (plan.ordered) assert.deepEqual(given, expected);
          else for (const value of given) assert.ok(expected.includes(value), String(value));
          expect(input.closed).toBeLessThanOrEqual(1);
          expect(await results.next()).toEqual({ done: true, value: undefined });
        },
      ),
      { ...tries, numRuns: 150 },
    );
    await expect(proof).resolves.toBeUndefined();
  });

  test('with lists of arguments gives what a sequential map gives', { timeout: limitMs }, async () => {
    await using pairs = openPool(poolTasks.checkedPair, { workers: 2, kind });
    const proof = fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(passing, fc.nat(9)), many),
        fc.integer({ min: 1, max: 30 }),
        async (items, window) => {
          const results = await pairs.map(items, { spread: true, window }).toArray();
          expect(results).toEqual(items.map(([a, b]) => checkedAlone(a) + b));
        },
      ),
      { ...tries, numRuns: 100 },
    );
    await expect(proof).resolves.toBeUndefined();
  });

  test('over inputs without an end gives as many results as are asked for', {
    timeout: limitMs,
  }, async () => {
    const proof = fc.assert(
      fc.asyncProperty(
        fc.constantFrom<InputSort>('iterator', 'bare iterator', 'generator', 'async generator', 'stream'),
        fc.nat(200),
        fc.integer({ min: 1, max: 64 }),
        async (sort, wanted, window) => {
          const endless = {
            *[Symbol.iterator](): Generator<number> {
              for (let n = 0; ; n++) yield n * 5;
            },
          };
          const input = new CountedInput(sort, endless);
          await using results = now.map(input.items, { window });
          for (let n = 0; n < wanted; n++)
            expect(await results.next()).toEqual({ done: false, value: n * 10 });
        },
      ),
      { ...tries, numRuns: 60 },
    );
    await expect(proof).resolves.toBeUndefined();
  });
});
