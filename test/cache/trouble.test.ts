/** Trouble with remembering, as it is told. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCache, run, task } from '../../src/index.ts';
import { folders } from '../fixtures/folders.ts';

const newFolder = folders('trouble');

/** The warnings of a cache while something is done. */
async function warningsOf(act: () => Promise<unknown>): Promise<readonly string[]> {
  const told: string[] = [];
  const hear = (warning: Error): void =>
    void (warning.name === 'HeddleCacheWarning' && told.push(warning.message));
  process.on('warning', hear);
  try {
    await act();
    // They are told in the next turn.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('warning', hear);
  }
  return told;
}

test("'warn' warns once of one message, however many calls there are", async () => {
  await using cache = await openCache(':memory:');
  const odd = task((x: number) => () => x, { name: 'odd', version: 1, cache: true });
  expect(await warningsOf(() => run([odd(1), odd(2), odd(3)], { cache }))).toEqual([
    expect.stringContaining("Cannot keep the result of task 'odd'"),
  ]);
});

test("'warn' warns once that a cache is closed, not of all that it does not do then", async () => {
  const cache = await openCache(join(newFolder(), 'closed'));
  await cache.close();
  const square = task((x: number) => x * x, { name: 'square', version: 1, cache: true });
  expect(await warningsOf(() => run([square(2), square(3)], { cache }))).toEqual([
    expect.stringContaining('as it is closed'),
  ]);
});
