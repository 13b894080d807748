/** A run on processes of its own. */

import { expect, test } from 'vitest';
import { run } from '../../src/index.ts';
import { processTasks } from '../fixtures/tasks/process-tasks.ts';

const { add, pid } = processTasks;

function isAlive(process_: number): boolean {
  try {
    return process.kill(process_, 0);
  } catch {
    return false;
  }
}

test('run({ processes }) runs calls in child processes, which are gone afterwards', async () => {
  const [sum, there] = await run([add(1, add(2, 3)), pid()] as const, { processes: 2 });
  expect(sum).toBe(6);
  expect(there).not.toBe(process.pid);
  expect(isAlive(there)).toBe(false);
});

test('run() refuses processes beside threads, and a wrong number of them', async () => {
  const both = { processes: 1, threads: 1 };
  await expect(run(add(1, 2), both)).rejects.toThrow(/one place to run .* 'threads' and 'processes'/);
  await expect(run(add(1, 2), { processes: 0 })).rejects.toThrow(RangeError);
});
