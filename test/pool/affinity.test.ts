/** Affinity: calls with equal keys run at one worker, in order. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pinOf } from '../../src/pool/affinity.ts';
import { poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { Sessions, type Visit } from '../fixtures/tasks/state-tasks.ts';
import { Gate } from './gate.ts';
import { isolatedKinds, kinds, opened } from './opened.ts';

const keys = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.bigInt(),
  fc.integer(),
  fc.double(),
  fc.constantFrom(Number.NaN, -0, Number.POSITIVE_INFINITY, Number.MAX_VALUE),
);

describe('pinOf()', () => {
  test('gives an integer, at least 0, the same for equal keys', () => {
    fc.assert(
      fc.property(keys, (key) => {
        const pin = pinOf(key);
        assert.ok(Number.isInteger(pin) && (pin as number) >= 0, String(pin));
        assert.equal(pinOf(typeof key === 'string' ? `${key} `.slice(0, -1) : key), pin);
      }),
      { numRuns: 500 },
    );
  });

  test('gives none for no key', () => {
    expect(pinOf(undefined)).toBeUndefined();
  });

  test('spreads names and numbers over workers', () => {
    for (const keyOf of [(n: number) => `user-${n}`, (n: number) => n, (n: number) => BigInt(n)]) {
      const counts = [0, 0, 0, 0];
      for (let n = 0; n < 4000; n++) {
        const worker = (pinOf(keyOf(n)) as number) % 4;
        counts[worker] = (counts[worker] as number) + 1;
      }
      for (const count of counts) expect(count).toBeGreaterThan(700);
    }
  });
});

/** What hangs is told within this time. */
const limit = { timeout: 10_000 };

type Call = [key: string, n: number];

/** Calls of several keys in turn, of each with rising numbers. */
function callsOf(names: readonly string[], times: number, first: number = 0): Call[] {
  return Array.from({ length: times }, (_, at) => names.map((name): Call => [name, first + at])).flat();
}

/** That each call of a key came to the worker that had all those before it, in order. */
function expectInOrder(calls: readonly Call[], visits: readonly Visit[], first: number = 0): void {
  visits.forEach(({ before }, at) => {
    const [, n] = calls[at] as Call;
    expect(before).toEqual(Array.from({ length: n - first }, (_, earlier) => first + earlier));
  });
}

const names = ['ann', 'bob', 'cat', 'dan', 'eve'];
const byKey = (key: string, _: number): string => key;

describe.each(kinds)('on %s, affinity', limit, (kind) => {
  test.each(['submit', 'map'] as const)('equal keys come to one worker, in order: %s', async (way) => {
    const pool = opened(Sessions(), { kind, workers: 3, affinity: byKey });
    const calls = callsOf(names, 40);
    const visits =
      way === 'submit'
        ? await Promise.all(calls.map((call) => pool.submit(...call)))
        : await pool.map(calls, { spread: true, window: 100 }).toArray();
    expect(visits).toHaveLength(calls.length);
    expectInOrder(calls, visits);
  });

  test('keys keep their worker from one map to the next, whatever else runs', async () => {
    const pool = opened(Sessions(), {
      kind,
      workers: 3,
      affinity: (key: string, _: number) => (key === 'any' ? undefined : key),
    });
    for (let time = 0; time < 3; time++) {
      const calls = callsOf(names, 10, time * 10);
      const others = pool.map(callsOf(['any'], 50), { spread: true }).toArray();
      const visits = await pool.map(calls, { spread: true, batch: 3 }).toArray();
      expectInOrder(calls, visits);
      expect(await others).toHaveLength(50);
    }
  });

  test('keys may be texts, numbers, bigints and booleans', async () => {
    const keys = ['', 'key', 7, -0.5, Number.NaN, 7n, false];
    const pool = opened(Sessions(), {
      kind,
      workers: 3,
      affinity: (key: string, _: number) => keys[Number(key)],
    });
    const calls = callsOf([...keys.keys()].map(String), 12);
    const visits = await pool.map(calls, { spread: true }).toArray();
    expect(visits).toHaveLength(calls.length);
    expectInOrder(calls, visits);
  });

  test('that throws fails its call, and ends its map', async () => {
    const pool = opened(poolTasks.same, {
      kind,
      affinity: (value) => {
        if (value === 'bad') throw new RangeError('no key');
        return 1;
      },
    });
    await expect(pool.submit('bad')).rejects.toThrow('no key');
    await expect(pool.map(['good', 'bad']).toArray()).rejects.toThrow('no key');
    expect(await pool.submit('good')).toBe('good');
    await pool.drain();
  });

  test('resize() pins keys anew, and each is at one worker again', async () => {
    const pool = opened(Sessions(), { kind, workers: 3, affinity: byKey });
    await pool.map(callsOf(names, 5), { spread: true }).toArray();
    for (const [time, size] of [1, 4, 2].entries()) {
      await pool.drain();
      pool.resize(size);
      const first = 1000 * (time + 1);
      const calls = callsOf(names, 8, first);
      const visits = await pool.map(calls, { spread: true }).toArray();
      visits.forEach(({ before }, at) => {
        const [, n] = calls[at] as Call;
        const own = before.filter((earlier) => earlier >= first);
        expect(own).toEqual(Array.from({ length: n - first }, (_, earlier) => first + earlier));
      });
    }
  });
});

describe.each(isolatedKinds)('on %s, affinity', limit, (kind) => {
  test('keys have the same worker after theirs was lost, with a new state', async () => {
    const pool = opened(Sessions(), { kind, affinity: (key: string, _: number) => Number(key) });
    const before = await pool.map(callsOf(['0', '1'], 5), { spread: true }).toArray();
    await expect(pool.submit('0', Number.NEGATIVE_INFINITY)).rejects.toThrow(/exited with code 1/);
    const calls = callsOf(['0', '1'], 5);
    const visits = await pool.map(calls, { spread: true }).toArray();
    expect(new Set(visits.map(({ worker }) => worker)).size).toBe(2);
    visits.forEach((visit, at) => {
      const [key, n] = calls[at] as Call;
      const mine = [0, 1, 2, 3, 4].slice(0, n);
      expect(visit.before).toEqual(key === '0' ? mine : [0, 1, 2, 3, 4, ...mine]);
    });
    expect(before.map(({ worker }) => worker)).toContain(visits[1]?.worker);
  });

  test('calls of a key that wait behind one that ends the worker run in order at the next', async () => {
    const pool = opened(Sessions(), { kind, affinity: byKey });
    const calls: Call[] = [
      ...callsOf(['ann'], 5),
      ['ann', Number.NEGATIVE_INFINITY],
      ...callsOf(['ann'], 20),
    ];
    const settled = await Promise.allSettled(calls.map((call) => pool.submit(...call)));
    expect(settled.flatMap(({ status }, at) => (status === 'rejected' ? [at] : []))).toEqual([5]);
    const later = settled.slice(6).map((outcome) => outcome.status === 'fulfilled' && outcome.value.before);
    const worker = Array.from({ length: 20 }, (_, n) => Array.from({ length: n }, (_unused, m) => m));
    expect(later).toEqual(worker);
  });

  test('calls of a busy worker wait for it, and others do not', async () => {
    const gate = new Gate();
    const pool = opened(poolTasks.noted, { kind, affinity: ({ id }) => (id < 0 ? undefined : id) });
    const { folder } = gate;
    const blocked = pool.submit({ folder, id: 0, waits: true });
    await gate.whenArrived(1);
    const behind = [2, 4, 6].map((id) => pool.submit({ folder, id }));
    const others = [1, 3, -1, -1, -1].map((id) => pool.submit({ folder, id }));
    const elsewhere = await Promise.all(others);
    expect(gate.arrived).toBe(6);
    gate.open();
    const own = await blocked;
    expect(new Set(await Promise.all(behind))).toEqual(new Set([own]));
    expect(elsewhere).not.toContain(own);
  });

  test('holds with maxCallsPerWorker: a key has one worker at a time, in order', async () => {
    const pool = opened(Sessions(), { kind, affinity: byKey, maxCallsPerWorker: 10 });
    const calls = callsOf(names, 20);
    const visits = await pool.map(calls, { spread: true }).toArray();
    const seen = new Map<string, number>();
    visits.forEach(({ before }, at) => {
      const [key, n] = calls[at] as Call;
      // What it has are the numbers just before, since its worker was new.
      expect(before).toEqual(Array.from({ length: before.length }, (_, back) => n - before.length + back));
      expect(n).toBe((seen.get(key) ?? -1) + 1);
      seen.set(key, n);
    });
    expect(pool.stats().recycled).toBeGreaterThanOrEqual(9);
  });
});
