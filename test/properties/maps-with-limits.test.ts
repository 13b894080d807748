/** Maps lose and repeat no result while workers come and go: by limits, keys, failures and changes of size. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failed, openPool, type PoolMapOptions, type PoolOptions } from '../../src/index.ts';
import { type Fault, poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { isolatedKinds } from '../pool/opened.ts';
import { turn } from '../pool/turn.ts';

const limitMs = 30_000;
/** How many pools are tried; each starts some workers. A failure prints its seed, which can be given here. */
const tries = { numRuns: 12, timeout: 6000, interruptAfterTimeLimit: 9000 };

const some = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(values, { nil: undefined });

const plans = fc.record({
  workers: fc.integer({ min: 1, max: 3 }),
  count: fc.integer({ min: 0, max: 300 }),
  maxCallsPerWorker: some(fc.integer({ min: 50, max: 200 })),
  keys: some(fc.integer({ min: 1, max: 5 })),
  batch: some(fc.integer({ min: 1, max: 40 })),
  timeoutMs: some(fc.constant(20_000)),
  window: some(fc.integer({ min: 1, max: 100 })),
  ordered: fc.boolean(),
  /** At which inputs the worker ends, or the call throws. */
  faults: fc.uniqueArray(fc.record({ at: fc.nat(299), fault: fc.constantFrom('exits', 'throws') }), {
    maxLength: 2,
    selector: ({ at }) => at,
  }),
  /** After how many results the pool gets another size. */
  resizes: fc.array(fc.record({ after: fc.nat(299), workers: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 2,
  }),
});

function definedOnly<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}

describe.each(isolatedKinds)('on %s', (kind) => {
  test('a map gives one outcome for each input, whatever becomes of the workers', {
    timeout: limitMs,
  }, async () => {
    const proof = fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const { workers, count, maxCallsPerWorker, keys, batch, timeoutMs, window } = plan;
        const affinity = (item: number | Fault): number =>
          (typeof item === 'number' ? item : 0) % (keys ?? 1);
        const options = definedOnly({
          kind,
          workers,
          maxCallsPerWorker,
          affinity: keys === undefined ? undefined : affinity,
        }) as PoolOptions<[number | Fault]>;
        await using pool = openPool(poolTasks.double, options);
        const faults = new Map(plan.faults.map(({ at, fault }) => [at, fault as Fault['fault']]));
        const inputs = Array.from({ length: count }, (_, at): number | Fault => {
          const fault = faults.get(at);
          return fault === undefined ? at : { fault };
        });
        const results: unknown[] = [];
        const mapOptions = definedOnly({ batch, timeoutMs, window, ordered: plan.ordered });
        for await (const result of pool.map(inputs, { ...mapOptions, errors: 'yield' } as PoolMapOptions & {
          spread?: false;
        })) {
          results.push(failed(result) ? result.reason : result);
          for (const { after, workers: size } of plan.resizes)
            if (after === results.length) pool.resize(size);
          if (results.length % 50 === 0) await turn();
        }
        const expected = inputs.map((item) => {
          if (typeof item === 'number') return item * 2;
          return item.fault === 'exits' ? 'worker-lost' : 'threw';
        });
        const inOrder = (all: readonly unknown[]): unknown[] =>
          plan.ordered ? [...all] : all.map(String).toSorted();
        expect(inOrder(results)).toEqual(inOrder(expected));
        await pool.drain();
        const failures = expected.filter((value) => typeof value === 'string').length;
        expect(pool.stats()).toMatchObject({
          succeeded: count - failures,
          failed: failures,
          running: 0,
          waiting: 0,
        });
      }),
      tries,
    );
    await expect(proof).resolves.toBeUndefined();
  });
});
