/** Cutting lines to columns, and the width of characters. */

import { describe, expect, test } from 'vitest';
import { cut, fit, widthOf } from '../../src/observe/fit.ts';
import { flexible, plainText, span } from '../../src/observe/line.ts';
import { displayWidth } from '../../src/terminal/display-width.ts';

const measure = displayWidth();
const line = [span('│ '), flexible('Compiling src/a-long-name.cc ...'), span(' '), span('(✔)')];

describe('displayWidth()', () => {
  test.each([
    ['abc', 3],
    ['│ ━╸─ ⠋ … (✔)', 13],
    ['日本', 4],
    ['한글', 4],
    ['e\u0301', 1],
    ['🎉', 2],
    ['👨‍👩‍👧', 2],
    ['⚠️', 2],
    ['🇳🇱', 2],
  ])('measures %s', (text, width) => {
    expect(measure(text)).toBe(width);
  });
});

describe('fit()', () => {
  test('leaves a line that fits as it is', () => {
    expect(fit(line, 80, measure, '…')).toBe(line);
  });

  test('shortens the flexible piece, and keeps the mark', () => {
    expect(plainText(fit(line, 24, measure, '…'))).toBe('│ Compiling src/a-l… (✔)');
  });

  test.each([0, 1, 2, 5, 8, 12, 20])('gives at most %i columns, whatever is in the line', (columns) => {
    for (const text of ['x'.repeat(50), '日本語'.repeat(10), '👨‍👩‍👧'.repeat(10), '']) {
      expect(
        widthOf(fit([span('│ '), flexible(text), span(' (✔)')], columns, measure, '…'), measure),
      ).toBeLessThanOrEqual(columns);
    }
  });

  test('never cuts a character in two', () => {
    expect(cut('日本語', 4, measure, '…')).toBe('日…');
    expect(cut('👨‍👩‍👧👨‍👩‍👧', 3, measure, '…')).toBe('👨‍👩‍👧…');
  });
});
