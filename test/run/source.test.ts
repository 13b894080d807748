import { beforeEach, describe, expect, test } from 'vitest';
import { type ArtifactSource, artifact, literal } from '../../src/artifacts.ts';
import { conditional, delay, openCache, openThreads, run, task } from '../../src/index.ts';
import { join, marked, outer, ran } from '../fixtures/tasks/artifact-tasks.ts';

const limit = { timeout: 15_000 };

/** A source that can be changed, and tells what it was asked. */
class Shelf implements ArtifactSource {
  readonly #shelf: Record<string, readonly [version: string, value: unknown]>;
  readonly loaded: string[] = [];

  constructor(shelf: Record<string, readonly [version: string, value: unknown]>) {
    this.#shelf = shelf;
  }

  async has(name: string): Promise<boolean> {
    return await Promise.resolve(Object.hasOwn(this.#shelf, name));
  }

  load(name: string): unknown {
    this.loaded.push(name);
    return this.#shelf[name]?.[1];
  }

  async versionOf(name: string): Promise<string | undefined> {
    return await Promise.resolve(this.#shelf[name]?.[0]);
  }

  put(name: string, version: string, value: unknown): void {
    this.#shelf[name] = [version, value];
  }
}

beforeEach(() => {
  ran.join = 0;
  ran.outer = 0;
});

describe('run({ source })', limit, () => {
  const source = new Map<string, unknown>([
    ['features', ['a', 'b']],
    ['dash', '-'],
  ]);

  test('replaces texts that name artifacts, in arguments and members of options', async () => {
    expect(await run(join('x', 'features', { separator: 'dash' }), { source })).toBe('x: a-b');
    expect(await run(join('x', 'features'))).toBe('x: features');
    expect(await run(join('x', 'other', { deep: { separator: 'dash' } }), { source })).toBe('x: otherdash');
  });

  test('takes markers at any depth, and leaves what calls compute', async () => {
    expect(
      await run(join('x', artifact('features'), { deep: { separator: artifact('dash') } }), { source }),
    ).toBe('x: a,b-');
    expect(await run(join(literal('dash'), literal('features')), { source })).toBe('dash: features');
    expect(await run(join('x', literal('features')))).toBe('x: features');
    expect(await run(join('x', delay('features')), { source })).toBe('x: features');
    const first = artifact<readonly string[]>('features')[0];
    expect(await run(first, { source })).toBe('a');
  });

  test('does the same in graphs that calls return, that are quoted, and in worker threads', async () => {
    expect(await run(outer('x'), { source })).toBe('x: a,b');
    expect(await run(conditional(delay(true), marked(), join('no', 'features')), { source })).toBe(
      'marked: a,b',
    );
    const threads = openThreads({ workers: 1 });
    expect(await run([outer('dash'), marked()] as const, { source, executor: threads })).toEqual([
      '-: a,b',
      'marked: a,b',
    ]);
    await threads.dispose();
  });

  test('gives each call a copy, and keeps the source as it is', async () => {
    const push = task((list: string[], item: string) => {
      list.push(item);
      return list;
    });
    const seen = await run([push(artifact('features'), 'c'), push(artifact('features'), 'd')] as const, {
      source,
    });
    expect(seen).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'd'],
    ]);
    expect(source.get('features')).toEqual(['a', 'b']);
  });

  test('loads once what several calls name', async () => {
    const shelf = new Shelf({ features: ['1', ['a']] });
    await run([join('x', 'features'), join('y', 'features'), join('z', 'other')] as const, { source: shelf });
    expect(shelf.loaded).toEqual(['features']);
  });

  test('what cannot be loaded fails its call, naming the artifact and the argument', async () => {
    const broken = {
      has: (name: string) => name === 'features',
      load: () => {
        throw new Error('the file is gone');
      },
    };
    await expect(run(join('x', 'features'), { source: broken })).rejects.toThrow(
      "Cannot load artifact 'features' for argument 'features' of task 'join' as its source fails: Error: the file is gone",
    );
    await expect(run(join('x', artifact('none')), { source })).rejects.toThrow(
      /Cannot load artifact 'none' .* as its source has none of that name/,
    );
    await expect(run(join('x', artifact('features')))).rejects.toThrow(
      "Cannot load artifact 'features' as there is no source of artifacts\n  run(x, { source }) gives one",
    );
    const unsure = { has: () => Promise.reject(new Error('offline')), load: () => 1 };
    await expect(run(join('x', 'y'), { source: unsure })).rejects.toThrow('its source fails: Error: offline');
    const throwing = {
      has: (): never => {
        throw new Error('offline');
      },
      load: () => 1,
    };
    await expect(run(join('x', 'y'), { source: throwing })).rejects.toThrow(
      'its source fails: Error: offline',
    );
  });

  test('refuses what is no source, at once', async () => {
    await expect(run(join('x', 'y'), { source: [] as never })).rejects.toThrow(
      "Cannot run as 'source' must have artifacts: received []",
    );
  });
});

describe('run({ source, cache })', limit, () => {
  test('a changed artifact computes anew, an unchanged one is found, and the record tells its version', async () => {
    await using cache = await openCache(':memory:');
    const shelf = new Shelf({ features: ['v1', ['a']], unused: ['v1', 1] });
    const options = { source: shelf, cache };
    expect(await run(join('x', 'features'), options)).toBe('x: a');
    expect(await run(join('x', 'features'), options)).toBe('x: a');
    expect(ran.join).toBe(1);
    shelf.put('features', 'v2', ['b']);
    expect(await run(join('x', 'features'), options)).toBe('x: b');
    expect(ran.join).toBe(2);
    // The same value under another version is the same value.
    shelf.put('features', 'v3', ['b']);
    expect(await run(join('x', artifact('features')), options)).toBe('x: b');
    expect(ran.join).toBe(2);
    expect(await cache.query({ task: 'join', metadata: { artifacts: { features: 'v1' } } }).count()).toBe(1);
    expect(await cache.query({ task: 'join', metadata: { artifacts: { features: 'v2' } } }).count()).toBe(1);
    expect(await run(join('x', 'features'), { cache })).toBe('x: features');
    expect(ran.join).toBe(3);
  });

  test('a call that returns a graph with artifacts is computed anew when these change', async () => {
    await using cache = await openCache(':memory:');
    const shelf = new Shelf({ features: ['v1', ['a']] });
    expect(await run(outer('x'), { source: shelf, cache })).toBe('x: a');
    shelf.put('features', 'v2', ['b']);
    expect(await run(outer('x'), { source: shelf, cache })).toBe('x: b');
    expect(await run(outer('x'), { source: shelf, cache })).toBe('x: b');
    // What the graph is made of is remembered.
    expect(ran).toEqual({ join: 2, outer: 3 });
  });

  test('a whole graph is not taken for one with other artifacts', async () => {
    await using cache = await openCache(':memory:');
    const graph = join('x', join('y', 'features'));
    expect(await run(graph, { source: new Map([['features', ['a']]]), cache })).toBe('x: y: a');
    expect(await run(graph, { source: new Map([['features', ['b']]]), cache })).toBe('x: y: b');
    expect(await run(graph, { cache })).toBe('x: y: features');
  });

  test('a cache is a source: the value of the latest call of a task of that name, or of a digest', async () => {
    await using cache = await openCache(':memory:');
    await run(join('first', 'x'), { cache });
    await run(join('second', 'x'), { cache });
    expect(await run(join('the', 'join'), { source: cache })).toBe('the: second: x');
    const digest = cache.digest(join, 'first', 'x');
    expect(await run(join('the', digest), { source: cache })).toBe('the: first: x');
    expect(await run(join('the', 'unknown'), { source: cache })).toBe('the: unknown');
  });
});
