import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Place, Semaphore } from '../../src/allocation/semaphore.ts';

interface Waiter {
  readonly name: string;
  readonly place: Place;
  is: 'waiting' | 'granted' | 'refused';
}

function waiter(name: string, amount: number, log: string[] = []): Waiter {
  const made: Waiter = {
    name,
    is: 'waiting',
    place: {
      amount,
      granted: () => {
        made.is = 'granted';
        log.push(name);
      },
      refused: () => {
        made.is = 'refused';
      },
    },
  };
  return made;
}

/** Says that what is tried and its model do the same. */
function agree(actual: boolean, expected: boolean): void {
  if (actual !== expected) throw new Error(`the model says ${expected}: received ${actual}`);
}

describe('Semaphore', () => {
  test('takes what is free, and no more', () => {
    const threads = new Semaphore(4);
    expect(threads.tryTake(3)).toBe(true);
    expect(threads.tryTake(2)).toBe(false);
    expect(threads.tryTake(1)).toBe(true);
    expect([threads.taken, threads.free]).toEqual([4, 0]);
    threads.giveBack(3);
    expect(threads.free).toBe(3);
  });

  test('lets nobody go before a heavy one that waits', () => {
    const log: string[] = [];
    const threads = new Semaphore(4);
    expect(threads.tryTake(1)).toBe(true);
    const heavy = waiter('heavy', 4, log);
    const light = waiter('light', 1, log);
    threads.join(heavy.place);
    threads.join(light.place);
    expect(threads.tryTake(1)).toBe(false);
    expect([heavy.is, light.is]).toEqual(['waiting', 'waiting']);
    threads.giveBack(1);
    expect(log).toEqual(['heavy']);
    threads.giveBack(4);
    expect(log).toEqual(['heavy', 'light']);
  });

  test('lets those behind go on when the first one leaves', () => {
    const threads = new Semaphore(2);
    threads.take(1);
    const heavy = waiter('heavy', 2);
    const light = waiter('light', 1);
    threads.join(heavy.place);
    threads.join(light.place);
    expect(threads.leave(heavy.place)).toBe(true);
    expect(threads.leave(heavy.place)).toBe(false);
    expect([heavy.is, light.is]).toEqual(['waiting', 'granted']);
    expect(threads.leave(light.place)).toBe(false);
  });

  test('refuses who waits for more than there are since it was made smaller', () => {
    const threads = new Semaphore(4);
    threads.take(4);
    const heavy = waiter('heavy', 3);
    const light = waiter('light', 2);
    threads.join(heavy.place);
    threads.join(light.place);
    threads.resize(2);
    expect([heavy.is, light.is]).toEqual(['refused', 'waiting']);
    expect([threads.taken, threads.free]).toEqual([4, 0]);
    threads.giveBack(2);
    expect(light.is).toBe('waiting');
    threads.giveBack(2);
    expect(light.is).toBe('granted');
    const tooHeavy = waiter('too heavy', 3);
    threads.join(tooHeavy.place);
    expect(tooHeavy.is).toBe('refused');
  });

  test('grants at once when it was made larger', () => {
    const threads = new Semaphore(2);
    threads.take(2);
    const waits = waiter('waits', 2);
    threads.join(waits.place);
    threads.resize(4);
    expect(waits.is).toBe('granted');
  });

  test('tells once that it is idle', () => {
    const threads = new Semaphore(2);
    let told = 0;
    threads.take(1);
    const waits = waiter('waits', 2);
    threads.join(waits.place);
    threads.whenIdle(() => told++);
    threads.giveBack(1);
    expect([told, waits.is]).toEqual([0, 'granted']);
    threads.giveBack(2);
    expect(told).toBe(1);
    threads.take(1);
    threads.giveBack(1);
    expect(told).toBe(1);
    threads.whenIdle(() => told++);
    expect(told).toBe(2);
  });

  test('a place that gives back as soon as it is granted holds up nobody', () => {
    const threads = new Semaphore(1);
    threads.take(1);
    const log: number[] = [];
    for (let i = 0; i < 5; i++) {
      threads.join({
        amount: 1,
        granted: () => {
          log.push(i);
          threads.giveBack(1);
        },
        refused: () => undefined,
      });
    }
    threads.giveBack(1);
    expect(log).toEqual([0, 1, 2, 3, 4]);
    expect(threads.taken).toBe(0);
  });

  type Step =
    | { readonly is: 'join' | 'try'; readonly amount: number }
    | { readonly is: 'give' | 'leave'; readonly which: number };

  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ is: fc.constant('join' as const), amount: fc.integer({ min: 1, max: 8 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ is: fc.constant('try' as const), amount: fc.integer({ min: 1, max: 8 }) }),
    },
    { weight: 4, arbitrary: fc.record({ is: fc.constant('give' as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('leave' as const), which: fc.nat() }) },
  );

  test('does as a list and a number do, whatever is taken, given back and given up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 200 }), (total, steps) => {
        const log: string[] = [];
        const threads = new Semaphore(total);
        // The model: what each one holds, and a line of which the head goes as soon as it fits.
        const held: number[] = [];
        const line: Waiter[] = [];
        const expected: string[] = [];
        const sum = (): number => held.reduce((all, amount) => all + amount, 0);
        const grant = (): void => {
          while (line[0] !== undefined && sum() + line[0].place.amount <= total) {
            const first = line.shift() as Waiter;
            held.push(first.place.amount);
            expected.push(first.name);
          }
        };
        const check = (): void => {
          expect(threads.taken).toBe(sum());
          expect(threads.taken).toBeLessThanOrEqual(total);
          expect(threads.waiting).toBe(line.length);
          expect(threads.next).toBe(line[0]?.place);
          expect(log).toEqual(expected);
        };
        steps.forEach((one, at) => {
          if (one.is === 'join') {
            const made = waiter(String(at), one.amount, log);
            threads.join(made.place);
            agree(made.is === 'refused', one.amount > total);
            if (one.amount <= total) line.push(made);
            grant();
          } else if (one.is === 'try') {
            const fits = line.length === 0 && sum() + one.amount <= total;
            agree(threads.tryTake(one.amount), fits);
            if (fits) held.push(one.amount);
          } else if (one.is === 'give' && held.length > 0) {
            const [amount] = held.splice(one.which % held.length, 1);
            // The model first: it tells what the other is to do.
            grant();
            threads.giveBack(amount as number);
          } else if (one.is === 'leave' && line.length > 0) {
            const [left] = line.splice(one.which % line.length, 1);
            grant();
            agree(threads.leave((left as Waiter).place), true);
          }
          check();
        });
        // Nobody is left behind.
        while (held.length > 0) {
          const amount = held.shift() as number;
          grant();
          threads.giveBack(amount);
          check();
        }
        expect([threads.taken, threads.waiting]).toEqual([0, 0]);
      }),
    );
  });
});
