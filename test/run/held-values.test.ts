/** Branches that wait unrun: how long their values are kept, and what it costs to keep track of them. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { all, any, conditional, type Delayed, delay, findFirst, ops, run, task } from '../../src/index.ts';
import { toHandle } from '../../src/task/build-call.ts';
import { Call, Quoted } from '../../src/task/call.ts';
import { callOf } from '../../src/task/delayed.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('values in a chosen branch are dropped when the last that needs them has them', () => {
  /** Runs a chain of values, put into a branch, and tells how many were alive at once. */
  async function mostAlive(wrap: (chain: Delayed<number>) => Delayed<unknown>): Promise<number> {
    const alive = new Set<number>();
    const dropped = new FinalizationRegistry<number>((i) => alive.delete(i));
    let most = 0;
    const make = task((i: number, _before: number) => {
      const value = { bytes: new Uint8Array(1000) };
      alive.add(i);
      dropped.register(value, i);
      return value;
    });
    const measure = task(async (value: { bytes: Uint8Array }, i: number) => {
      if (i % 10 === 0) {
        collectGarbage();
        // Finalizers run in a turn of their own.
        await new Promise<void>((resolve) => setImmediate(resolve));
        most = Math.max(most, alive.size);
      }
      return value.bytes.length;
    });
    let chain: Delayed<number> = delay(0);
    for (let i = 0; i < 100; i++) chain = measure(make(i, chain), i);
    expect(await run(wrap(chain))).toBe(1000);
    return most;
  }

  test.each<[string, (chain: Delayed<number>) => Delayed<unknown>]>([
    ['of one conditional', (chain) => conditional(true, chain)],
    ['of nested ones', (chain) => conditional(true, conditional(false, 0, conditional(true, chain)))],
    ['with a condition that is computed', (chain) => conditional(ops.lt(delay(1), 2), chain, ops.add(1, 2))],
  ])('%s', { timeout: 20_000 }, async (_, wrap) => {
    expect(await mostAlive(wrap)).toBeLessThan(25);
  });

  test('those of a branch that is not chosen too, as soon as it is known', { timeout: 20_000 }, async () => {
    let isDropped = false;
    const dropped = new FinalizationRegistry<string>(() => (isDropped = true));
    const make = task(() => {
      const value = { bytes: new Uint8Array(1000) };
      dropped.register(value, 'shared');
      return value;
    });
    const size = task((value: { bytes: Uint8Array }) => value.bytes.length);
    const shared = make();
    const choice = conditional(ops.gt(size(shared), 5000), size(shared), 7);
    const ask = task(async (chosen: unknown) => {
      for (let i = 0; i < 20 && !isDropped; i++) {
        collectGarbage();
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      return [chosen, isDropped];
    });
    expect(await run(ask(choice))).toEqual([7, true]);
  });
});

describe('nested branches cost no square', () => {
  /** Puts a call into a branch whose quote counts how often it is looked at. */
  function counted(choice: Delayed<unknown>, look: () => void): Delayed<unknown> {
    const { task: core, args, needs, hints, site } = callOf(choice);
    const swap = (arg: unknown): unknown => {
      if (!(arg instanceof Quoted)) return arg;
      const { call } = arg;
      return Object.create(Quoted.prototype, {
        call: {
          get: (): Call => {
            look();
            return call;
          },
        },
      }) as unknown;
    };
    const own = args.map(swap);
    const quotes = own.filter((arg) => arg instanceof Quoted);
    return toHandle(new Call(core, own, needs, quotes, hints, site));
  }

  /** How often quotes are looked at in a run of that many nested branches. */
  async function looks(count: number, nest: (inner: Delayed<number>) => Delayed<unknown>): Promise<number> {
    let looked = 0;
    let chain: Delayed<unknown> = delay(0);
    for (let i = 0; i < count; i++) chain = counted(nest(chain as Delayed<number>), () => looked++);
    await run(chain);
    return looked;
  }

  test.each<[string, (inner: Delayed<number>) => Delayed<unknown>]>([
    ['a branch in a branch', (inner) => conditional(true, inner)],
    ['a sum in a branch', (inner) => conditional(true, ops.add(inner, 1))],
    ['two branches that share what is inside', (inner) => conditional(true, ops.add(inner, 1), inner)],
    [
      'conditions and branches that do',
      (inner) => conditional(ops.eq(ops.mod(inner, 2), 0), ops.div(inner, 2), ops.add(inner, 1)),
    ],
  ])('%s', { timeout: 20_000 }, async (_, nest) => {
    const [few, many] = [await looks(100, nest), await looks(400, nest)];
    expect(few).toBeGreaterThan(0);
    // Four times as many; a square would be sixteen.
    expect(many).toBeLessThan(few * 5);
  });
});

describe('a search over 200,000 delayed items', () => {
  const items = Array.from({ length: 200_000 }, () => delay(false));
  const holds = (x: boolean): boolean => x;

  test.each<[string, () => unknown, unknown]>([
    ['any()', () => any(holds, items), false],
    ['all()', () => all((x: boolean) => !x, items), true],
    ['findFirst()', () => findFirst(holds, items), undefined],
    ['any() in a branch', () => conditional(true, any(holds, items)), false],
  ])('%s comes to its end', { timeout: 30_000 }, async (_, build, value) => {
    expect(await run(build())).toBe(value);
  });
});
