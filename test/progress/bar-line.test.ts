/** The line of a bar, character by character. */

import { describe, expect, test } from 'vitest';
import { plainText } from '../../src/observe/line.ts';
import { type BarLook, barLine } from '../../src/progress/bar-line.ts';
import type { ProgressSnapshot } from '../../src/progress/snapshot.ts';
import { displayWidth } from '../../src/terminal/display-width.ts';

const look: BarLook = { isAscii: false, measure: displayWidth(), ellipsis: '…' };
const ascii: BarLook = { ...look, isAscii: true, ellipsis: '...' };

const known: ProgressSnapshot = {
  done: 7568,
  total: 10_000,
  rate: 229,
  elapsedMs: 33_000,
  leftMs: 10_600,
  desc: 'desc',
  postfix: 'loss=0.1',
  unit: 'it',
  unitScale: false,
  unitDivisor: 1000,
  columns: 69,
  hasEnded: false,
};

function lineOf(change: Partial<ProgressSnapshot>, with_ = look): string {
  return plainText(barLine({ ...known, ...change }, with_));
}

describe('barLine()', () => {
  test('has the shape of tqdm', () => {
    expect(lineOf({})).toBe('desc:  76%|███████▌  | 7568/10000 [00:33<00:10, 229.00it/s, loss=0.1]');
  });

  test('is ASCII where only that is shown', () => {
    expect(lineOf({}, ascii)).toBe('desc:  76%|#######   | 7568/10000 [00:33<00:10, 229.00it/s, loss=0.1]');
  });

  test('counts without a total', () => {
    expect(lineOf({ total: undefined })).toBe('desc: 7568it [00:33, 229.00it/s, loss=0.1]');
  });

  test('counts on when there are more items than the total', () => {
    expect(lineOf({ total: 7567, postfix: '', desc: '' })).toBe('7568it [00:33, 229.00it/s]');
  });

  test.each([
    [{ rate: undefined, leftMs: undefined }, '[00:33<?, ?it/s]'],
    [{ rate: 0.25 }, '[00:33<00:10,  4.00s/it]'],
    [{ rate: 1.5, unit: 'page' }, '[00:33<00:10,  1.50page/s]'],
    [{ rate: 1 }, '[00:33<00:10,  1.00it/s]'],
    [{ elapsedMs: 3_723_000, leftMs: 0 }, '[1:02:03<00:00, 229.00it/s]'],
  ])('times and rate of %o are %s', (change, text) => {
    expect(lineOf({ postfix: '', ...change }).endsWith(text)).toBe(true);
  });

  test('numbers have prefixes when asked', () => {
    const change = { done: 1_258_291, total: 3_565_158, rate: 52_429, unit: 'B', postfix: '', desc: '' };
    expect(lineOf({ ...change, unitScale: true, unitDivisor: 1024, columns: 60 })).toBe(
      ' 35%|██████▎           | 1.20M/3.40M [00:33<00:10, 51.2kB/s]',
    );
  });

  test('is full only when everything is done', () => {
    expect(lineOf({ done: 9_999, postfix: '' })).toContain(' 99%|');
    const full = lineOf({ done: 10_000, postfix: '' });
    expect(full).toMatch(/^desc: 100%\|█+\| /u);
    expect(barLine({ ...known, done: 10_000 }, look).some(({ tone }) => tone === 'good')).toBe(true);
  });

  test('fills the width to the column', () => {
    for (let columns = 64; columns < 200; columns += 1) {
      for (const done of [0, 1, 4_999, 9_999, 10_000]) {
        expect(look.measure(lineOf({ columns, done, desc: '日本語', postfix: '' }))).toBe(columns);
      }
    }
  });

  test('shortens a long description before the bar is given up', () => {
    const line = lineOf({ desc: 'a description that says too much', columns: 80 });
    expect(line).toMatch(/^a description…: {2}76%\|█{8}▎ {2}\| 7568/u);
    expect(lineOf({ columns: 40 })).toBe('desc:  76% 7568/10000 [00:33<00:10, 229.00it/s, loss=0.1]');
  });

  test('has no bar where the width is unknown', () => {
    expect(lineOf({ columns: Number.POSITIVE_INFINITY, postfix: '' })).toBe(
      'desc:  76% 7568/10000 [00:33<00:10, 229.00it/s]',
    );
  });

  test('makes one harmless line of any description', () => {
    expect(lineOf({ desc: 'a\nb\u001b[2J: ', total: undefined })).toMatch(/^a b: 7568it/u);
  });
});
