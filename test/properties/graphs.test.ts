/** Random graphs give what a plain loop gives: inline, on threads, under every failure mode; and they always settle. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CallFailedError,
  openInline,
  openThreads,
  type RunOptions,
  run,
  type ThreadsExecutor,
} from '../../src/index.ts';
import { computeAlone, eventFaults, RecordingSink } from '../../src/testing.ts';
import { graphOf, outcomeOf, type Plan, plain, plans } from './plan.ts';

/** How many graphs are tried; a failure prints its seed, which can be given here. */
const tries = { numRuns: 150 };
const limitMs = 40_000;

let threads: ThreadsExecutor;
beforeAll(() => {
  threads = openThreads({ workers: 2 });
});
afterAll(() => threads.dispose());

async function ran(plan: Plan, options: RunOptions): Promise<unknown> {
  try {
    return { value: plain(await run(graphOf(plan), options)) };
  } catch (error) {
    if (error instanceof CallFailedError && error.task === 'refusing') return { fails: true };
    throw error;
  }
}

describe('a random graph gives what a plain loop gives', () => {
  test('inline', { timeout: limitMs }, async () => {
    await fc.assert(
      fc.asyncProperty(plans(14, true), async (plan) => {
        expect(await ran(plan, {})).toEqual(outcomeOf(plan));
      }),
      { numRuns: 600 },
    );
  });

  test('inline, one at a time, with everything watched', { timeout: limitMs }, async () => {
    await fc.assert(
      fc.asyncProperty(
        plans(14, true),
        fc.constantFrom('stop-starting' as const, 'carry-on' as const, 'cancel-rest' as const),
        async (plan, failure) => {
          const sink = new RecordingSink();
          expect(await ran(plan, { concurrency: 1, sinks: sink, failure })).toEqual(outcomeOf(plan));
          expect(eventFaults(sink.events)).toEqual([]);
        },
      ),
      tries,
    );
  });

  test('on threads', { timeout: limitMs }, async () => {
    await fc.assert(
      fc.asyncProperty(plans(10, true), async (plan) => {
        expect(await ran(plan, { executor: threads })).toEqual(outcomeOf(plan));
      }),
      tries,
    );
  });

  test('when it is run three times at once on one executor', { timeout: limitMs }, async () => {
    await using inline = openInline({ concurrency: 2 });
    await fc.assert(
      fc.asyncProperty(plans(10, true), async (plan) => {
        const expected = outcomeOf(plan);
        const some = [inline, threads, inline].map((executor) => ran(plan, { executor }));
        expect(await Promise.all(some)).toEqual([expected, expected, expected]);
      }),
      { numRuns: 60 },
    );
  });

  test('when it is computed alone', { timeout: limitMs }, async () => {
    await fc.assert(
      fc.asyncProperty(plans(12, false), async (plan) => {
        expect({ value: plain(await computeAlone(graphOf(plan))) }).toEqual(outcomeOf(plan));
      }),
      tries,
    );
  });
});

test('a random graph that is aborted at a random event settles with the reason', {
  timeout: limitMs,
}, async () => {
  await fc.assert(
    fc.asyncProperty(plans(12, true), fc.nat(20), fc.boolean(), async (plan, at, onThreads) => {
      const ending = new AbortController();
      const reason = new Error('aborted');
      let left = at;
      const sinks = { emit: () => void (left-- === 0 && ending.abort(reason)) };
      const options = { signal: ending.signal, sinks, ...(onThreads ? { executor: threads } : {}) };
      const result = await ran(plan, options).catch((error: unknown) => error);
      expect(result).toEqual(result === reason ? reason : outcomeOf(plan));
    }),
    { numRuns: 100 },
  );
  expect(threads.stats().running).toBe(0);
});
