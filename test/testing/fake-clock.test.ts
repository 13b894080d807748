/** The clock that is turned by hand. */

import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../src/testing.ts';

describe('FakeClock', () => {
  test('pass() sets timers off in their order, each at its time', () => {
    const clock = new FakeClock();
    const rang: [string, number][] = [];
    const ring = (name: string) => () => void rang.push([name, clock.nowMs()]);
    clock.after(30, ring('c'));
    clock.after(10, ring('a'));
    clock.after(10, ring('b'));
    clock.after(31, ring('late'));
    clock.pass(30);
    expect(rang).toEqual([
      ['a', 10],
      ['b', 10],
      ['c', 30],
    ]);
    expect([clock.nowMs(), clock.timers]).toEqual([30, 1]);
  });

  test('pass() sets off timers that others set, and periodic ones', () => {
    const clock = new FakeClock(5);
    const rang: number[] = [];
    clock.after(10, () => clock.after(10, () => rang.push(clock.epochMs())));
    using every = clock.every(8, () => rang.push(clock.nowMs()));
    clock.pass(20);
    expect(rang).toEqual([8, 16, 25]);
    every[Symbol.dispose]();
    expect(clock.timers).toBe(0);
  });

  test('sleep() waits, and rejects with the reason of its signal', async () => {
    const clock = new FakeClock();
    const slept = clock.sleep(10);
    clock.pass(10);
    await slept;
    const ending = new AbortController();
    const sleeping = clock.sleep(10, { signal: ending.signal });
    ending.abort(new Error('up'));
    await expect(sleeping).rejects.toThrow('up');
    await expect(clock.sleep(10, { signal: ending.signal })).rejects.toThrow('up');
    expect(clock.timers).toBe(0);
  });

  test('whenTimers() waits until so many are set', async () => {
    const clock = new FakeClock();
    const whenTwo = clock.whenTimers(2);
    clock.after(1, () => undefined);
    clock.after(1, () => undefined);
    await whenTwo;
    await clock.whenTimers();
    expect(clock.timers).toBe(2);
  });
});
