/** What a run keeps in memory, measured after garbage was collected. In a process of its own, so that little else moves. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { conditional, type Delayed, findFirst, openInline, ops, run, task } from '../../src/index.ts';

const add = task((a: number, b: number) => a + b, { name: 'add' });
const one = task(() => 1, { name: 'one' });

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes in use after everything that can be dropped was. */
function bytesInUse(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** By how much the end lies above the second measure; the first may come before code was compiled. */
function growth(bytes: readonly number[]): number {
  return Number(bytes.at(-1)) - Number(bytes[1]);
}

describe('memory', () => {
  test('a million tail calls take no more of it than a thousand', { timeout: 30_000 }, async () => {
    const bytes: number[] = [];
    const countDown = task((n: number): number | Delayed<number> => {
      if (n % 100_000 === 0) bytes.push(bytesInUse());
      return n === 0 ? 0 : countDown(n - 1);
    });
    expect(await run(countDown(1_000_000))).toBe(0);
    expect(growth(bytes)).toBeLessThan(1_000_000);
  });

  test('tail calls with delayed arguments take no more of it either', { timeout: 30_000 }, async () => {
    const bytes: number[] = [];
    const step = task((n: number, total: number): number | Delayed<number> => {
      if (n % 10_000 === 0) bytes.push(bytesInUse());
      return n === 0 ? total : step(add(n, -1), add(total, n));
    });
    expect(await run(step(100_000, 0))).toBe(5_000_050_000);
    expect(growth(bytes)).toBeLessThan(1_000_000);
  });

  test('tail calls by way of conditional take no more of it', { timeout: 30_000 }, async () => {
    const bytes: number[] = [];
    const step = task((n: number): Delayed<number> => {
      if (n % 10_000 === 0) bytes.push(bytesInUse());
      return conditional(ops.gt(n, 0), step(n - 1), 0) as Delayed<number>;
    });
    expect(await run(step(50_000))).toBe(0);
    expect(growth(bytes)).toBeLessThan(1_000_000);
  });

  test('a long search takes no more of it', { timeout: 30_000 }, async () => {
    const bytes: number[] = [];
    const items = Array.from({ length: 50_000 }, (_, i) => i);
    const isLast = (i: number): boolean => {
      if (i % 10_000 === 0) bytes.push(bytesInUse());
      return i === 49_999;
    };
    expect(await run(findFirst(isLast, items))).toBe(49_999);
    expect(growth(bytes)).toBeLessThan(1_000_000);
  });

  test('a value is dropped when the last that needs it has it', { timeout: 20_000 }, async () => {
    const alive = new Set<number>();
    const dropped = new FinalizationRegistry<number>((i) => alive.delete(i));
    let most = 0;
    const make = task(
      (i: number, _before: number) => {
        const value = { bytes: new Uint8Array(1000) };
        alive.add(i);
        dropped.register(value, i);
        return value;
      },
      { name: 'make' },
    );
    const measure = task(async (value: { bytes: Uint8Array }, i: number) => {
      if (i % 50 === 0) {
        collectGarbage();
        // Finalizers run in a turn of their own.
        await new Promise<void>((resolve) => setImmediate(resolve));
        most = Math.max(most, alive.size);
      }
      return value.bytes.length;
    });
    let before: Delayed<number> = one();
    for (let i = 0; i < 500; i++) before = measure(make(i, before), i);
    expect(await run(before)).toBe(1000);
    expect(most).toBeLessThan(60);
  });

  test('a settled run keeps nothing of the executor it used', { timeout: 20_000 }, async () => {
    await using executor = openInline();
    const before = bytesInUse();
    for (let i = 0; i < 300; i++)
      await run(
        Array.from({ length: 100 }, () => one()),
        { executor },
      );
    expect(bytesInUse() - before).toBeLessThan(2_000_000);
  });
});
