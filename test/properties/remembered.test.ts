/** Random graphs with a cache give what they give without one: the first time, again, after others, and on threads. */

import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Cache,
  CallFailedError,
  openCache,
  openThreads,
  type RunOptions,
  run,
  type ThreadsExecutor,
} from '../../src/index.ts';
import { eventFaults, RecordingSink } from '../../src/testing.ts';
import { graphOf, outcomeOf, type Plan, plain, plans } from './plan.ts';

const limitMs = 60_000;

let threads: ThreadsExecutor;
let cache: Cache;
beforeAll(() => {
  threads = openThreads({ workers: 2 });
});
afterAll(() => threads.dispose());
beforeEach(async () => {
  cache = await openCache(':memory:', { onTrouble: 'ignore' });
});

async function ran(plan: Plan, options: RunOptions): Promise<unknown> {
  const sink = new RecordingSink();
  try {
    const value = plain(await run(graphOf(plan), { ...options, sinks: sink }));
    expect(eventFaults(sink.events)).toEqual([]);
    return { value };
  } catch (error) {
    if (error instanceof CallFailedError && error.task === 'refusing') return { fails: true };
    throw error;
  }
}

describe('a random graph gives the same with a cache', () => {
  test('twice, after all graphs before it', { timeout: limitMs }, async () => {
    await fc.assert(
      fc.asyncProperty(plans(14, true), async (plan) => {
        const outcome = outcomeOf(plan);
        expect(await ran(plan, { cache, cacheAll: true })).toEqual(outcome);
        expect(await ran(plan, { cache, cacheAll: true })).toEqual(outcome);
      }),
      { numRuns: 400 },
    );
  });

  test('when several runs of it go on at once', { timeout: limitMs }, async () => {
    await fc.assert(
      fc.asyncProperty(plans(10, true), fc.integer({ min: 1, max: 4 }), async (plan, concurrency) => {
        const options = { cache, cacheAll: true, concurrency };
        const outcomes = await Promise.all([ran(plan, options), ran(plan, options), ran(plan, options)]);
        const outcome = outcomeOf(plan);
        expect(outcomes).toEqual([outcome, outcome, outcome]);
      }),
      { numRuns: 200 },
    );
  });

  test('on threads', { timeout: limitMs }, async () => {
    await fc.assert(
      fc.asyncProperty(plans(14, true), async (plan) => {
        const options = { cache, cacheAll: true, executor: threads };
        const outcome = outcomeOf(plan);
        expect(await ran(plan, options)).toEqual(outcome);
        expect(await ran(plan, options)).toEqual(outcome);
      }),
      { numRuns: 150 },
    );
  });

  test('after it was changed in one place', { timeout: limitMs }, async () => {
    await fc.assert(
      fc.asyncProperty(plans(12, false), plans(12, false), fc.nat(11), async (plan, other, at) => {
        await ran(plan, { cache, cacheAll: true });
        const steps = plan.steps.map((step, index) => (index === at ? (other.steps[0] ?? step) : step));
        const edited = { ...plan, steps };
        expect(await ran(edited, { cache, cacheAll: true })).toEqual(outcomeOf(edited));
      }),
      { numRuns: 200 },
    );
  });
});
