/** The forms of numbers, against what tqdm 4.67 writes. */

import { describe, expect, test } from 'vitest';
import { elapsedText, scaledText, shortNumber } from '../../src/progress/quantity.ts';

describe('scaledText()', () => {
  test.each([
    [0, '0.00'],
    [9.994, '9.99'],
    [9.996, '10.0'],
    [99.94, '99.9'],
    [999.4, '999'],
    [999.5, '1.00k'],
    [1234, '1.23k'],
    [3_400_000, '3.40M'],
    [-1500, '-1.50k'],
    [1e25, '10.0Y'],
  ])('%s is %s', (amount, text) => {
    expect(scaledText(amount, 1000)).toBe(text);
  });

  test('divides by 1024 when asked', () => {
    expect(scaledText(1024 * 1024 * 1.5, 1024)).toBe('1.50M');
  });
});

describe('elapsedText()', () => {
  test.each([
    [0, '00:00'],
    [33_999, '00:33'],
    [754_000, '12:34'],
    [3_723_000, '1:02:03'],
    [360_000_000, '100:00:00'],
    [-5, '00:00'],
  ])('%s ms is %s', (ms, text) => {
    expect(elapsedText(ms)).toBe(text);
  });
});

describe('shortNumber()', () => {
  test.each([
    [0.1, '0.1'],
    [0.123456, '0.123'],
    [0.50001, '0.5'],
    [12345, '12345'],
    [12345.678, '1.23e+4'],
    [1.00001, '1'],
    [99.999, '100'],
    [0.00000015234, '1.52e-7'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('%s is %s', (amount, text) => {
    expect(shortNumber(amount)).toBe(text);
  });
});
