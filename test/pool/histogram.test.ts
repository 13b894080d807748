/** Histograms of durations: what is read of them is near what was added. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Histogram } from '../../src/pool/histogram.ts';

/** A duration, and how often it is added at once. */
type Added = readonly [ms: number, count: number];

/** From 10 ns to some days, evenly by order of magnitude. */
const durations = fc.double({ min: -5, max: 8.5, noNaN: true }).map((exponent) => 10 ** exponent);
const additions: fc.Arbitrary<Added[]> = fc.array(fc.tuple(durations, fc.integer({ min: 1, max: 20 })), {
  minLength: 1,
  maxLength: 80,
  size: 'max',
});

function filled(added: readonly Added[]): Histogram {
  const histogram = new Histogram();
  for (const [ms, count] of added) histogram.add(ms, count);
  return histogram;
}

/** All durations, each as often as it was added, in order. */
function flat(added: readonly Added[]): number[] {
  return added.flatMap(([ms, count]) => new Array<number>(count).fill(ms)).toSorted((a, b) => a - b);
}

/** The smallest duration that a share of all does not exceed. */
function exactQuantile(all: readonly number[], share: number): number {
  return all[Math.max(0, Math.ceil(share * all.length) - 1)] as number;
}

describe('Histogram', () => {
  test('is all zeros while it is empty', () => {
    expect(new Histogram().read()).toEqual({ count: 0, mean: 0, min: 0, max: 0, p50: 0, p90: 0, p99: 0 });
  });

  test('of one duration is that duration', () => {
    const { mean, min, max, p50, p90, p99 } = filled([[12.5, 3]]).read();
    expect([mean, min, max, p50, p90, p99]).toEqual(new Array(6).fill(12.5));
  });

  test('takes nothing as a duration, and what is longer than a month', () => {
    const month = 31 * 24 * 3600 * 1000;
    const read = filled([
      [0, 98],
      [10 * month, 2],
    ]).read();
    expect(read).toMatchObject({ count: 100, min: 0, max: 10 * month, p50: 0, p90: 0 });
    expect(read.p99).toBeGreaterThan(month / 2);
    expect(read.p99).toBeLessThanOrEqual(10 * month);
  });

  test('counts exactly, and gives quantiles within 5 %', () => {
    fc.assert(
      fc.property(additions, (added) => {
        const read = filled(added).read();
        const all = flat(added);
        const sum = added.reduce((total, [ms, count]) => total + ms * count, 0);
        expect(read.count).toBe(all.length);
        expect([read.min, read.max]).toEqual([all[0], all.at(-1)]);
        expect(read.mean).toBeCloseTo(sum / all.length, 6);
        for (const [name, share] of [
          ['p50', 0.5],
          ['p90', 0.9],
          ['p99', 0.99],
        ] as const) {
          const exact = exactQuantile(all, share);
          const off = Math.abs(read[name] - exact) / exact;
          assert.ok(off <= 0.05, `${name} is ${read[name]} rather than ${exact}`);
        }
        assert.ok(read.min <= read.p50 && read.p50 <= read.p90 && read.p90 <= read.p99);
        assert.ok(read.p99 <= read.max);
      }),
      { numRuns: 500 },
    );
  });

  test('does not depend on what was added together, nor on the order', () => {
    fc.assert(
      fc.property(additions, (added) => {
        const apart = flat(added).map((ms): Added => [ms, 1]);
        const { mean, ...one } = filled(added).read();
        const { mean: otherMean, ...other } = filled(apart).read();
        expect(other).toEqual(one);
        expect(Math.abs(otherMean - mean)).toBeLessThanOrEqual(mean * 1e-9);
      }),
      { numRuns: 200 },
    );
  });
});
