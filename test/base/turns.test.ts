/** Turns: so many at once, in order, also after failures. */

import { describe, expect, test } from 'vitest';
import { Turns } from '../../src/base/turns.ts';

describe('Turns', () => {
  test('lets no more than so many go on at once, in the order in which they came', async () => {
    const turns = new Turns(3);
    const begun: number[] = [];
    const ends: PromiseWithResolvers<number>[] = [];
    const taken = Array.from({ length: 8 }, (_, i) =>
      turns.take(() => {
        begun.push(i);
        return (ends[i] = Promise.withResolvers<number>()).promise;
      }),
    );
    expect(begun).toEqual([0, 1, 2]);
    ends[1]?.resolve(1);
    await taken[1];
    expect(begun).toEqual([0, 1, 2, 3]);
    ends[0]?.reject(new Error('failed'));
    await expect(taken[0]).rejects.toThrow('failed');
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    for (const i of [2, 3, 4, 5, 6, 7]) {
      ends[i]?.resolve(i);
      expect(await taken[i]).toBe(i);
    }
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('gives a free turn at once', async () => {
    const turns = new Turns(1);
    expect(await turns.take(async () => 'one')).toBe('one');
    expect(await turns.take(async () => 'two')).toBe('two');
  });
});
