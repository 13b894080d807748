/** Durations as people write them for schedulers. */

import { describe, expect, test } from 'vitest';
import { secondsOf } from '../../src/base/time-text.ts';

describe('secondsOf()', () => {
  // The forms of `sbatch --time`, in the order of its manual.
  test.each<[string, number]>([
    ['90', 5400],
    ['1:30', 90],
    ['01:30:00', 5400],
    ['2-12', 216_000],
    ['2-12:30', 217_800],
    ['2-12:30:15', 217_815],
    ['0:01', 1],
    ['00:00:01', 1],
    ['100:00:00', 360_000],
  ])('reads %s as %d s', (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds);
  });

  test.each(['', '0', '0:00', '0-0', 'UNLIMITED', '1h', '-5', '1:2:3:4', '1-2:3:4:5', ' 5', '1.5', '1-'])(
    'refuses %j',
    (text) => {
      expect(secondsOf(text)).toBeUndefined();
    },
  );
});
