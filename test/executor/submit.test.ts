/** Single calls on executors: after the end, after a change of size, and what is too large. */

import { describe, expect, test } from 'vitest';
import { type Executor, openInline, openThreads, run, type Task, task } from '../../src/index.ts';
import { RecordingSink } from '../../src/testing.ts';
import { hostileTasks } from '../fixtures/tasks/hostile-tasks.ts';

const { same, waitFor } = hostileTasks;

/** Lets one who waits in `waitFor` go on. */
function open(gate: SharedArrayBuffer): void {
  Atomics.store(new Int32Array(gate), 0, 1);
  Atomics.notify(new Int32Array(gate), 0);
}

describe.each<[string, () => Executor]>([
  ['openInline', () => openInline({ concurrency: 2 })],
  ['openThreads', () => openThreads({ workers: 2 })],
])('submit() of %s', (_, openExecutor) => {
  test('rejects at once after dispose(), used before or not', { timeout: 10_000 }, async () => {
    for (const isUsed of [false, true]) {
      const executor = openExecutor();
      if (isUsed) await executor.submit(same, 1);
      await executor.dispose();
      const ends = [executor.submit(same, 2), executor.submit(hostileTasks.list)];
      for (const { status, ...end } of await Promise.allSettled(ends)) {
        expect(status).toBe('rejected');
        expect(end).toMatchObject({ reason: { code: 'HEDDLE_CLOSED' } });
      }
      const mapping = executor.map(same as Task<[number], unknown>, [1, 2]);
      await expect(mapping.next()).rejects.toMatchObject({ code: 'HEDDLE_CLOSED' });
    }
  });

  test('refuses a call that takes more slots than there are', async () => {
    await using executor = openExecutor();
    const wide = same.with({ resources: { threads: 3 } });
    await expect(executor.submit(wide, 1)).rejects.toThrow(/needs 3 threads: received an executor of 2/);
    expect(await executor.submit(same, 1)).toBe(1);
  });

  test('leaves the data of its caller as it is', async () => {
    await using executor = openExecutor();
    const data = [1];
    const buffer = new SharedArrayBuffer(4);
    new Int32Array(buffer)[0] = 1;
    expect(await executor.submit(hostileTasks.pushThenThrow, data, buffer)).toEqual([1, 9]);
    expect(data).toEqual([1]);
  });
});

test('submit() on threads made smaller rejects a waiting call that is too wide by then, and goes on', {
  timeout: 15_000,
}, async () => {
  await using threads = openThreads({ workers: 2 });
  const gate = new SharedArrayBuffer(4);
  const first = threads.submit(waitFor, gate);
  const wide = threads.submit(same.with({ resources: { threads: 2 } }), 'wide');
  const behind = threads.submit(same, 'behind');
  const ends = Promise.allSettled([wide, behind]);
  threads.resize(1);
  open(gate);
  await first;
  expect(await ends).toMatchObject([
    { status: 'rejected', reason: { message: expect.stringMatching(/needs 2 threads/) as unknown } },
    { status: 'fulfilled', value: 'behind' },
  ]);
  expect(await threads.submit(same, 'later')).toBe('later');
});

test('submit() on threads made larger runs more calls at once', { timeout: 15_000 }, async () => {
  await using threads = openThreads({ workers: 1 });
  const gate = new SharedArrayBuffer(4);
  const blocked = threads.submit(waitFor, gate);
  const next = threads.submit(same, 'next');
  threads.resize(2);
  expect(await next).toBe('next');
  open(gate);
  await blocked;
});

describe('resources of a call', () => {
  test.each([0, 0.5, 1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, '2', null])(
    'threads: %s is refused when the task is made',
    (threads) => {
      const resources = { threads: threads as number };
      expect(() => task(() => 1, { name: 'use', resources })).toThrow(
        /Cannot give task 'use' the hint 'resources\.threads' as it must be/,
      );
      expect(() => same.with({ resources })).toThrow(RangeError);
    },
  );

  test.each([
    [[0.1, 0.2]],
    [[0.1, 0.2, 0.3]],
    [[0.7, 0.1]],
    [[0.3, 0.6]],
    [[0.6, 0.3, 0.1]],
    [[1 / 3, 1 / 7]],
  ])('fractions %j are given back in full', { timeout: 5000 }, async (amounts) => {
    const use = (gpu: number, _before?: unknown): Promise<number> => Promise.resolve(gpu);
    const first = amounts.map((gpu) => task(use, { resources: { gpu } })(gpu));
    const all = task(use, { resources: { gpu: 1 } });
    // Needs all there is, when the others have given theirs back.
    for (let i = 0; i < 3; i++) expect(await run(all(1, all(1, first)), { resources: { gpu: 1 } })).toBe(1);
  });

  test('fractions that are more than there is wait for each other', { timeout: 5000 }, async () => {
    let [now, most] = [0, 0];
    const use = task(
      async () => {
        most = Math.max(most, ++now);
        await new Promise<void>((resolve) => setImmediate(resolve));
        now--;
      },
      { resources: { gpu: 0.4 } },
    );
    await run(
      Array.from({ length: 10 }, () => use()),
      { resources: { gpu: 1 } },
    );
    expect(most).toBe(2);
  });

  test('are never made more by a call that was cancelled', { timeout: 5000 }, async () => {
    await using executor = openInline({ concurrency: 4 });
    const never = task(() => new Promise<number>(() => undefined), { resources: { threads: 2 } });
    for (let i = 0; i < 3; i++) {
      const ending = new AbortController();
      const sink = new RecordingSink();
      const ended = run([never(), never()], { executor, signal: ending.signal, sinks: sink });
      await sink.when(({ kind }) => kind === 'call-started');
      ending.abort(new Error('enough'));
      await expect(ended).rejects.toThrow('enough');
      expect(executor.stats().running).toBe(0);
    }
  });
});
