/** Random maps over pools give what a sequential map gives: every kind, option, sort of input, and way to end. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
  failed,
  type MapOptions,
  type MapResults,
  openPool,
  type PoolKind,
  type WorkerPool,
} from '../../src/index.ts';
import { checkedAlone, poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { CountedInput, type InputSort, inputSorts, isCounted } from '../pool/counted-input.ts';
import { kinds } from '../pool/opened.ts';
import { turn } from '../pool/turn.ts';

type Errors = 'throw' | 'yield' | 'collect';

/** Which pool a map goes over: of a task that answers at once or later, of two arguments, with keys or without. */
const poolNames = ['now', 'later', 'keyed', 'pair', 'keyed pair'] as const;

type PoolName = (typeof poolNames)[number];

/** A map and what is done with it. */
interface Plan {
  readonly pool: PoolName;
  readonly sort: InputSort;
  readonly items: readonly number[];
  readonly throwAt: number | undefined;
  readonly ordered: boolean;
  readonly window: number | undefined;
  readonly batch: number | 'auto' | undefined;
  readonly timeoutMs: number | undefined;
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
    pool: fc.constantFrom(...poolNames),
    sort: fc.constantFrom(...inputSorts),
    // Lists without failures too, or hardly any would come to an end.
    items: fc.oneof(fc.array(passing, many), fc.array(failing, many)),
    throwAt: fc.option(fc.nat(40), { nil: undefined, freq: 3 }),
    ordered: fc.boolean(),
    window: fc.option(fc.integer({ min: 1, max: 64 }), { nil: undefined }),
    batch: fc.option(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant('auto' as const)), {
      nil: undefined,
    }),
    timeoutMs: fc.option(fc.constant(60_000), { nil: undefined, freq: 3 }),
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
const tries = { numRuns: 300, timeout: 3000, interruptAfterTimeLimit: 6000 };
const limitMs = 30_000;

/** The second argument of calls that take two. */
const second = 3;

function isSpread({ pool }: Plan): boolean {
  return pool === 'pair' || pool === 'keyed pair';
}

/** What a call gives, computed here. */
function callAlone(plan: Plan, item: number): number {
  return isSpread(plan) ? checkedAlone(item) + second : checkedAlone(item);
}

/** The sequential map: what it gives, and how it ends. */
function mapAlone(plan: Plan): Ended {
  const { items, throwAt = Number.POSITIVE_INFINITY, errors } = plan;
  const results: unknown[] = [];
  const collected: string[] = [];
  const ends = throwAt <= items.length ? `InputError: no item ${throwAt}` : undefined;
  for (const item of items.slice(0, throwAt)) {
    try {
      results.push(callAlone(plan, item));
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

type AnyPool = WorkerPool<readonly [unknown], number>;

/** The pools of a kind, opened as they are needed. */
class Pools implements AsyncDisposable {
  readonly #kind: PoolKind;
  readonly #pools = new Map<PoolName, AnyPool>();

  constructor(kind: PoolKind) {
    this.#kind = kind;
  }

  of(name: PoolName): AnyPool {
    let pool = this.#pools.get(name);
    if (pool === undefined) this.#pools.set(name, (pool = this.#open(name)));
    return pool;
  }

  #open(name: PoolName): AnyPool {
    const options = { workers: 2, kind: this.#kind };
    // Some calls must run at one worker, some at any.
    const affinity = (n: number): number | undefined => (n % 3 === 0 ? undefined : n % 7);
    switch (name) {
      case 'now':
        return openPool(poolTasks.checked, options) as AnyPool;
      case 'later':
        return openPool(poolTasks.checkedLater, options) as AnyPool;
      case 'keyed':
        return openPool(poolTasks.checkedLater, { ...options, affinity }) as AnyPool;
      case 'pair':
        return openPool(poolTasks.checkedPair, options) as unknown as AnyPool;
      case 'keyed pair':
        return openPool(poolTasks.checkedPair, { ...options, affinity }) as unknown as AnyPool;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.dispose()));
  }
}

/** The items as what a plan's pool takes. */
function* inputsOf(plan: Plan): Generator<unknown> {
  for (const item of plan.items) yield isSpread(plan) ? [item, second] : item;
}

function optionsOf(plan: Plan): MapOptions {
  const { ordered, window, batch, timeoutMs } = plan;
  return {
    ordered,
    ...(window === undefined ? {} : { window }),
    ...(batch === undefined ? {} : { batch }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/** Starts a map of a plan. */
function mapOf(
  plan: Plan,
  pool: AnyPool,
  items: Iterable<unknown> | AsyncIterable<unknown>,
  options: MapOptions,
): MapResults<unknown> {
  return isSpread(plan)
    ? pool.map(items as Iterable<readonly [unknown]>, { ...options, spread: true })
    : pool.map(items, { ...options, spread: false });
}

/** Runs a plan on a pool, and checks what must be true of every map. */
async function checkPlan(plan: Plan, pools: Pools): Promise<void> {
  const given = { count: 0 };
  let most = 0;
  const input: CountedInput<unknown> = new CountedInput(plan.sort, [...inputsOf(plan)], {
    throwAt: plan.throwAt,
    whenAsked: () => {
      most = Math.max(most, input.taken + 1 - given.count);
    },
  });
  const { window, errors } = plan;
  const results = mapOf(plan, pools.of(plan.pool), input.items, { ...optionsOf(plan), errors });
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

function expectEqual(plan: Plan, ended: Ended, alone: Ended): void {
  const { ordered, leaveAt = Number.POSITIVE_INFINITY, errors, items } = plan;
  if (ordered) {
    const isLeft = alone.results.length >= leaveAt;
    expect(ended).toEqual(isLeft ? { results: alone.results.slice(0, leaveAt), error: undefined } : alone);
    return;
  }
  if (ended.results.length === leaveAt || (errors === 'throw' && alone.error !== undefined)) {
    // Which ones came first is a matter of chance: they are some of those that can come, and errors too.
    const left = items.map((item) => {
      try {
        return callAlone(plan, item);
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
  const pools = new Pools(kind);
  afterAll(() => pools[Symbol.asyncDispose]());

  test('gives what a sequential map gives', { timeout: limitMs }, async () => {
    const proof = fc.assert(
      fc.asyncProperty(
        plans.filter(({ errors }) => errors !== 'collect'),
        async (plan) => await checkPlan(plan, pools),
      ),
      tries,
    );
    await expect(proof).resolves.toBeUndefined();
  });

  test('that collects errors gives what a sequential map gives', { timeout: limitMs }, async () => {
    const proof = fc.assert(
      fc.asyncProperty(plans, async (plan) => await checkPlan({ ...plan, errors: 'collect' }, pools)),
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
          await Promise.all(several.map((plan) => checkPlan(plan, pools)));
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
          const input = new CountedInput(plan.sort, [...inputsOf(plan)]);
          const results = mapOf(plan, pools.of(plan.pool), input.items, {
            ...optionsOf(plan),
            errors: 'yield',
            signal: controller.signal,
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

  test('over no inputs gives nothing, whatever its options', { timeout: limitMs }, async () => {
    const proof = fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        await checkPlan({ ...plan, items: [], throwAt: undefined }, pools);
      }),
      { ...tries, numRuns: 80 },
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
          await using results = pools.of('now').map(input.items, { window });
          for (let n = 0; n < wanted; n++)
            expect(await results.next()).toEqual({ done: false, value: n * 10 });
        },
      ),
      { ...tries, numRuns: 60 },
    );
    await expect(proof).resolves.toBeUndefined();
  });
});
