import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { threadsOfText, usableThreads } from '../../src/allocation/usable-threads.ts';

const limit = { timeout: 30_000 };
const folder = join(import.meta.dirname, '..', '..', 'src');

/** What a program prints that has the variable set so. */
function withVariable(value: string | undefined, program: string): string {
  const { HEDDLE_MAX_THREADS: _, ...env } = process.env;
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    cwd: folder,
    env: value === undefined ? env : { ...env, HEDDLE_MAX_THREADS: value },
  });
}

describe('threadsOfText()', () => {
  test.each([
    ['12', 12],
    [' 3\n', 3],
    ['', undefined],
    ['  ', undefined],
    [undefined, undefined],
  ])('reads %j', (text, threads) => {
    expect(threadsOfText(text)).toBe(threads);
  });

  test.each(['0', '-1', '1.5', 'many', '1e3', '0x10', 'Infinity', '99999999999999999999'])(
    'refuses %j',
    (text) => {
      expect(() => threadsOfText(text)).toThrow(
        `Cannot count the threads of this process as HEDDLE_MAX_THREADS must be a positive integer: received '${text}'`,
      );
    },
  );
});

describe('usableThreads()', limit, () => {
  test('gives at least one', () => {
    expect(usableThreads()).toBeGreaterThanOrEqual(1);
  });

  test('HEDDLE_MAX_THREADS limits default workers and the allocation', () => {
    const program = `
      const { openThreads, threadAllocation } = { ...await import('./index.ts'), ...await import('./artifacts.ts') };
      const threads = openThreads();
      console.log(threads.slots, String(threadAllocation()));
      await threads.dispose();`;
    expect(withVariable('5', program)).toBe('5 Allocator: 5 available threads\n');
  });

  test('HEDDLE_MAX_THREADS that makes no sense is told when something is opened', () => {
    const program = `
      const { openThreads } = await import('./index.ts');
      try { openThreads({ workers: 1 }); } catch (error) { console.log(error.name, error.message); }`;
    expect(withVariable('all', program)).toBe(
      "RangeError Cannot count the threads of this process as HEDDLE_MAX_THREADS must be a positive integer: received 'all'\n",
    );
  });
});
