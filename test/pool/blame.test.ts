/** Every call settles, and only the guilty one fails, also in the middle of a batch. */

import { describe, expect, test } from 'vitest';
import { type Failure, failed, type PoolOptions, TimedOutError } from '../../src/index.ts';
import { fromBroken } from '../fixtures/tasks/broken-module.ts';
import { neverReached } from '../fixtures/tasks/ends-at-import.ts';
import { notReached } from '../fixtures/tasks/hangs-at-import.ts';
import { defineLate } from '../fixtures/tasks/hidden-task.ts';
import { type Fault, type FaultName, poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { passGateSlowly, quick } from '../fixtures/tasks/slow-module.ts';
import { Gate } from './gate.ts';
import { NotingClock } from './noting-clock.ts';
import { isolatedKinds, kinds, opened, type PoolKind } from './opened.ts';

const { double, loopAtGate, same, unless } = poolTasks;

const late = defineLate();

/** What hangs is told within this time. */
const limit = { timeout: 10_000 };
const calls = 3000;

/** Equal calls, all small, but for the guilty ones. */
function inputsWith(fault: FaultName, guilty: readonly number[]): (number | Fault)[] {
  return Array.from({ length: calls }, (_, index) => (guilty.includes(index) ? { fault } : index));
}

/** The positions of failures and their reasons; that all other results are right is checked here. */
function failuresIn(results: readonly unknown[]): Record<number, string> {
  const reasons: Record<number, string> = {};
  results.forEach((result, index) => {
    if (failed(result)) reasons[index] = result.reason;
    else if (result !== index * 2) reasons[index] = `wrong: ${String(result)}`;
  });
  return reasons;
}

/** Options of a pool whose workers have little memory. */
function smallOf(kind: PoolKind): PoolOptions {
  if (kind === 'processes') return { kind, execArgv: ['--max-old-space-size=24'] };
  return { kind: 'threads', resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 } };
}

describe.each(isolatedKinds)('on %s, of 3000 equal calls', limit, (kind) => {
  test.each<[FaultName, string]>([
    ['throws', 'threw'],
    ['throws later', 'threw'],
    ['exits', 'worker-lost'],
    ['exits later', 'worker-lost'],
    ['throws uncaught', 'worker-lost'],
    ['rejects unhandled', 'worker-lost'],
    ['fills memory', 'worker-lost'],
    ['gives a function', 'not-cloneable'],
  ])('only one that %s fails', async (fault, reason) => {
    const pool = opened(double, fault === 'fills memory' ? smallOf(kind) : { kind });
    for (const ordered of [true, false]) {
      const guilty = ordered ? [0, 1234, 1235, 2999] : [777];
      const results = await pool.map(inputsWith(fault, guilty), { errors: 'yield', ordered }).toArray();
      expect(results).toHaveLength(calls);
      const failures = ordered
        ? failuresIn(results)
        : Object.fromEntries(results.filter(failed).map((failure) => [guilty[0], failure.reason]));
      expect(failures).toEqual(Object.fromEntries(guilty.map((index) => [index, reason])));
      expect(results.filter(failed)).toHaveLength(guilty.length);
    }
    expect(await pool.submit(21)).toBe(42);
    expect(pool.stats()).toMatchObject({ succeeded: 2 * calls - 5 + 1, failed: 5 });
  });

  test('only one that loops fails, by its time limit', async () => {
    const pool = opened(double, { kind });
    const results = await pool
      .map(inputsWith('loops', [1234]), { errors: 'yield', timeoutMs: 1500 })
      .toArray();
    expect(failuresIn(results)).toEqual({ 1234: 'timed-out' });
    // A process is told first that nobody waits for it, and given a moment.
    await expect.poll(() => pool.stats().replaced).toBe(1);
    expect(await pool.submit(21)).toBe(42);
  });

  test('at most one fails when one throws after it has given its value', async () => {
    const pool = opened(double, { kind });
    const results = await pool.map(inputsWith('throws afterwards', [1234]), { errors: 'yield' }).toArray();
    const { 1234: own, ...others } = failuresIn(results);
    expect(['wrong: given before', 'worker-lost']).toContain(own);
    expect(Object.values(others).every((reason) => reason === 'worker-lost')).toBe(true);
    expect(Object.keys(others).length).toBeLessThanOrEqual(1);
  });

  test('only one with an input that cannot be cloned fails, and says where that is', async () => {
    const inputs: unknown[] = Array.from({ length: calls }, (_, index) => [index]);
    inputs[1234] = { deep: [() => 1] };
    const results = await opened(same, { kind }).map(inputs, { errors: 'yield' }).toArray();
    const failures = results.filter(failed);
    expect(failures.map(({ reason }) => reason)).toEqual(['not-cloneable']);
    expect(String(failures[0]?.error)).toMatch(/args\[0\]\.deep\[0\]/);
    expect(results.map((result, index) => failed(result) || (result as number[])[0] === index)).not.toContain(
      false,
    );
  });

  test('all fail when each ends its worker, and the pool goes on', async () => {
    const pool = opened(double, { kind });
    const inputs = new Array<Fault>(8).fill({ fault: 'exits' });
    const results = await pool.map(inputs, { errors: 'yield', window: 8 }).toArray();
    expect(results.map((result) => failed(result) && result.reason)).toEqual(
      new Array(8).fill('worker-lost'),
    );
    expect(await pool.submit(21)).toBe(42);
  });

  test('one that loops and is given up on ends by its time limit, and frees its worker', async () => {
    const gate = new Gate();
    const pool = opened(loopAtGate, { kind, workers: 1 });
    const results = pool.map([gate.folder], { timeoutMs: 1000 });
    void results.next();
    await gate.whenArrived(1);
    await results.return();
    expect(await pool.submit(undefined)).toBe('past');
  });

  test('single calls fare alike', async () => {
    const pool = opened(double, { kind });
    const settled = await Promise.allSettled(
      inputsWith('exits', [10, 1500]).map((input) => pool.submit(input)),
    );
    const lost = settled.flatMap((outcome, index) => (outcome.status === 'rejected' ? [index] : []));
    expect(lost).toEqual([10, 1500]);
  });
});

describe.each(isolatedKinds)('on %s, workers that cannot work', limit, (kind) => {
  test('since the module cannot be imported: every call fails and says why', async () => {
    const pool = opened(fromBroken, { kind });
    const inputs = Array.from({ length: 300 }, (): [] => []);
    const results: unknown[] = await pool.map(inputs, { spread: true, errors: 'yield' }).toArray();
    expect(results).toHaveLength(300);
    for (const result of results) {
      if (!failed(result)) throw new Error('not a Failure');
      expect(result.reason).toBe('not-loadable');
      expect(String(result.error)).toMatch(
        /importing its module failed: Error: this module does not like workers/,
      );
    }
  });

  test('since the module does not define the task: the call fails and says why', async () => {
    await expect(opened(late, { kind }).submit()).rejects.toThrow(/does not define it when it is imported/);
  });

  test('since importing the module ends them: every call fails and says why', async () => {
    const pool = opened(neverReached, { kind });
    const settled = await Promise.allSettled([1, 2, 3, 4, 5].map(() => pool.submit()));
    for (const outcome of settled) {
      expect(outcome.status).toBe('rejected');
      expect(String((outcome as PromiseRejectedResult).reason)).toMatch(/exited with code 5/);
    }
  });

  test('since they cannot be started: every call fails and says why, each time', async () => {
    const pool = opened(double, { kind, execArgv: ['--no-such-option'] });
    // A process says by itself what it does not like about its options.
    const why = kind === 'threads' ? /no-such-option/ : /exited with code 9.* before it could run the call/;
    for (let time = 0; time < 2; time++) {
      const results = await pool.map([1, 2, 3], { errors: 'yield' }).toArray();
      expect(results.every(failed)).toBe(true);
      expect(String((results[0] as Failure).error)).toMatch(why);
    }
    await expect(pool.submit(1)).rejects.toThrow(why);
    await pool.drain();
  });

  test('at once since the module takes long to import: that is no part of timeoutMs', async () => {
    expect(await opened(quick, { kind, workers: 1 }).map([1], { timeoutMs: 600 }).toArray()).toEqual([2]);
  });

  test('too early as it began late: it has its time limit from its beginning on', async () => {
    for (const passed of [4999, 5000]) {
      const clock = new NotingClock();
      const gate = new Gate();
      const pool = opened(passGateSlowly, { kind, workers: 1, clock });
      const result = pool.map([gate.folder], { timeoutMs: 5000, errors: 'yield' }).next();
      // The limit would pass while the worker starts and the module is imported.
      await clock.whenSet(60_000, 1);
      clock.pass(30_000);
      await clock.whenSet(60_000, 2);
      clock.pass(30_000);
      await clock.whenSet(5000);
      await gate.whenArrived(1);
      clock.pass(passed);
      gate.open();
      const { value } = await result;
      expect(failed(value) ? value.reason : value).toBe(passed < 5000 ? 'passed' : 'timed-out');
    }
  });

  test.each([
    ['a call with a time limit', 5000],
    ['a call without one', undefined],
  ])('as importing the module never ends: %s fails when that has had its time', async (_, timeoutMs) => {
    const clock = new NotingClock();
    const pool = opened(notReached.with(timeoutMs === undefined ? {} : { timeoutMs }), {
      kind,
      workers: 1,
      clock,
    });
    const results = pool.map([1, 2], { errors: 'yield' }).toArray();
    await clock.whenSet(60_000, 2);
    clock.pass(59_999);
    expect(pool.stats().failed).toBe(0);
    clock.pass(1);
    for (const result of await results) {
      if (!failed(result)) throw new Error('not a Failure');
      expect(result.reason).toBe('not-loadable');
      expect(result.error).toBeInstanceOf(TimedOutError);
      expect(String(result.error)).toMatch(
        /Cannot load task 'notReached' in a worker as importing its module took more than 60000 ms/,
      );
    }
    expect(clock.durations).not.toContain(5000);
  });
});

describe.each(kinds)('on %s, a call fails alone', limit, (kind) => {
  test('whose input cannot be read', async () => {
    const input = {
      get member(): number {
        throw new Error('unreadable');
      },
    };
    const pool = opened(same, { kind });
    const settled = await Promise.allSettled([pool.submit(1), pool.submit(input), pool.submit(2)]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('whose input is nested too deeply', async () => {
    let deep: unknown[] = [];
    for (let level = 0; level < 100_000; level++) deep = [deep];
    const pool = opened(same, { kind });
    const settled = await Promise.allSettled([pool.submit(1), pool.submit(deep), pool.submit(2)]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('that takes too long, whatever waits behind it', async () => {
    const pool = opened(unless.with({ timeoutMs: 800 }), { kind, workers: 1 });
    const settled = await Promise.allSettled(['a', 'never', 'b'].map((item) => pool.submit(item)));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});
