/** Runs that remember: what is computed, retrieved, attached, and what is not remembered. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recordsLike } from '../../src/cache/compose/records-like.ts';
import { memoryRecords } from '../../src/cache/memory-records.ts';
import {
  type Cache,
  type CacheTrouble,
  gather,
  openCache,
  openInline,
  run,
  task,
  withCache,
} from '../../src/index.ts';
import { memoryStore } from '../../src/store/memory-store.ts';
import { eventFaults, FakeClock, RecordingSink } from '../../src/testing.ts';
import { cacheTasks, computed, forget, gate } from '../fixtures/tasks/cache-tasks.ts';

const limitMs = 10_000;

let cache: Cache;
let troubles: CacheTrouble[];

beforeEach(async () => {
  forget();
  troubles = [];
  cache = await openCache(':memory:', { onTrouble: (trouble) => troubles.push(trouble) });
});
afterEach(() => cache.close());

/** Runs, and tells how each call of a task got its outcome. */
async function told(
  target: unknown,
  options: Parameters<typeof run>[1] = {},
): Promise<{ value: unknown; how: string[] }> {
  const sink = new RecordingSink();
  const value = await run(target, { cache, sinks: sink, ...options });
  expect(eventFaults(sink.events)).toEqual([]);
  const how = sink.events.flatMap((event) =>
    event.kind === 'call-settled' && !event.builtin ? [`${event.task} ${event.how}`] : [],
  );
  return { value, how };
}

describe('run({ cache })', { timeout: limitMs }, () => {
  test('retrieves what an earlier run has computed', async () => {
    const { square } = cacheTasks;
    expect(await told(square(3))).toEqual({ value: 9, how: ['square computed'] });
    expect(await told(square(3))).toEqual({ value: 9, how: ['square retrieved'] });
    expect(computed).toEqual({ square: 1 });
  });

  test('computes only what depends on a change', async () => {
    const { square } = cacheTasks;
    await run(gather(square(2), square(square(3))), { cache });
    const { value, how } = await told(gather(square(2), square(square(4))));
    expect(value).toEqual([4, 256]);
    expect(how).toEqual(['square retrieved', 'square computed', 'square computed']);
  });

  test('answers an unchanged graph with one look', async () => {
    const { square } = cacheTasks;
    const graph = () => gather(square(2), [square(square(3))], { a: square(5) });
    const first = await run(graph(), { cache });
    expect(await told(graph())).toEqual({ value: first, how: ['gather retrieved'] });
  });

  test('remembers nothing of a task without the hint, unless told to remember all', async () => {
    const { plainSquare, never } = cacheTasks;
    for (let i = 0; i < 2; i++) await run(gather(plainSquare(2), never(1)), { cache });
    expect(computed).toEqual({ plainSquare: 2, never: 2 });
    for (let i = 0; i < 2; i++) await run(gather(plainSquare(2), never(1)), { cache, cacheAll: true });
    expect(computed).toEqual({ plainSquare: 3, never: 4 });
  });

  test('remembers null and undefined', async () => {
    const { nothing } = cacheTasks;
    for (let i = 0; i < 2; i++) {
      expect(await run(nothing('null'), { cache })).toBe(null);
      expect(await run(nothing('undefined'), { cache })).toBe(undefined);
    }
    expect(computed).toEqual({ nothing: 2 });
  });

  test('gives each who asks a value of its own', async () => {
    const first = await run(cacheTasks.hands('a'), { cache });
    first.list.push(3);
    const second = await run(cacheTasks.hands('a'), { cache });
    expect(second.list).toEqual([1, 2]);
    second.list.push(4);
    expect((await run(cacheTasks.hands('a'), { cache })).list).toEqual([1, 2]);
  });

  test('is not misled by a task that changes its arguments', async () => {
    const { spoils } = cacheTasks;
    expect(await run(spoils([1]), { cache })).toBe(2);
    expect(await run(spoils([1]), { cache })).toBe(2);
    expect(await run(spoils([1, 99]), { cache })).toBe(3);
    expect(computed).toEqual({ spoils: 2 });
  });

  test('leaves out members that do not count', async () => {
    const { fit } = cacheTasks;
    expect(await run(fit([1, 2], { rate: 2, verbose: true }), { cache })).toEqual([2, 4]);
    expect(await run(fit([1, 2], { rate: 2, verbose: false }), { cache })).toEqual([2, 4]);
    expect(await run(fit([1, 2], { rate: 3 }), { cache })).toEqual([3, 6]);
    expect(computed).toEqual({ fit: 2 });
  });

  test('goes by the key that the hint gives', async () => {
    const { byKey } = cacheTasks;
    expect(await run(byKey('  ab '), { cache })).toBe(5);
    expect(await run(byKey('ab'), { cache })).toBe(5);
    expect(computed).toEqual({ byKey: 1 });
  });

  test('does not remember a call that lacks what is required, and says so', async () => {
    const { required } = cacheTasks;
    for (let i = 0; i < 2; i++) expect(await run(required(1), { cache })).toBe(1);
    expect(troubles.map(({ message }) => message)).toContain(
      "Cannot remember the result of task 'required': 'seed' was not given, which must be for the result to be kept",
    );
    for (let i = 0; i < 2; i++) expect(await run(required(1, 5), { cache })).toBe(6);
    expect(computed).toEqual({ required: 3 });
  });

  test('goes by the content of files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heddle-'));
    try {
      const path = join(folder, 'a.txt');
      await writeFile(path, 'one\ntwo');
      const { lines } = cacheTasks;
      for (let i = 0; i < 2; i++) expect(await run(lines(path), { cache })).toBe(2);
      await writeFile(path, 'one\ntwo\nthree');
      expect(await run(lines(path), { cache })).toBe(3);
      await writeFile(path, 'one\ntwo');
      expect(await run(lines(path), { cache })).toBe(2);
      expect(computed).toEqual({ lines: 2 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('says what it cannot see of the source of a task, once', async () => {
    const { importing } = await import('../fixtures/tasks/importing-tasks.ts');
    for (const name of ['cache-tasks', 'kept-tasks']) await run(importing(name), { cache });
    expect(troubles.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^Cannot see all that task 'heddle\/test\/fixtures\/tasks\/importing-tasks\.ts#importing' is made of: test\/fixtures\/tasks\/importing-tasks\.ts imports an expression/,
      ),
    ]);
  });

  test('computes anew what is older than it may be', async () => {
    const clock = new FakeClock();
    const aging = await openCache(':memory:', { clock });
    const { aged, square } = cacheTasks;
    for (let i = 0; i < 2; i++) expect(await run(square(aged(1)), { cache: aging })).toBe(1);
    expect(computed).toEqual({ aged: 1, square: 1 });
    clock.pass(1001);
    expect(await run(square(aged(1)), { cache: aging })).toBe(1);
    expect(computed).toEqual({ aged: 2, square: 1 });
  });

  test('remembers no error', async () => {
    for (let i = 0; i < 2; i++) await expect(run(cacheTasks.refusing(1), { cache })).rejects.toThrow('no 1');
    expect(computed).toEqual({ refusing: 2 });
  });

  test('remembers errors for as long as it is asked to', async () => {
    const clock = new FakeClock();
    const aging = await openCache(':memory:', { clock });
    const failing = () => run(cacheTasks.refusingForAWhile(1), { cache: aging });
    for (let i = 0; i < 2; i++) {
      const error = await failing().catch((reason: unknown) => reason);
      expect((error as Error).cause).toBeInstanceOf(RangeError);
    }
    expect(computed).toEqual({ refusingForAWhile: 1 });
    clock.pass(1001);
    await expect(failing()).rejects.toThrow('no 1');
    expect(computed).toEqual({ refusingForAWhile: 2 });
  });

  test('remembers what a repeated attempt gave', async () => {
    for (let i = 0; i < 2; i++) expect(await run(cacheTasks.flaky(7), { cache })).toBe(7);
    expect(computed).toEqual({ flaky: 2 });
  });

  test('remembers values of `maybe`, but no failure', async () => {
    const { safe } = cacheTasks;
    for (let i = 0; i < 2; i++) {
      const [good, bad] = await run(gather(safe(1), safe(-1)), { cache });
      expect(good).toBe(1);
      expect(bad).toMatchObject({ reason: 'threw' });
    }
    expect(computed).toEqual({ safe: 3 });
  });

  test('remembers the result of a returned graph under each call that returned it', async () => {
    const { countdown } = cacheTasks;
    expect(await run(countdown(5), { cache })).toBe(0);
    expect(computed).toEqual({ countdown: 6 });
    expect((await told(countdown(5))).how).toEqual(['countdown retrieved']);
    expect((await told(countdown(3))).how).toEqual(['countdown retrieved']);
    expect(await run(countdown(6), { cache })).toBe(0);
    expect(computed).toEqual({ countdown: 7 });
  });

  test('does not wait for itself when a call returns an equal one', async () => {
    expect(await run(cacheTasks.again(4), { cache })).toBe(4);
    expect(computed).toEqual({ again: 3 });
    expect(await run(cacheTasks.again(4), { cache })).toBe(4);
    expect(computed).toEqual({ again: 3 });
  });

  test('runs equal calls in flight once: within a run, and in several', async () => {
    const { gated } = cacheTasks;
    const graph = () => gather(gated('both'), gated('both'));
    const runs = [told(graph()), told(graph()), told(graph(), { concurrency: 1 })];
    gate('both').resolve();
    const [first, second, third] = await Promise.all(runs);
    expect(first?.value).toEqual(['both', 'both']);
    expect(computed).toEqual({ gated: 1 });
    expect(first?.how.toSorted()).toEqual(['gated attached', 'gated computed']);
    expect(second?.how).toEqual(['gated attached', 'gated attached']);
    expect(third?.value).toEqual(['both', 'both']);
  });

  test('fails equal calls in flight together', async () => {
    const { gatedFailing } = cacheTasks;
    const runs = [run(gatedFailing('bad'), { cache }), run(gatedFailing('bad'), { cache })];
    gate('bad').resolve();
    for (const one of runs) await expect(one).rejects.toThrow('failed bad');
    expect(computed).toEqual({ gatedFailing: 1 });
  });

  test('goes on elsewhere when a run that computes for others is cancelled', async () => {
    const { gated } = cacheTasks;
    const controller = new AbortController();
    const leading = run(gated('left'), { cache, signal: controller.signal });
    const following = run(gated('left'), { cache });
    controller.abort(new Error('enough'));
    await expect(leading).rejects.toThrow('enough');
    gate('left').resolve();
    expect(await following).toBe('left');
    expect(computed).toEqual({ gated: 2 });
  });

  test('cancels a run that waits for another one', async () => {
    const { gated } = cacheTasks;
    const controller = new AbortController();
    const leading = run(gated('waits'), { cache });
    const following = run(gated('waits'), { cache, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(following).rejects.toThrow('enough');
    gate('waits').resolve();
    expect(await leading).toBe('waits');
    expect(computed).toEqual({ gated: 1 });
  });

  test('computes what cannot be stored, and says so', async () => {
    for (let i = 0; i < 2; i++) expect((await run(cacheTasks.makesFunction(3), { cache })).call()).toBe(3);
    expect(computed).toEqual({ makesFunction: 2 });
    expect(troubles[0]?.message).toContain("Cannot keep the result of task 'makesFunction': result.call");
  });

  test('computes what cannot be digested, and says so', async () => {
    const fn = (x: number) => x;
    for (let i = 0; i < 2; i++) expect(await run(cacheTasks.apply(fn, 1), { cache })).toBe(2);
    expect(computed).toEqual({ apply: 2 });
    expect(troubles[0]?.message).toContain("Cannot remember the result of task 'apply': Cannot digest fn");
  });

  test('digests a task given as an argument by what it computes', async () => {
    for (let i = 0; i < 2; i++) {
      await run(cacheTasks.apply(cacheTasks.square as never, 1), { cache });
      await run(cacheTasks.apply(cacheTasks.plainSquare as never, 1), { cache });
    }
    expect(computed).toEqual({ apply: 2 });
  });

  test('tells closures apart, in memory', async () => {
    const scale = (factor: number) => task((x: number) => x * factor, { name: 'scale', cache: true });
    const [double, triple] = [scale(2), scale(3)];
    for (let i = 0; i < 2; i++) expect(await run(gather(double(5), triple(5)), { cache })).toEqual([10, 15]);
  });

  test('takes another version for another task', async () => {
    const { square } = cacheTasks;
    await run(square(3), { cache });
    await run(square.with({ version: 2 })(3), { cache });
    await run(square.with({ priority: 1 })(3), { cache });
    expect(computed).toEqual({ square: 2 });
  });

  test('is inherited by what a function does with it', async () => {
    const { square } = cacheTasks;
    await withCache(cache, async () => {
      await Promise.resolve();
      await run(square(3));
      await run(square(3));
    });
    await run(square(3));
    expect(computed).toEqual({ square: 2 });
  });

  test('serves all executors', async () => {
    const { square } = cacheTasks;
    await run(square(8), { cache });
    expect((await told(square(8), { threads: 1 })).how).toEqual(['square retrieved']);
    expect((await told(square(9), { threads: 1 })).how).toEqual(['square computed']);
    expect((await told(square(9), { processes: 1 })).how).toEqual(['square retrieved']);
    await using here = openInline({ concurrency: 1 });
    expect((await told(gather(square(8), square(9), square(10)), { executor: here })).how).toEqual([
      'square retrieved',
      'square retrieved',
      'square computed',
    ]);
  });

  test('computes anew what is remembered when it is to refresh, each call once', async () => {
    const { square, countdown } = cacheTasks;
    const graph = () => gather(square(square(2)), square(2), countdown(2));
    await run(graph(), { cache });
    forget();
    expect((await told(graph(), { refresh: true })).value).toEqual([16, 4, 0]);
    expect(computed).toEqual({ square: 2, countdown: 3 });
    await run(graph(), { cache });
    expect(computed).toEqual({ square: 2, countdown: 3 });
    await expect(run(graph(), { cache, refresh: 'yes' as never })).rejects.toThrow(
      "'refresh' must be true or false",
    );
  });

  test('does not wait for a slow cache once it is aborted', async () => {
    const calls = memoryRecords();
    const never = new Promise<undefined>(() => undefined);
    const slow = { values: memoryStore(), calls: recordsLike(calls, { get: () => never }) };
    const slowCache = await openCache(slow);
    const controller = new AbortController();
    const { square } = cacheTasks;
    const running = run(gather(square(2), square(3)), { cache: slowCache, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(computed).toEqual({});
  });

  test('refuses what is no cache', async () => {
    await expect(run(cacheTasks.square(1), { cache: 'x' as never })).rejects.toThrow(
      "Cannot run as 'cache' must be a cache: received 'x'",
    );
    expect(() => withCache({} as never, () => 1)).toThrow('Cannot use a cache as it must be one');
  });

  test('goes on computing once the cache is closed', async () => {
    await cache.close();
    expect(await run(cacheTasks.square(2), { cache })).toBe(4);
  });
});
