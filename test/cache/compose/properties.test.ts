/**
 * Random sequences of reads and writes on compositions, against maps that do the same in the obvious way.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/cache/backend.ts';
import { filtered } from '../../../src/cache/compose/filtered.ts';
import { pool } from '../../../src/cache/compose/pool.ts';
import { readOnly } from '../../../src/cache/compose/read-only.ts';
import { recordsLike } from '../../../src/cache/compose/records-like.ts';
import { sizeLimited } from '../../../src/cache/compose/size-limited.ts';
import { stack } from '../../../src/cache/compose/stack.ts';
import type { CallRecord } from '../../../src/cache/record.ts';
import type { Digest } from '../../../src/codec/canonical/digester.ts';
import { isHeddleError } from '../../../src/index.ts';
import { storeLike } from '../../../src/store/store-like.ts';
import { storedDigestOf } from '../../../src/testing/contract/stored-bytes.ts';
import { all, begunMs, callNamed, digestNamed } from '../../../src/testing/contract/stored-records.ts';
import { FakeClock } from '../../../src/testing.ts';
import { inMemory } from '../../fixtures/backends.ts';

/** Few, so that the same ones come again. */
const names = ['a', 'b', 'c', 'd', 'e'];
const keyOf = (name: string): Digest => digestNamed(`call ${name}`);

/** A record of a call, with a number that tells it from others of the same call. */
function version(name: string, number: number): CallRecord {
  return callNamed(name, { task: `${number}`, startedMs: begunMs + (number % 7) });
}

/** What was seen, and what should have been. */
class Comparison {
  readonly seen: unknown[] = [];
  readonly right: unknown[] = [];

  add(seen: unknown, right: unknown): void {
    this.seen.push(seen);
    this.right.push(right);
  }
}

/** The code of what is thrown. */
function codeThrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return isHeddleError(error) ? error.code : error;
  }
}

const rejected = 'HEDDLE_CACHE_REJECTED';

/** Answers by promises, as files do, or at once, as memory does. */
function answering(
  { values: store, calls: records }: Backend,
  { later }: { readonly later: boolean },
): Backend {
  if (!later) return { values: store, calls: records };
  return {
    values: storeLike(store, {
      get: async (digest) => store.get(digest),
      put: async (digest, bytes) => store.put(digest, bytes),
      has: async (digest) => store.has(digest),
      delete: async (digest) => store.delete(digest),
    }),
    calls: recordsLike(records, {
      get: async (key) => records.get(key),
      put: async (record) => records.put(record),
      delete: async (key) => records.delete(key),
    }),
  };
}

const steps = fc.array(
  fc.record({
    does: fc.constantFrom('get', 'put', 'delete', 'select', 'put below'),
    name: fc.constantFrom(...names),
    number: fc.nat(100),
    layer: fc.nat(2),
  }),
  { maxLength: 40 },
);
const laters = fc.array(fc.boolean(), { minLength: 3, maxLength: 3 });

/** What a stack or a pool of such maps gives. */
function firstIn(layers: readonly ReadonlyMap<string, CallRecord>[], name: string): CallRecord | undefined {
  return layers.find((layer) => layer.has(name))?.get(name);
}

function visibleIn(layers: readonly ReadonlyMap<string, CallRecord>[]): readonly CallRecord[] {
  return names
    .flatMap((name) => firstIn(layers, name) ?? [])
    .sort((one, other) => other.startedMs - one.startedMs || (one.key < other.key ? -1 : 1));
}

function threeLayers(later: readonly boolean[]): readonly Backend[] {
  return later.map((isLater) => answering(inMemory(), { later: isLater }));
}

async function keptIn(backend: Backend): Promise<ReadonlyMap<Digest, string>> {
  return new Map((await all(backend.calls.select({}))).map(({ key, task }) => [key, task]));
}

function tasksOf(layer: ReadonlyMap<string, CallRecord>): ReadonlyMap<Digest, string> {
  return new Map([...layer].map(([name, { task }]) => [keyOf(name), task]));
}

describe('stack()', () => {
  test.each([false, true])(
    'does as maps one above the other, with writeThrough: %s',
    async (writeThrough) => {
      await fc.assert(
        fc.asyncProperty(steps, laters, async (sequence, later) => {
          const compared = new Comparison();
          const backends = threeLayers(later);
          const { calls: records } = stack(backends, { writeThrough });
          const layers = backends.map(() => new Map<string, CallRecord>());
          for (const { does, name, number, layer } of sequence) {
            const record = version(name, number);
            if (does === 'put') {
              await records.put(record);
              for (const map of writeThrough ? layers : layers.slice(0, 1)) map.set(name, record);
            } else if (does === 'put below') {
              await backends[layer]?.calls.put(record);
              layers[layer]?.set(name, record);
            } else if (does === 'delete') {
              const isThere = layers.map((map) => map.delete(name)).includes(true);
              compared.add(await records.delete(keyOf(name)), isThere);
            } else if (does === 'get') {
              const found = firstIn(layers, name);
              compared.add(await records.get(keyOf(name)), found);
              const at = layers.findIndex((map) => map.has(name));
              if (found !== undefined) for (const map of layers.slice(0, at)) map.set(name, found);
            } else {
              const limit = number % 6;
              compared.add(await all(records.select({ limit })), visibleIn(layers).slice(0, limit));
            }
          }
          for (const [index, backend] of backends.entries()) {
            compared.add(await keptIn(backend), tasksOf(layers[index] as Map<string, CallRecord>));
          }
          expect(compared.seen).toEqual(compared.right);
        }),
        { numRuns: 150 },
      );
    },
  );
});

describe('pool()', () => {
  test('gives what the first of several maps has, and changes none', async () => {
    await fc.assert(
      fc.asyncProperty(steps, laters, async (sequence, later) => {
        const compared = new Comparison();
        const backends = threeLayers(later);
        const { calls: records } = pool(backends);
        const layers = backends.map(() => new Map<string, CallRecord>());
        for (const { does, name, number, layer } of sequence) {
          const record = version(name, number);
          if (does === 'put below') {
            await backends[layer]?.calls.put(record);
            layers[layer]?.set(name, record);
          } else if (does === 'get') {
            compared.add(await records.get(keyOf(name)), firstIn(layers, name));
          } else if (does === 'select') {
            compared.add(await all(records.select({})), visibleIn(layers));
          } else {
            const write = (): unknown => (does === 'put' ? records.put(record) : records.delete(keyOf(name)));
            compared.add(codeThrownBy(write), rejected);
          }
        }
        for (const [index, backend] of backends.entries()) {
          expect(await keptIn(backend)).toEqual(tasksOf(layers[index] as Map<string, CallRecord>));
        }
        expect(compared.seen).toEqual(compared.right);
      }),
      { numRuns: 150 },
    );
  });
});

describe('filtered()', () => {
  test('is the part of a map that fits', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (sequence, later) => {
        const compared = new Comparison();
        const below = answering(inMemory(), { later });
        const doesFit = ({ task }: CallRecord): boolean => Number(task) % 2 === 0;
        const { calls: records } = filtered(below, doesFit);
        const kept = new Map<string, CallRecord>();
        const visible = (): Map<string, CallRecord> => new Map([...kept].filter(([, one]) => doesFit(one)));
        for (const { does, name, number } of sequence) {
          const record = version(name, number);
          if (does === 'put below') {
            await below.calls.put(record);
            kept.set(name, record);
          } else if (does === 'put' && doesFit(record)) {
            await records.put(record);
            kept.set(name, record);
          } else if (does === 'put') {
            compared.add(
              codeThrownBy(() => records.put(record)),
              rejected,
            );
          } else if (does === 'delete') {
            compared.add(await records.delete(keyOf(name)), visible().has(name));
            if (visible().has(name)) kept.delete(name);
          } else if (does === 'get') {
            compared.add(await records.get(keyOf(name)), visible().get(name));
          } else {
            const limit = number % 6;
            compared.add(await all(records.select({ limit })), visibleIn([visible()]).slice(0, limit));
          }
        }
        expect(await keptIn(below)).toEqual(tasksOf(kept));
        expect(compared.seen).toEqual(compared.right);
      }),
      { numRuns: 150 },
    );
  });
});

const uses = fc.array(
  fc.record({
    does: fc.constantFrom('get', 'put', 'put', 'delete'),
    length: fc.integer({ min: 0, max: 40 }),
  }),
  { maxLength: 80 },
);

describe('sizeLimited()', () => {
  // Time stands still: what counts is the order.
  const clock = new FakeClock();

  test('lets go of values as a map in the order of use, by bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        uses,
        fc.integer({ min: 1, max: 120 }),
        fc.boolean(),
        async (sequence, maxBytes, later) => {
          const compared = new Comparison();
          const below = answering(inMemory(clock), { later });
          const { values: store } = sizeLimited(below, { maxBytes, clock });
          // In the order of use. A length tells a value from others.
          const used = new Set<number>();
          for (const { does, length } of sequence) {
            const bytes = new Uint8Array(length);
            const digest = storedDigestOf(bytes);
            const isThere = used.delete(length);
            if (does === 'get') {
              compared.add((await store.get(digest))?.length, isThere ? length : undefined);
              if (isThere) used.add(length);
            } else if (does === 'delete') {
              compared.add(await store.delete(digest), isThere);
            } else if (length > maxBytes) {
              compared.add(
                codeThrownBy(() => store.put(digest, bytes)),
                rejected,
              );
            } else {
              await store.put(digest, bytes);
              used.add(length);
              for (const oldest of used) {
                if ([...used].reduce((sum, one) => sum + one, 0) <= maxBytes) break;
                used.delete(oldest);
              }
            }
            const kept = await all(below.values.entries());
            compared.add(new Set(kept.map((entry) => entry.bytes)), new Set(used));
          }
          expect(compared.seen).toEqual(compared.right);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('lets go of records as a map in the order of use, by count', async () => {
    await fc.assert(
      fc.asyncProperty(
        uses,
        fc.integer({ min: 1, max: 12 }),
        fc.boolean(),
        async (sequence, maxCount, later) => {
          const compared = new Comparison();
          const below = answering(inMemory(clock), { later });
          const { calls: records } = sizeLimited(below, { maxCount, clock });
          const used = new Set<Digest>();
          for (const { does, length } of sequence) {
            const record = callNamed(`${length}`);
            const isThere = used.delete(record.key);
            if (does === 'get') {
              compared.add((await records.get(record.key))?.key, isThere ? record.key : undefined);
              if (isThere) used.add(record.key);
            } else if (does === 'delete') {
              compared.add(await records.delete(record.key), isThere);
            } else {
              await records.put(record);
              used.add(record.key);
              const [oldest] = used;
              if (used.size > maxCount && oldest !== undefined) used.delete(oldest);
            }
            compared.add(new Set((await keptIn(below)).keys()), new Set(used));
          }
          expect(compared.seen).toEqual(compared.right);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('keeps within both limits, and no record whose result was let go of', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(30), { maxLength: 60 }), fc.boolean(), async (sequence, later) => {
        const below = answering(inMemory(), { later });
        const { values: store, calls: records } = sizeLimited(below, { maxBytes: 80, maxCount: 8 });
        for (const name of sequence) {
          // Some calls have the same result.
          const length = 1 + (name % 10) * 3;
          const bytes = new Uint8Array(length).fill(1);
          const address = storedDigestOf(bytes);
          await store.put(address, bytes);
          await records.put(callNamed(`${name}`, { result: { digest: address, address, bytes: length } }));
          const kept = await all(below.calls.select({}));
          const stored = new Map(
            (await all(below.values.entries())).map((entry) => [entry.digest, entry.bytes]),
          );
          expect(kept.length).toBeLessThanOrEqual(8);
          expect([...stored.values()].reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(80);
          expect(kept.filter(({ result }) => !stored.has(result?.address as Digest))).toEqual([]);
          // What no record tells of any more went with the record.
          const told = new Set(kept.map(({ result }) => result?.address));
          expect([...stored.keys()].filter((digest) => !told.has(digest))).toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
  });
});

test('readOnly() below a stack is read, and left as it is', async () => {
  const below = inMemory();
  await below.calls.put(version('a', 1));
  const above = inMemory();
  const { calls: records } = stack([above, readOnly(below)]);
  expect((await records.get(keyOf('a')))?.task).toBe('1');
  await records.put(version('a', 2));
  expect((await keptIn(above)).get(keyOf('a'))).toBe('2');
  expect((await keptIn(below)).get(keyOf('a'))).toBe('1');
  const refused: unknown = await (async () => records.delete(keyOf('a')))().catch((error: unknown) => error);
  expect(isHeddleError(refused) && refused.code).toBe('HEDDLE_CACHE_REJECTED');
});
