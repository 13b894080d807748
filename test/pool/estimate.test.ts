/** How many calls travel together, from what is known of their task. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Estimate } from '../../src/pool/estimate.ts';

function learned(runUs: readonly number[], cloneUs: readonly number[] = []): Estimate {
  const estimate = new Estimate();
  for (const us of cloneUs) estimate.cloned(us);
  for (const us of runUs) estimate.ran(us);
  return estimate;
}

describe('Estimate', () => {
  test('batchSize is one while nothing is known', () => {
    expect(new Estimate().batchSize).toBe(1);
    expect(learned([], [1]).batchSize).toBe(1);
  });

  test.each([
    [0, 512],
    [0.05, 512],
    [1, 400],
    [100, 4],
    [399, 1],
    [1e9, 1],
  ])('batchSize of calls of %d µs is %d', (us, size) => {
    expect(learned([us]).batchSize).toBe(size);
  });

  test('batchSize is smaller for inputs that are dear to send', () => {
    expect(learned([1], [100]).batchSize).toBe(3);
    expect(learned([1], [1e6]).batchSize).toBe(1);
    expect(learned([1], [0]).batchSize).toBe(400);
  });

  test('runUs follows what is measured', () => {
    expect(learned([100]).runUs).toBe(100);
    expect(learned([100, 200]).runUs).toBeCloseTo(130);
    expect(learned(new Array<number>(40).fill(7)).runUs).toBeCloseTo(7);
  });

  test('one call that takes very long does not end batches for good', () => {
    const estimate = learned([1, 1e6]);
    expect(estimate.batchSize).toBe(1);
    for (let call = 0; call < 60; call++) estimate.ran(1);
    expect(estimate.batchSize).toBeGreaterThan(300);
  });

  test('batchSize is an integer from 1 to 512, whatever is measured', () => {
    const us = fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { maxLength: 8 });
    fc.assert(
      fc.property(us, us, (runUs, cloneUs) => {
        const { batchSize } = learned(runUs, cloneUs);
        expect(Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= 512).toBe(true);
      }),
    );
  });
});
