/** Amounts in words. */

import { describe, expect, test } from 'vitest';
import { clockText, countText, durationText, rateText } from '../../src/observe/amount.ts';
import { bar } from '../../src/observe/bar.ts';
import { unicodeGlyphs } from '../../src/observe/glyphs.ts';
import { plainText } from '../../src/observe/line.ts';
import { ExponentialRate } from '../../src/observe/rate.ts';

describe('durationText()', () => {
  test.each([
    [-5, '0.0 s'],
    [3210, '3.2 s'],
    [59_949, '59.9 s'],
    [59_950, '1 min 0 s'],
    [245_000, '4 min 5 s'],
    [7_380_000, '2 h 3 min'],
  ])('writes %i ms', (durationMs, text) => {
    expect(durationText(durationMs)).toBe(text);
  });
});

describe('clockText()', () => {
  test.each([
    [0, '0:00'],
    [12_999, '0:12'],
    [754_000, '12:34'],
    [3_723_000, '1:02:03'],
  ])('writes %i ms', (durationMs, text) => {
    expect(clockText(durationMs)).toBe(text);
  });
});

describe('rateText()', () => {
  test.each([
    [0, ''],
    [Number.NaN, ''],
    [0.25, '4.0 s each'],
    [4.21, '4.2/s'],
    [812.4, '812/s'],
    [12_500, '12.5k/s'],
    [2_500_000, '2.5M/s'],
  ])('writes %d a second', (perSecond, text) => {
    expect(rateText(perSecond)).toBe(text);
  });
});

describe('countText()', () => {
  test('takes the plural unless there is one', () => {
    expect([0, 1, 2].map((count) => countText(count, 'call'))).toEqual(['0 calls', '1 call', '2 calls']);
  });
});

describe('bar()', () => {
  test.each([
    [0, '────'],
    [0.001, '╸───'],
    [0.25, '━╺──'],
    [0.5, '━━╺─'],
    [0.65, '━━╸─'],
    [0.999, '━━━╸'],
    [1, '━━━━'],
  ])('is %d full', (share, text) => {
    expect(plainText(bar(share, 4, 'good', unicodeGlyphs.bar))).toBe(text);
  });
});

describe('ExponentialRate', () => {
  test('perSecond follows a change within some seconds', () => {
    const rate = new ExponentialRate();
    rate.start(0);
    let count = 0;
    for (let atMs = 100; atMs <= 4000; atMs += 100) rate.measure((count += 10), atMs);
    expect(rate.perSecond).toBeCloseTo(100, 5);
    for (let atMs = 4100; atMs <= 14_000; atMs += 100) rate.measure((count += 1), atMs);
    expect(rate.perSecond).toBeLessThan(20);
    expect(rate.timeLeftMs(10)).toBeGreaterThan(500);
  });

  test('timeLeftMs() is unknown before the first second, and while nothing has settled', () => {
    const rate = new ExponentialRate();
    rate.start(0);
    rate.measure(50, 500);
    expect(rate.timeLeftMs(10)).toBeUndefined();
    const idle = new ExponentialRate();
    idle.start(0);
    idle.measure(0, 60_000);
    expect(idle.timeLeftMs(10)).toBeUndefined();
  });
});
