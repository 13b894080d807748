/** Why a call is not remembered, in words. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { keptBy } from '../../../src/cache/kept.ts';
import { memoryRecords } from '../../../src/cache/memory-records.ts';
import { type Digest, NotFoundError, openCache, run, type Task, task } from '../../../src/index.ts';
import { memoryStore } from '../../../src/store/memory-store.ts';
import { FakeClock } from '../../../src/testing.ts';
import { folders } from '../../fixtures/folders.ts';
import { add, fails, square, train } from '../../fixtures/tasks/kept-tasks.ts';

const newFolder = folders('explain');
const main = new URL('../../../src/index.ts', import.meta.url).href;

describe('explain()', () => {
  test('says that a call is remembered', async () => {
    await using cache = await openCache(':memory:', { clock: new FakeClock() });
    await run(square(3), { cache });
    expect(await cache.explain(square, 3)).toEqual([
      'it is remembered: it was computed at 2020-01-01T00:00:00.000Z',
    ]);
  });

  test('names the arguments that differ from the nearest call', async () => {
    await using cache = await openCache(':memory:', { clock: new FakeClock() });
    await run([add(1, 2), add(1, 3), add(5, 5)], { cache });
    expect(await cache.explain(add, 1, 4)).toEqual([
      'the nearest call that is remembered, of 2020-01-01T00:00:00.000Z, differs:',
      expect.stringMatching(/^argument 'b' is 4, and was [23]$/),
    ]);
    expect(await cache.explain(add, 7, 5)).toContain("argument 'a' is 7, and was 5");
  });

  test('names the members that differ', async () => {
    await using cache = await openCache(':memory:');
    await run(train('a', { lr: 0.1, epochs: 3 }), { cache });
    expect(await cache.explain(train, 'a', { lr: 0.2, epochs: 3 })).toContain(
      "argument 'options' differs in 'options.lr'",
    );
    expect(await cache.explain(train, 'b', { lr: 0.1 })).toEqual([
      expect.stringContaining('nearest'),
      "argument 'data' is 'b', and was 'a'",
      "argument 'options' differs in 'options.epochs'",
    ]);
  });

  test('tells that an argument differs even if it is not stored', async () => {
    await using cache = await openCache(':memory:', { storeArguments: false });
    await run(square(3), { cache });
    expect(await cache.explain(square, 4)).toContain("argument 'x' differs");
  });

  test('tells arguments that are new or missing', async () => {
    await using cache = await openCache(':memory:');
    const many = task((...xs: number[]) => xs.length, { name: 'many', version: 1, cache: true });
    await run(many(1, 2), { cache });
    expect((await cache.explain(many, 1, 2, 3))[1]).toMatch(/^argument '\w+' is new$/);
    expect((await cache.explain(many, 1))[1]).toMatch(/^argument '\w+' is missing$/);
  });

  test('tells that a task was never called, or that it has another name now', async () => {
    await using cache = await openCache(':memory:');
    expect(await cache.explain(square, 3)).toEqual([
      "no call of 'square' is remembered: it was never called with this cache, or all was evicted",
    ]);
    await run(square(3), { cache });
    const { record } = await cache.query().only();
    const { calls } = keptBy(cache.engine);
    await calls.delete(record.key);
    await calls.put({ ...record, key: 'a'.repeat(64) as Digest, identity: 'old#square' });
    for await (const { id } of cache.runs()) await calls.deleteRun(id);
    expect((await cache.explain(square, 3))[1]).toBe(
      "calls of a task of the same name are, of 'old#square': was it moved, or given another name?",
    );
  });

  test('tells that the version was changed', async () => {
    await using cache = await openCache(':memory:');
    const old = task((x: number) => x, { name: 'scale', version: '1.0', cache: true });
    const now = task((x: number) => x, { name: 'scale', version: '1.1', cache: true });
    await run(old(3), { cache });
    expect(await cache.explain(now, 3)).toContain("the version of 'scale' went from '1.0' to '1.1'");
  });

  test('tells which files of the source changed', async () => {
    const folder = newFolder();
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    write('package.json', '{ "name": "explained", "version": "1.0.0", "type": "module" }');
    write('half.js', 'export const half = (x) => x / 2;');
    write('other.js', 'export const other = 1;');
    write(
      'tasks.js',
      `import { task, tasks } from '${main}';
import { half } from './half.js';
import './other.js';
export const { fit } = tasks(import.meta, { fit: task((x) => half(x), { cache: true }) });`,
    );
    const { fit } = (await import(pathToFileURL(join(folder, 'tasks.js')).href)) as {
      fit: Task<[number], unknown>;
    };
    const backend = { values: memoryStore(), calls: memoryRecords() };
    await using before = await openCache(backend);
    await run(fit(4) as never, { cache: before });
    write('half.js', 'export const half = (x) => x * 0.5;');
    await using after = await openCache(backend);
    const [, ...lines] = await after.explain(fit, 4);
    expect(lines).toEqual(["the source of 'fit' changed:", '  half.js changed']);
    expect(await after.query({ task: fit }).count()).toBe(0);
    expect(await after.query({ task: fit, anyVersion: true }).count()).toBe(1);
  });

  test('tells that a call failed, is running, was evicted, is too old, or lost its value', async () => {
    const clock = new FakeClock();
    await using cache = await openCache(':memory:', { clock });
    await expect(run(fails('no'), { cache })).rejects.toThrow('no');
    expect((await cache.explain(fails, 'no'))[0]).toMatch(
      /^it failed at .* \(threw\): RangeError: no; that is remembered until/,
    );
    clock.pass(20_000);
    expect((await cache.explain(fails, 'no'))[0]).toContain(
      'RangeError: no; for so long errors are not remembered',
    );

    await run(square(3), { cache });
    await cache.evict(cache.digest(square, 3));
    expect((await cache.explain(square, 3))[0]).toMatch(
      /^it was remembered in run \S+, and was evicted since$/,
    );

    const brief = task((x: number) => x, { name: 'brief', version: 1, cache: { maxAgeMs: 1000 } });
    await run(brief(1), { cache });
    clock.pass(1001);
    expect((await cache.explain(brief, 1))[0]).toContain("longer ago than its hint 'maxAgeMs' allows: 1000");

    await run(add(1, 2), { cache });
    const { record } = await cache.query({ task: add }).only();
    await keptBy(cache.engine).values.delete(record.result?.address as Digest);
    expect((await cache.explain(add, 1, 2))[0]).toContain('its value is not stored any more');
    await keptBy(cache.engine).calls.put({ ...record, state: 'begun', result: undefined });
    expect((await cache.explain(add, 1, 2))[0]).toContain('it runs, or its process has ended');
  });

  test('tells why calls are not remembered at all', async () => {
    await using cache = await openCache(':memory:');
    const [line] = await cache.explain(square, (() => 1) as never);
    expect(line).toMatch(/^calls like this one of 'square' are not remembered: .*function/);
    await expect(cache.explain((() => 1) as never)).rejects.toThrow('a task must be given');
  });
});

describe('explainKeys()', () => {
  test('tells what differs between two calls', async () => {
    await using cache = await openCache(':memory:');
    await run([add(1, 2), add(1, 3), square(1)], { cache });
    const [one, other, third] = [cache.digest(add, 1, 2), cache.digest(add, 1, 3), cache.digest(square, 1)];
    expect(await cache.explainKeys(one, other)).toEqual(["argument 'b' is 3, and was 2"]);
    expect(await cache.explainKeys(one, one)).toEqual([]);
    const lines = await cache.explainKeys(one, third);
    expect(lines[0]).toMatch(/^they are of different tasks: '.*#add' and '.*#square'$/);
    await expect(cache.explainKeys(one, 'f'.repeat(64) as Digest)).rejects.toThrow(NotFoundError);
  });
});
