import { describe, expect, test } from 'vitest';
import { SmoothedRate } from '../../src/progress/smoothed-rate.ts';

describe('SmoothedRate', () => {
  test('perSecond is unknown before the first measurement, and right from then on', () => {
    const rate = new SmoothedRate(0.3);
    expect(rate.perSecond).toBeUndefined();
    rate.measure(5, 100);
    expect(rate.perSecond).toBeCloseTo(50);
    rate.measure(5, 100);
    expect(rate.perSecond).toBeCloseTo(50);
  });

  test('perSecond follows a change by the weight', () => {
    const rate = new SmoothedRate(0.3);
    rate.measure(10, 100);
    rate.measure(20, 100);
    // tqdm: (0.3 · 20 + 0.7 · 0.3 · 10) / (0.3 · 100 + 0.7 · 0.3 · 100), by the second
    expect(rate.perSecond).toBeCloseTo((1000 * (0.3 * 20 + 0.21 * 10)) / (30 + 21));
  });

  test('measure() with a weight of 1 takes the last alone, of 0 none', () => {
    const [last, none] = [new SmoothedRate(1), new SmoothedRate(0)];
    for (const rate of [last, none]) {
      rate.measure(1, 1000);
      rate.measure(7, 1000);
    }
    expect([last.perSecond, none.perSecond]).toEqual([7, undefined]);
  });
});
