/**
 * The contract of stores, as cases that any test framework can run.
 *
 * A store that passes them can be used for caches. A case fails by throwing.
 */

import assert from 'node:assert/strict';
import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import type { Store } from '../store/store.ts';
import { bytesOf, storedDigestOf } from './contract/stored-bytes.ts';
import { all } from './contract/stored-records.ts';
import type { ContractCase } from './executor-contract.ts';

/** A store on trial. */
export interface StoreSubject {
  /** Opens a fresh one, which is empty. The case that asked for it closes it. */
  open(): MaybePromise<Store>;
  /** Opens what another process would open to share a store that `open` gave. Left out if none can. */
  again?(store: Store): MaybePromise<Store>;
  /** Changes the bytes that are kept under a digest, as a failing disk would. Left out if that cannot be done. */
  damage?(store: Store, digest: Digest): MaybePromise<void>;
}

/** What a case is given. */
interface StoreTrial {
  readonly store: Store;
  readonly again: () => Promise<Store>;
  readonly damage: (digest: Digest) => Promise<void>;
}

type StoreCase = (trial: StoreTrial) => Promise<void>;

/**
 * Gives the contract's cases for a store: those that fit it, by what the subject can do. Give each its own time limit.
 *
 * @example
 * ```ts
 * import { storeContract } from 'heddle/testing';
 *
 * const cases = storeContract({
 *   open() {
 *     const kept = new Map<string, { digest: never; bytes: Uint8Array; usedMs: number }>();
 *     return {
 *       name: 'a map',
 *       descriptor: undefined,
 *       get: (digest) => kept.get(digest)?.bytes,
 *       put: (digest, bytes) => void kept.set(digest, { digest: digest as never, bytes, usedMs: Date.now() }),
 *       has: (digest) => kept.has(digest),
 *       delete: (digest) => kept.delete(digest),
 *       async *entries() {
 *         for (const entry of kept.values()) yield { ...entry, bytes: entry.bytes.length };
 *       },
 *       flush: () => undefined,
 *       close: async () => undefined,
 *     };
 *   },
 * });
 * for (const { run } of cases) await run();
 * assert.ok(cases.length > 10);
 * ```
 */
export function storeContract(subject: StoreSubject): readonly ContractCase[] {
  const cases = {
    ...basicCases,
    ...(subject.again === undefined ? {} : sharedCases),
    ...(subject.damage === undefined ? {} : damageCases),
  };
  return Object.entries(cases).map(([name, body]) => ({ name, run: () => onTrial(subject, body) }));
}

async function onTrial(subject: StoreSubject, body: StoreCase): Promise<void> {
  const store = await subject.open();
  const opened = [store];
  try {
    await body({
      store,
      again: async () => {
        const other = await subject.again?.(store);
        assert.ok(other !== undefined);
        opened.push(other);
        return other;
      },
      damage: async (digest) => subject.damage?.(store, digest),
    });
  } finally {
    for (const one of opened) await one.close();
  }
}

async function putAll(store: Store, ...all: readonly Uint8Array[]): Promise<readonly Digest[]> {
  const digests = all.map(storedDigestOf);
  for (const [index, bytes] of all.entries()) await store.put(digests[index] as Digest, bytes);
  await store.flush();
  return digests;
}

async function assertHas(store: Store, digest: Digest, bytes: Uint8Array): Promise<void> {
  const got = await store.get(digest);
  assert.ok(got !== undefined, 'the bytes must be there');
  // Not `deepEqual`, which takes its time, and tells a `Buffer` from other bytes.
  assert.ok(Buffer.compare(got, bytes) === 0, 'the bytes must be the same');
}

const basicCases: Readonly<Record<string, StoreCase>> = {
  'name says what store it is': async ({ store }) => {
    assert.ok(store.name.length > 0);
  },
  'descriptor is plain data, or undefined': async ({ store }) => {
    assert.deepEqual(structuredClone(store.descriptor), store.descriptor);
    if (store.descriptor !== undefined) assert.equal(typeof store.descriptor.kind, 'string');
  },
  'get() gives undefined for what was never put': async ({ store }) => {
    assert.equal(await store.get(storedDigestOf(bytesOf('nothing'))), undefined);
  },
  'get() gives the bytes that were put, of any length': async ({ store }) => {
    for (const length of [0, 1, 100, 4096, 70_000, 2 ** 20, 2 ** 20 + 1]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i * 31);
      const [digest] = await putAll(store, bytes);
      await assertHas(store, digest as Digest, bytes);
    }
  },
  'get() tells apart bytes of different digests': async ({ store }) => {
    const some = Array.from({ length: 50 }, (_, i) => bytesOf(`bytes ${i}`));
    const digests = await putAll(store, ...some);
    for (const [i, bytes] of some.entries()) await assertHas(store, digests[i] as Digest, bytes);
  },
  'put() keeps a part of a longer array': async ({ store }) => {
    const part = bytesOf('0123456789').subarray(2, 5);
    const [digest] = await putAll(store, part);
    await assertHas(store, digest as Digest, bytesOf('234'));
  },
  'put() of the same bytes again keeps them once, as used later': async ({ store }) => {
    const bytes = bytesOf('twice');
    const [digest] = await putAll(store, bytes);
    const [first] = await all(store.entries());
    await putAll(store, bytes);
    const [second, ...others] = await all(store.entries());
    assert.deepEqual(others, []);
    assert.ok(first !== undefined && second !== undefined && second.usedMs >= first.usedMs);
    await assertHas(store, digest as Digest, bytes);
  },
  'put() takes many at once': async ({ store }) => {
    const some = Array.from({ length: 200 }, (_, i) => bytesOf(`at once ${i}`));
    await Promise.all(some.map(async (bytes) => store.put(storedDigestOf(bytes), bytes)));
    await store.flush();
    for (const bytes of some) await assertHas(store, storedDigestOf(bytes), bytes);
  },
  'put() takes the same long bytes at once': async ({ store }) => {
    const bytes = Uint8Array.from({ length: 2 ** 21 }, (_, i) => i * 7);
    const digest = storedDigestOf(bytes);
    await Promise.all([1, 2, 3].map(async () => store.put(digest, bytes)));
    await store.flush();
    await assertHas(store, digest, bytes);
    assert.equal((await all(store.entries())).length, 1);
  },
  'has() tells what is there': async ({ store }) => {
    const bytes = bytesOf('there');
    assert.equal(await store.has(storedDigestOf(bytes)), false);
    const [digest] = await putAll(store, bytes);
    assert.equal(await store.has(digest as Digest), true);
  },
  'delete() lets go of bytes, and says whether they were there': async ({ store }) => {
    const bytes = bytesOf('deleted');
    const [digest] = await putAll(store, bytes, bytesOf('kept'));
    assert.equal(await store.delete(digest as Digest), true);
    assert.equal(await store.delete(digest as Digest), false);
    assert.equal(await store.has(digest as Digest), false);
    assert.equal(await store.get(digest as Digest), undefined);
    await assertHas(store, storedDigestOf(bytesOf('kept')), bytesOf('kept'));
  },
  'delete() lets the same bytes be put again': async ({ store }) => {
    const bytes = bytesOf('again');
    const [digest] = await putAll(store, bytes);
    await store.delete(digest as Digest);
    await putAll(store, bytes);
    await assertHas(store, digest as Digest, bytes);
  },
  'deleteUnused(), if there is one, lets go of nothing that was used since': async ({ store }) => {
    if (store.deleteUnused === undefined) return;
    const bytes = bytesOf('used');
    const [digest = storedDigestOf(bytes)] = await putAll(store, bytes);
    const [entry] = await all(store.entries());
    assert.ok(entry !== undefined);
    assert.equal(await store.deleteUnused(digest, entry.usedMs - 1), false);
    await assertHas(store, digest, bytes);
    const later = entry.usedMs + 86_400_000;
    assert.equal(await store.deleteUnused(digest, later), true);
    assert.equal(await store.deleteUnused(digest, later), false);
    assert.equal(await store.get(digest), undefined);
    await putAll(store, bytes);
    await assertHas(store, digest, bytes);
  },
  'entries() gives nothing of an empty store': async ({ store }) => {
    assert.deepEqual(await all(store.entries()), []);
  },
  'entries() gives each once, with its length and when it was used': async ({ store }) => {
    const some = Array.from({ length: 30 }, (_, i) => new Uint8Array(i).fill(i));
    const digests = await putAll(store, ...some);
    const found = await all(store.entries());
    assert.deepEqual(new Map(found.map(({ digest, bytes }) => [digest, bytes])), sizesOf(digests, some));
    assert.equal(found.length, 30);
    // 2001 and later: a number of seconds would be earlier.
    assert.ok(found.every(({ usedMs }) => usedMs > 1e12));
  },
  'entries() goes on while bytes are put and deleted': async ({ store }) => {
    const digests = await putAll(store, ...Array.from({ length: 20 }, (_, i) => bytesOf(`old ${i}`)));
    const seen = new Set<Digest>();
    for await (const { digest } of store.entries()) {
      assert.ok(!seen.has(digest), 'nothing is given twice');
      seen.add(digest);
      if (seen.size > 20) continue;
      await putAll(store, bytesOf(`new ${seen.size}`));
      if (digest !== digests[0]) await store.delete(digest);
    }
    assert.ok(seen.has(digests[0] as Digest));
  },
  'entries() can be left early': async ({ store }) => {
    await putAll(store, bytesOf('a'), bytesOf('b'));
    for await (const _ of store.entries()) break;
    assert.equal((await all(store.entries())).length, 2);
  },
  'flush() settles when nothing was put': async ({ store }) => {
    await store.flush();
    await store.flush();
  },
  'close() settles, also when it is called again': async ({ store }) => {
    await putAll(store, bytesOf('a'));
    await store.close();
    await store.close();
  },
};

const sharedCases: Readonly<Record<string, StoreCase>> = {
  'flush() lets others see what was put': async ({ store, again }) => {
    const bytes = bytesOf('shared');
    const long = new Uint8Array(2 ** 21).fill(3);
    const other = await again();
    const digests = [bytes, long].map(storedDigestOf);
    for (const [index, one] of [bytes, long].entries()) void store.put(digests[index] as Digest, one);
    await store.flush();
    await assertHas(other, digests[0] as Digest, bytes);
    await assertHas(other, digests[1] as Digest, long);
    assert.equal((await all(other.entries())).length, 2);
  },
  'close() keeps what was put': async ({ store, again }) => {
    const bytes = bytesOf('kept');
    await store.put(storedDigestOf(bytes), bytes);
    await store.close();
    await assertHas(await again(), storedDigestOf(bytes), bytes);
  },
  'delete() is seen by others': async ({ store, again }) => {
    const other = await again();
    const [digest] = await putAll(store, bytesOf('gone'));
    assert.equal(await other.has(digest as Digest), true);
    await store.delete(digest as Digest);
    await store.flush();
    assert.equal(await other.get(digest as Digest), undefined);
    assert.equal(await other.has(digest as Digest), false);
  },
  'put() of the same bytes by two at once keeps them': async ({ store, again }) => {
    const other = await again();
    const some = Array.from({ length: 50 }, (_, i) => bytesOf(`both ${i}`));
    await Promise.all([putAll(store, ...some), putAll(other, ...some)]);
    for (const bytes of some) await assertHas(other, storedDigestOf(bytes), bytes);
    assert.equal((await all(store.entries())).length, 50);
  },
};

const damageCases: Readonly<Record<string, StoreCase>> = {
  'get() gives undefined for damaged bytes, and put() mends them': async ({ store, damage }) => {
    for (const length of [1, 1000, 2 ** 20 + 7]) {
      const bytes = new Uint8Array(length).fill(5);
      const [digest] = await putAll(store, bytes);
      await damage(digest as Digest);
      assert.equal(await store.get(digest as Digest), undefined);
      await putAll(store, bytes);
      await assertHas(store, digest as Digest, bytes);
    }
  },
};

function sizesOf(digests: readonly Digest[], some: readonly Uint8Array[]): ReadonlyMap<Digest, number> {
  return new Map(some.map((bytes, i) => [digests[i] as Digest, bytes.length]));
}
