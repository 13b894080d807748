/** Lineage of values, both ways. */

import { describe, expect, test } from 'vitest';
import { keptBy } from '../../../src/cache/kept.ts';
import type { CallRecord } from '../../../src/cache/record.ts';
import {
  type Cache,
  type Digest,
  digestOf,
  gather,
  type Lineage,
  NotFoundError,
  openCache,
  run,
} from '../../../src/index.ts';
import { cacheKinds, listOf } from '../../fixtures/caches.ts';
import { add, echo, fails, mean, square } from '../../fixtures/tasks/kept-tasks.ts';

/** Calls as `task(argument, …) = result` by digests, in order. */
function shown({ calls, edges }: Lineage): readonly string[] {
  const names = new Map([...Array(200).keys()].map((x) => [digestOf(x), String(x)]));
  const nameOf = (digest: Digest): string => names.get(digest) ?? digest.slice(0, 4);
  return calls
    .map(({ digest, task }) => {
      const used = edges.filter((edge) => edge.kind === 'used' && edge.call === digest);
      const gave = edges.find((edge) => edge.kind === 'gave' && edge.call === digest);
      return `${task}(${used.map(({ value }) => nameOf(value)).join(', ')}) = ${gave === undefined ? '' : nameOf(gave.value)}`;
    })
    .sort();
}

describe.each(cacheKinds())('lineage() of $kind', ({ open }) => {
  async function withCalls(): Promise<Cache> {
    const cache = await open();
    // 13 = 4 + 9, of squares; 169 its square; 100 has nothing to do with it.
    await run([square(add(square(2), square(3))), square(10)], { cache });
    return cache;
  }

  test('goes back to where a value comes from', async () => {
    await using cache = await withCalls();
    const lineage = await cache.lineage(13);
    expect(shown(lineage)).toEqual(['add(4, 9) = 13', 'square(2) = 4', 'square(3) = 9']);
    expect(lineage.start).toBe(digestOf(13));
    expect(lineage.values.map(({ digest }) => digest).sort()).toEqual(
      [2, 3, 4, 9, 13].map((x) => digestOf(x)).sort(),
    );
    expect(await cache.lineage(digestOf(13))).toEqual(lineage);
  });

  test('goes forth to what came of a value', async () => {
    await using cache = await withCalls();
    expect(shown(await cache.lineage(3, { direction: 'forth' }))).toEqual([
      'add(4, 9) = 13',
      'square(13) = 169',
      'square(3) = 9',
    ]);
  });

  test('goes both ways, without what is beside', async () => {
    await using cache = await withCalls();
    expect(shown(await cache.lineage(4, { direction: 'both' }))).toEqual([
      'add(4, 9) = 13',
      'square(13) = 169',
      'square(2) = 4',
    ]);
  });

  test('goes as far as it is told', async () => {
    await using cache = await withCalls();
    expect(shown(await cache.lineage(169, { depth: 1 }))).toEqual(['square(13) = 169']);
    expect(shown(await cache.lineage(169, { depth: 2 }))).toHaveLength(2);
    expect(shown(await cache.lineage(169, { depth: 0 }))).toEqual([]);
    expect(shown(await cache.lineage(2, { direction: 'forth', depth: 2 }))).toHaveLength(2);
  });

  test('begins at a call, too', async () => {
    await using cache = await withCalls();
    const entry = await cache.query({ task: 'add' }).only();
    expect(shown(await entry.lineage())).toEqual(['add(4, 9) = 13', 'square(2) = 4', 'square(3) = 9']);
    expect(shown(await entry.lineage({ direction: 'forth' }))).toEqual([
      'add(4, 9) = 13',
      'square(13) = 169',
    ]);
  });

  test('follows members of lists and records given as arguments', async () => {
    await using cache = await open();
    await run(mean(gather(square(2), square(6))), { cache });
    await run(echo({ of: square(7) }), { cache });
    const back = await cache.lineage(20);
    expect(back.calls.map(({ task }) => task).sort()).toEqual(['mean', 'square', 'square']);
    expect(back.edges).toContainEqual({
      kind: 'part',
      value: digestOf(36),
      whole: digestOf([4, 36]),
      name: '[1]',
    });
    const forth = await cache.lineage(7, { direction: 'forth' });
    expect(forth.calls.map(({ task }) => task)).toEqual(['square', 'echo']);
    expect(forth.edges).toContainEqual({
      kind: 'part',
      value: digestOf(49),
      whole: digestOf({ of: 49 }),
      name: 'of',
    });
  });

  test('of a run has all calls that it computed or found', async () => {
    await using cache = await withCalls();
    await run(add(square(2), 5), { cache });
    const [latest] = await listOf(cache.runs());
    expect(shown(await cache.lineageOfRun(latest?.id ?? ''))).toEqual(['add(4, 5) = 9', 'square(2) = 4']);
    await expect(cache.lineageOfRun('other')).rejects.toThrow(NotFoundError);
    expect(shown(await cache.lineage(9))).toHaveLength(3);
    expect(shown(await cache.lineage(9, { run: latest?.id ?? '' }))).toEqual(['add(4, 5) = 9']);
  });
});

describe('lineage()', () => {
  test('of a value that nobody knows is that value', async () => {
    await using cache = await openCache(':memory:');
    expect(await cache.lineage('new', { direction: 'both' })).toEqual({
      start: digestOf('new'),
      values: [{ digest: digestOf('new'), address: undefined, bytes: 0 }],
      calls: [],
      edges: [],
    });
  });

  test('has calls that failed with a value', async () => {
    await using cache = await openCache(':memory:');
    await expect(run(fails('because'), { cache })).rejects.toThrow('because');
    const { calls } = await cache.lineage('because', { direction: 'forth' });
    expect(calls).toMatchObject([{ task: 'fails', state: 'failure', failure: 'RangeError: because' }]);
  });

  test('ends where values come from each other', async () => {
    await using cache = await openCache(':memory:');
    await run([echo('same'), square(1), square(0)], { cache });
    expect(shown(await cache.lineage(1, { direction: 'both' }))).toEqual(['square(1) = 1']);
  });

  test('of 20,000 calls one after the other neither overflows the stack nor takes long', {
    timeout: 20_000,
  }, async () => {
    await using cache = await openCache(':memory:');
    const { calls } = keptBy(cache.engine);
    const length = 20_000;
    const digests = Array.from(
      { length: length + 1 },
      (_, index) => index.toString(16).padStart(64, '0') as Digest,
    );
    await run(square(3), { cache });
    const { record } = await cache.query().only();
    for (let i = 0; i < length; i++) {
      const [value, next] = [digests[i] as Digest, digests[i + 1] as Digest];
      const ref = { address: undefined, bytes: 0 };
      const link: CallRecord = {
        ...record,
        key: `f${value.slice(1)}` as Digest,
        args: [{ name: 'x', members: undefined, digest: value, ...ref }],
        result: { digest: next, ...ref },
      };
      await calls.put(link);
    }
    const back = await cache.lineage(digests[length]);
    expect([back.calls.length, back.values.length, back.edges.length]).toEqual([
      length,
      length + 1,
      2 * length,
    ]);
    const forth = await cache.lineage(digests[0], { direction: 'forth' });
    expect(forth.calls).toHaveLength(length);
  });

  test('refuses options that make no sense', async () => {
    await using cache = await openCache(':memory:');
    await expect(cache.lineage(1, { direction: 'up' as never })).rejects.toThrow(TypeError);
    await expect(cache.lineage(1, { depth: -1 })).rejects.toThrow(RangeError);
    await expect(cache.lineage(() => 1)).rejects.toThrow('digest');
  });
});
