/** Calls that were sent behind a long one and taken back by an idle worker: they take no room from others. */

import { expect, test } from 'vitest';
import { openThreads, run } from '../../src/index.ts';
import { hostileTasks } from '../fixtures/tasks/hostile-tasks.ts';
import { threadTasks } from '../fixtures/tasks/thread-tasks.ts';

const { takeLong, waitFor } = hostileTasks;
const { add } = threadTasks;

test.each(['submit', 'run'])(
  'calls taken back from behind a long call leave their room to others: %s',
  {
    timeout: 15_000,
  },
  async (verb) => {
    await using executor = openThreads({ workers: 2 });
    const short = (): unknown => Array.from({ length: 5000 }, (_, i) => add(i, 1));
    // Short calls: from now on many are sent at once, ahead of their turn.
    await run(short(), { executor });
    const gate = new SharedArrayBuffer(4);
    const long = executor.submit(waitFor, gate);
    // Some of these are sent behind the long call, and the other worker takes them back.
    await run(short(), { executor });
    // Of calls that take long no more are sent than there are workers: one is free.
    for (let i = 0; i < 4; i++) {
      const call = verb === 'submit' ? executor.submit(takeLong, 20) : run(takeLong(20), { executor });
      expect(await call).toBe('timed-out');
    }
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    expect(await long).toMatch(/ok|not-equal/);
  },
);
