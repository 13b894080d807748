/** Random cadets, pools, runs and holders in one process: never more threads than there are, and all of them settle. */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { threadAllocation, withThreads } from '../../src/artifacts.ts';
import {
  combined,
  type Executor,
  openPool,
  openThreads,
  run,
  type ThreadsExecutor,
  type WorkerPool,
} from '../../src/index.ts';
import { metered } from '../fixtures/tasks/cadet-tasks.ts';
import { heavy, light, type Metered, meter } from '../fixtures/tasks/thread-share-tasks.ts';

const tries = { numRuns: 60 };
const limitMs = 60_000;

let lights: WorkerPool<[Metered], number>;
let heavies: WorkerPool<[Metered], number>;
let threads: ThreadsExecutor;
let both: Executor;

beforeAll(() => {
  // As many as there are, so that they are counted.
  withThreads(2, () => {
    lights = openPool(light, { workers: 2 });
    heavies = openPool(heavy, { workers: 2 });
    threads = openThreads({ workers: 2 });
    both = combined({ executors: { cores: openThreads({ workers: 2 }) }, select: () => 'cores' });
  });
});
afterAll(() => Promise.all([lights, heavies, threads, both].map((one) => one.dispose())));

const ways = [
  'cadet',
  'submit',
  'map',
  'heavy',
  'run',
  'executor',
  'hold',
  'hold two',
  'hold executor',
  'aborted',
] as const;

type Way = (typeof ways)[number];

/** Does something that takes threads. */
async function take(way: Way, input: Metered): Promise<unknown> {
  const allocation = threadAllocation();
  switch (way) {
    case 'cadet':
      return await metered(input);
    case 'submit':
      return await lights.submit(input);
    case 'map':
      return await lights.map([input, input, input]).toArray();
    case 'heavy':
      return await heavies.submit(input);
    case 'run':
      return await run([light(input), light(input)] as const, { executor: threads });
    case 'hold':
      return await allocation.hold(1, () => Promise.all([lights.submit(input), metered(input)]));
    case 'executor':
      return await Promise.all([threads.submit(light, input), both.submit(light, input)]);
    case 'hold executor':
      return await allocation.hold(1, () =>
        Promise.all([threads.submit(light, input), both.submit(light, input)]),
      );
    case 'hold two':
      return await allocation.hold(2, () =>
        Promise.all([heavies.submit(input), run(light(input), { executor: threads })]),
      );
    case 'aborted': {
      const controller = new AbortController();
      const waits = allocation.take(1, { signal: controller.signal });
      controller.abort();
      // It may have had its turn at once.
      const [share] = await Promise.allSettled([waits]);
      if (share.status === 'fulfilled') share.value[Symbol.dispose]();
      return undefined;
    }
    default:
      return undefined;
  }
}

/** Those that need two threads. */
const needsTwo = new Set<Way>(['heavy', 'hold two']);

test('a random mix never takes more than there are, and comes to an end', { timeout: limitMs }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.constantFrom(...ways), { minLength: 1, maxLength: 14 }),
      async (total, mix) => {
        const input = { meter: meter(), takesMs: 1 };
        const [settled, free, waiting] = await withThreads(total, async () => {
          const all = await Promise.allSettled(mix.map((way) => take(way, input)));
          // Workers come to rest after their last outcome was told.
          await expect.poll(() => threadAllocation().free, { interval: 1, timeout: 8000 }).toBe(total);
          return [all, threadAllocation().free, threadAllocation().waiting];
        });
        const failed = settled.map(({ status }) => status === 'rejected');
        expect(failed).toEqual(mix.map((way) => total < 2 && needsTwo.has(way)));
        expect(input.meter[1]).toBeLessThanOrEqual(total);
        expect([input.meter[0], free, waiting]).toEqual([0, total, 0]);
      },
    ),
    tries,
  );
});
