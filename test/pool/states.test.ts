/** Workers with a state: each builds its own, once, with its own arguments, and disposes of it. */

import { describe, expect, test } from 'vitest';
import { openPool } from '../../src/index.ts';
import { notesIn } from '../fixtures/tasks/meeting-folder.ts';
import { poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { Diary, Keeper, Refusing, Sessions, SlowFarewell } from '../fixtures/tasks/state-tasks.ts';
import { folderForTest } from './gate.ts';
import { isolatedKinds, kinds, opened } from './opened.ts';

/** What hangs is told within this time. */
const limit = { timeout: 8000 };

describe.each(kinds)('on %s, workers with a state', limit, (kind) => {
  test('are built once each, with their own arguments', async () => {
    const folder = folderForTest();
    const pool = opened([Diary(folder, 'a'), Diary(folder, 'b')], { kind });
    const results = await pool.map(new Array<string>(40).fill('x'), { ordered: false }).toArray();
    expect(results).toHaveLength(40);
    const counts = { a: 0, b: 0 };
    for (const result of results) {
      const [name, count] = result.split(' ') as ['a' | 'b', string];
      // Calls of one worker come in its own order.
      expect(Number(count)).toBe(++counts[name]);
    }
    await pool.stop();
    const notes = notesIn(folder);
    const names = (['a', 'b'] as const).filter((name) => counts[name] > 0);
    expect(notes.filter((text) => text.startsWith('built')).toSorted()).toEqual(
      expect.arrayContaining(names.map((name) => `built ${name}`)),
    );
    expect(new Set(notes).size).toBe(notes.length);
  });

  test('of one description are as many as there are workers', async () => {
    const folder = folderForTest();
    const pool = opened(Diary(folder, 'one'), { kind, workers: 1 });
    expect(await pool.map(['x', 'y', 'z']).toArray()).toEqual(['one 1 x', 'one 2 y', 'one 3 z']);
    expect(await pool.submit('again')).toBe('one 4 again');
    await pool.stop();
    expect(notesIn(folder)).toEqual(['built one', 'disposed one']);
  });

  test.each(['stop', 'dispose', 'terminate'] as const)('at rest are disposed of by %s()', async (end) => {
    const folder = folderForTest();
    const pool = opened(Diary(folder, 'a'), { kind, workers: 1 });
    await pool.submit('x');
    await pool[end]();
    expect(notesIn(folder)).toEqual(['built a', 'disposed a']);
  });

  test('may take several turns to be disposed of', async () => {
    const folder = folderForTest();
    const pool = opened(SlowFarewell(folder), { kind, workers: 1 });
    expect(await pool.submit(1)).toBe(2);
    await pool.stop();
    expect(notesIn(folder)).toEqual(['disposing', 'disposed']);
  });

  test('that throw in their constructor fail every call, with what they threw', async () => {
    const pool = opened(Refusing('no model here'), { kind });
    const settled = await Promise.allSettled([1, 2, 3].map((n) => pool.submit(n)));
    for (const outcome of settled) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { name: 'RangeError', message: 'no model here' },
      });
    }
    await expect(pool.submit(4)).rejects.toThrow('no model here');
    await expect(pool.map([5, 6]).toArray()).rejects.toThrow('no model here');
    await pool.drain();
    await pool.stop();
  });

  test('fail one call that throws, and keep their state', async () => {
    const pool = opened(Diary(folderForTest(), 'a'), { kind, workers: 1 });
    expect(await pool.submit('x')).toBe('a 1 x');
    await expect(pool.submit('throw')).rejects.toThrow('a does not like it');
    expect(await pool.submit('y')).toBe('a 2 y');
  });

  test('get all their arguments', async () => {
    const args = [1, 'two', { three: [3] }, new Map([[4, new Uint8Array([4])]]), undefined, null];
    expect(await opened(Keeper(...args), { kind, workers: 1 }).submit()).toEqual(args);
  });

  test('of a list cannot be more or fewer than it, nor become more', () => {
    const folder = folderForTest();
    const list = [Diary(folder, 'a'), Diary(folder, 'b')];
    expect(() => openPool(list, { kind, workers: 3 })).toThrow(
      /'workers' must be as many as are listed, 2: received 3/,
    );
    const pool = opened(list, { kind, workers: 2 });
    expect(() => pool.resize(3)).toThrow(/there are 2 workers in its list: received 3/);
    pool.resize(1);
    pool.resize(2);
  });

  test('are of one class, and descriptions', () => {
    const mixed = [Diary('', 'a'), Refusing('why')] as never;
    expect(() => openPool(mixed, { kind })).toThrow(/must be of one class: received several/);
    expect(() => openPool([poolTasks.same] as never, { kind })).toThrow(/must be made with delayedInit/);
    expect(() => openPool(Diary as never, { kind })).toThrow(/call a class made with delayedInit/);
    expect(() => openPool([], { kind })).toThrow(/must be made with delayedInit: received/);
  });
});

describe.each(isolatedKinds)('on %s, workers with a state', limit, (kind) => {
  test('that are lost are built again, with the same arguments', async () => {
    const folder = folderForTest();
    const pool = opened([Diary(folder, 'a'), Diary(folder, 'b')], { kind });
    for (let time = 0; time < 2; time++)
      await expect(pool.submit('exit')).rejects.toThrow(/exited with code 1/);
    const names = (await pool.map(new Array<string>(20).fill('x')).toArray()).map((text) => text[0]);
    expect(['a', 'b']).toEqual(expect.arrayContaining([...new Set(names)]));
    await pool.stop();
    const notes = notesIn(folder);
    const countOf = (text: string): number => notes.filter((other) => other === text).length;
    // Those that were lost could not be disposed of.
    expect(countOf('built a') + countOf('built b')).toBe(countOf('disposed a') + countOf('disposed b') + 2);
  });

  test('that are too many since resize() are disposed of', async () => {
    const folder = folderForTest();
    const pool = opened([Sessions(), Sessions()], { kind });
    const diaries = opened([Diary(folder, 'a'), Diary(folder, 'b')], {
      kind,
      affinity: (item) => Number(item),
    });
    await Promise.all([diaries.submit('0'), diaries.submit('1')]);
    diaries.resize(1);
    await expect.poll(() => notesIn(folder)).toContain('disposed b');
    expect(notesIn(folder)).not.toContain('disposed a');
    expect(await diaries.submit('1')).toBe('a 2 1');
    await pool.stop();
  });

  test('are not built with arguments that cannot be sent, which is told', async () => {
    const pool = opened(
      Keeper(() => 1),
      { kind, workers: 1 },
    );
    await expect(pool.submit()).rejects.toMatchObject({ code: 'HEDDLE_NOT_CLONEABLE' });
    await expect(pool.submit()).rejects.toThrow(/args\[0\]/);
  });
});
