/** The stack of an error that a call threw in a worker: where it was thrown there, and what here it was for. */

import { expect, test } from 'vitest';
import { poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { isolatedKinds, opened } from './opened.ts';

const { checked } = poolTasks;

test.each(isolatedKinds)(
  'on %s it joins the task with the map or the pool, without heddle',
  async (kind) => {
    const pool = opened(checked, { kind, workers: 1 });
    const errors = await Promise.all([
      pool.submit(4).catch((error: unknown) => error),
      pool
        .map([4])
        .toArray()
        .catch((error: unknown) => error),
    ]);
    const [submitted, mapped] = (errors as Error[]).map(({ stack }) => stack ?? '');
    for (const stack of [submitted, mapped]) {
      expect(stack).toMatch(/^RangeError: refused 4\n {4}at checkedAlone .*pool-tasks\.ts/);
      expect(stack).not.toMatch(/\/src\/(?:worker|pool|parallel)\//);
    }
    expect(submitted).toMatch(/\n {4}at openPool \(.*opened\.ts:\d+:\d+\)$/);
    expect(mapped).toMatch(/\n {4}at pool\.map \(.*stacks\.test\.ts:\d+:\d+\)$/);
  },
  15_000,
);
