/** Plain asynchronous functions given to combinators: how many of them wait at once. */

import { expect, test } from 'vitest';
import { filter, map, openInline, openThreads, type RunOptions, run, task } from '../../src/index.ts';
import { RecordingSink } from '../../src/testing.ts';
import { threadTasks } from '../fixtures/tasks/thread-tasks.ts';

/** An asynchronous step that tells how many of it ran at once. */
function overlapping(): { readonly step: (x: number) => Promise<number>; most: number } {
  let now = 0;
  const state = {
    most: 0,
    step: async (x: number): Promise<number> => {
      state.most = Math.max(state.most, ++now);
      for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => setImmediate(resolve));
      now--;
      return x;
    },
  };
  return state;
}

const items = Array.from({ length: 200 }, (_, i) => i);

test.each<[string, RunOptions, number]>([
  ['concurrency: 1', { concurrency: 1 }, 1],
  ['concurrency: 2', { concurrency: 2 }, 2],
  ['concurrency: 100', { concurrency: 100 }, 100],
  ['nothing said, inline', {}, 64],
  ['threads: 1', { threads: 1 }, 64],
])('plain asynchronous steps are bounded by %s', async (_, options, most) => {
  const state = overlapping();
  expect(await run(map(state.step, items), options)).toEqual(items);
  expect(state.most).toBe(most);
});

test('plain asynchronous steps and tasks share the slots of an executor in this thread', async () => {
  await using executor = openInline({ concurrency: 3 });
  const state = overlapping();
  const asTask = task(state.step);
  await run(
    [
      map(state.step, items),
      map(asTask, items),
      filter(async (x: number) => (await state.step(x)) > 5, items),
    ],
    {
      executor,
    },
  );
  expect(state.most).toBe(3);
  expect(executor.stats().running).toBe(0);
});

test('plain asynchronous steps that fail give their places back', async () => {
  await using executor = openThreads({ workers: 1 });
  const fails = async (x: number): Promise<number> => {
    await Promise.resolve();
    throw new Error(`no ${x}`);
  };
  const sink = new RecordingSink();
  // More than twice as many as may wait at once.
  const ended = run(map(fails, items), { executor, failure: 'carry-on', sinks: sink });
  await expect(ended).rejects.toThrow('no 0');
  expect(sink.of('call-settled').filter(({ is }) => is === 'failure')).toHaveLength(items.length);
});

test('plain asynchronous steps that are waited for hold up no call of a task', async () => {
  await using executor = openThreads({ workers: 1 });
  const ending = new AbortController();
  const never = (): Promise<number> => new Promise(() => undefined);
  const sink = new RecordingSink();
  const ended = run([map(never, items), threadTasks.add(1, 2)], {
    executor,
    sinks: sink,
    signal: ending.signal,
  });
  await sink.when((event) => event.kind === 'call-settled' && event.task === 'add');
  ending.abort(new Error('enough'));
  await expect(ended).rejects.toThrow('enough');
  expect(sink.of('call-started').filter(({ task: name }) => name === 'never')).toHaveLength(64);
});
