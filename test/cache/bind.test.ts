/** Tasks that take their cache to threads and processes. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stack } from '../../src/cache/compose/stack.ts';
import { fileRecords } from '../../src/cache/file-records.ts';
import type { MetadataHook } from '../../src/cache/metadata.ts';
import type { CacheOptions } from '../../src/cache/open-cache.ts';
import { openSqlite } from '../../src/cache/sqlite/sqlite-backend.ts';
import { withSurroundings } from '../../src/cache/surroundings.ts';
import {
  bind,
  type Cache,
  codecs,
  digestOf,
  type Executor,
  memoize,
  openCache,
  openInline,
  openPool,
  openProcesses,
  openThreads,
  run,
  systemClock,
  task,
  withCache,
} from '../../src/index.ts';
import { fileStore } from '../../src/store/file-store.ts';
import { folders } from '../fixtures/folders.ts';
import {
  add,
  double,
  hangOnce,
  Money,
  money,
  outer,
  power,
  refuse,
  slow,
  square,
  through,
  where,
} from '../fixtures/tasks/remembering-tasks.ts';

/** Starting Node.js on a busy machine takes seconds. */
const limitMs = 60_000;
const folder = folders('bind');

function openFiles(path: string, options?: CacheOptions): Promise<Cache> {
  return openCache(
    { values: fileStore(join(path, 'values')), calls: fileRecords(join(path, 'calls')) },
    options,
  );
}

/** What was computed so far, in order of the alphabet. */
function linesOf(log: string): string[] {
  return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').sort() : [];
}

const kinds: readonly (readonly [string, () => Executor])[] = [
  ['this thread', () => openInline()],
  ['threads', () => openThreads({ workers: 2, codecs: money })],
  ['processes', () => openProcesses({ workers: 2, codecs: money })],
];

describe.for(kinds)('a bound task in %s', { timeout: limitMs }, ([kind, open]) => {
  test('remembers its calls, which others find', async () => {
    const path = folder();
    const log = join(path, 'log');
    await using cache = await openFiles(path);
    await using executor = open();
    const bound = bind(square, { cache });
    expect(await executor.submit(bound, log, 3)).toBe(9);
    expect(await executor.submit(bound, log, 3)).toBe(9);
    expect(await memoize(square, { cache })(log, 3)).toBe(9);
    expect(linesOf(log)).toEqual(['square 3']);
    await memoize(square, { cache })(log, 4);
    await cache.flush();
    expect(await executor.submit(bound, log, 4)).toBe(16);
    expect(linesOf(log)).toEqual(['square 3', 'square 4']);
  });

  test('computes equal calls at the same time once', async () => {
    const path = folder();
    const log = join(path, 'log');
    await using cache = await openFiles(path);
    await using executor = open();
    const bound = bind(slow, { cache });
    const all = await Promise.all(Array.from({ length: 6 }, (_, i) => executor.submit(bound, log, i % 2)));
    expect(all).toEqual([0, 1, 0, 1, 0, 1]);
    expect(linesOf(log)).toEqual(['slow 0', 'slow 1']);
  });

  test('has memoized functions and runs inside remember in the same cache', async () => {
    const path = folder();
    const log = join(path, 'log');
    await using cache = await openFiles(path);
    await using executor = open();
    for (const [bound, lines] of [
      [bind(outer, { cache }), ['inner 1', 'outer 1', 'outer 3', 'outer 5']],
      [bind(through, { cache }), ['inner 1', 'outer 1', 'outer 3', 'outer 5', 'square 1']],
    ] as const) {
      for (const x of [1, 3, 5]) await executor.submit(bound, log, x);
      expect(linesOf(log)).toEqual(lines);
    }
    expect(await executor.submit(bind(through, { cache }), log, 5)).toBe(6);
  });

  test('is given its first arguments, a copy each time', async () => {
    const path = folder();
    const log = join(path, 'log');
    await using cache = await openFiles(path);
    await using executor = open();
    const cube = bind(power, { cache, args: [log, 3] });
    expect(await executor.submit(cube, 2)).toBe(8);
    expect(await executor.submit(bind(power, { cache }), log, 3, 2)).toBe(8);
    expect(linesOf(log)).toEqual(['power 2 3']);
    const xs = { list: [1] };
    const bound = bind(double, { cache, args: [log, xs] });
    xs.list.push(2);
    for (let i = 0; i < 3; i++) expect((await executor.submit(bound)).list).toEqual([1, 7]);
    expect(linesOf(log)).toEqual(['double', 'power 2 3']);
  });

  test('passes on what the task throws, and remembers it for as long as the hint says', async () => {
    const path = folder();
    const log = join(path, 'log');
    await using cache = await openFiles(path);
    await using executor = open();
    for (const bound of [
      bind(refuse, { cache }),
      bind(refuse.with({ cache: { errorsForMs: 60_000 } }), { cache }),
    ]) {
      for (let i = 0; i < 2; i++) {
        const error = await executor.submit(bound, log).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(RangeError);
        expect(error).toMatchObject({ message: 'refused', code: 'E_REFUSED' });
      }
    }
    expect(linesOf(log)).toEqual(['refuse', 'refuse', 'refuse']);
  });

  test('takes the codecs of its cache along', async () => {
    await using cache = await openFiles(folder(), { codecs: money });
    await using executor = open();
    const sum = await executor.submit(bind(add, { cache }), new Money(1), new Money(2));
    expect(sum).toBeInstanceOf(Money);
    expect(await memoize(add, { cache }).load(new Money(1), new Money(2))).toMatchObject({ cents: 3 });
  });

  test('has noted there what is noted where it was bound', async () => {
    const note = { study: 'first' };
    const hook: MetadataHook = {
      name: 'tags',
      before: () => note,
      descriptor: { kind: 'constant', name: 'tags', note },
    };
    const told: string[] = [];
    await using cache = await openFiles(folder(), {
      metadata: [{ name: 'heap', before: () => 1 }],
      onTrouble: ({ message }) => told.push(message),
    });
    await using executor = open();
    const bound = withSurroundings({ metadata: [hook] }, () => bind(power, { cache }));
    const log = join(folder(), 'log');
    await executor.submit(bound, log, 2, 3);
    const record = await cache.engine.parts.backend.calls.get(cache.digest(power, log, 2, 3));
    expect(record?.metadata).toMatchObject({ tags: note });
    expect(told).toEqual(["Cannot note 'heap' of calls in workers: it is a function of this process"]);
  });

  test('runs where the executor runs it', async () => {
    await using cache = await openFiles(folder());
    await using executor = open();
    const { pid, threadId } = await executor.submit(bind(where, { cache }));
    expect({
      isOtherProcess: pid !== process.pid,
      isThread: pid === process.pid && threadId > 0,
    }).toMatchObject(kind === 'processes' ? { isOtherProcess: true } : { isOtherProcess: false });
  });
});

describe.for(kinds)('a task bound to a database, in %s', { timeout: limitMs }, ([, open]) => {
  test('remembers its calls, and what it calls, in the same one', async () => {
    const path = folder();
    const log = join(path, 'log');
    await using cache = await openCache(openSqlite(join(path, 'calls.sqlite')));
    await using executor = open();
    const bound = bind(outer, { cache, args: [log] });
    const all = await Promise.all([1, 3, 1, 3, 5, 5].map((x) => executor.submit(bound, x)));
    expect(all).toEqual([101, 103, 101, 103, 105, 105]);
    expect(linesOf(log)).toEqual(['inner 1', 'outer 1', 'outer 3', 'outer 5']);
    expect(await memoize(outer, { cache }).load(log, 5)).toBe(105);
  });
});

describe.for(kinds.slice(1))(
  'a worker that is ended while it computes, in %s,',
  { timeout: limitMs },
  ([kind, open]) => {
    // Elsewhere nothing tells of threads: the claim of one holds for half a minute.
    test.skipIf(kind === 'threads' && process.platform !== 'linux')(
      'does not hold up those who come after it',
      async () => {
        const path = folder();
        const log = join(path, 'log');
        await using cache = await openFiles(path);
        await using executor = open();
        const bound = bind(hangOnce, { cache });
        const hanging = executor.submit(bound.with({ timeoutMs: 300 }), log);
        await expect(hanging).rejects.toMatchObject({ code: 'HEDDLE_TIMED_OUT' });
        const since = systemClock.nowMs();
        expect(await executor.submit(bound, log)).toBe(1);
        expect(systemClock.nowMs() - since).toBeLessThan(20_000);
      },
    );
  },
);

describe('bind()', { timeout: limitMs }, () => {
  test('makes a task for pools and runs', async () => {
    const path = folder();
    const log = join(path, 'log');
    await using cache = await openFiles(path);
    const bound = bind(square, { cache, args: [log] });
    await using pool = openPool(bound, { workers: 2 });
    expect(await pool.map([1, 2, 1, 2]).toArray()).toEqual([1, 4, 1, 4]);
    expect(await run([bound(1), bound(3)], { threads: 1, cache, cacheAll: true })).toEqual([1, 9]);
    expect(await withCache(cache, () => run(bound(3), { cacheAll: true }))).toBe(9);
    expect(linesOf(log)).toEqual(['square 1', 'square 2', 'square 3']);
  });

  test('takes the cache around', async () => {
    await using cache = await openFiles(folder());
    const bound = withCache(cache, () => bind(square));
    expect(cache.digest(bound, 'log', 3)).toBe(cache.digest(square, 'log', 3));
    expect(cache.digest(bind(square, { cache, args: ['log'] }), 3)).toBe(cache.digest(square, 'log', 3));
  });

  test('opens compositions again', async () => {
    const path = folder();
    const log = join(path, 'log');
    const of = (name: string) => ({
      values: fileStore(join(path, name, 'values')),
      calls: fileRecords(join(path, name, 'calls')),
    });
    await using cache = await openCache(stack([of('near'), of('far')]));
    await using executor = openThreads({ workers: 1 });
    const bound = bind(square, { cache });
    expect([await executor.submit(bound, log, 3), await executor.submit(bound, log, 3)]).toEqual([9, 9]);
    expect(linesOf(log)).toEqual(['square 3']);
  });

  test('tells apart tasks bound to other arguments, where they are arguments', async () => {
    await using cache = await openFiles(folder());
    const same = task((f: unknown) => typeof f, { name: 'same', version: 1 });
    const [one, other] = [bind(power, { cache, args: ['log', 2] }), bind(power, { cache, args: ['log', 3] })];
    expect(cache.digest(same, one)).not.toBe(cache.digest(same, other));
    expect(cache.digest(same, bind(power, { cache }))).toBe(cache.digest(same, power));
    expect(digestOf(one)).not.toBe(digestOf(other));
  });

  test('refuses what cannot travel, and says what helps', async () => {
    await using memory = await openCache(':memory:');
    await using files = await openFiles(folder());
    await using unnamed = await openFiles(folder(), { codecs: codecs() });
    expect(() => bind(square, { cache: memory })).toThrow(
      /Cannot bind task 'square' as its cache, 'memory', is of this process alone\n {2}open one/,
    );
    expect(() => bind(square)).toThrow(/Cannot bind task 'square' as there is no cache: received undefined/);
    expect(() =>
      bind(
        task((x: number) => x, { name: 'stays' }),
        { cache: files },
      ),
    ).toThrow(/Cannot bind task 'stays' as it stays in its process/);
    expect(() => bind(square, { cache: unnamed })).toThrow(/the codecs of its cache stay in this process/);
    expect(() => bind(bind(square, { cache: files }), { cache: files })).toThrow(/it is bound already/);
    expect(() => bind(3 as never, { cache: files })).toThrow(/must be a task: received 3/);
    expect(() => bind(square, { caches: files } as never)).toThrow(/'cache' was probably meant/);
    expect(() => bind(square, { cache: files, args: [square('log', 1) as never] })).toThrow(/is delayed/);
    expect(() => bind(square, { cache: files, args: [(() => 1) as never] })).toThrow(/args\[0\]/);
  });
});
