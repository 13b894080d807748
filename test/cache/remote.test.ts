/**
 * The line to a server that keeps a cache: it passes the contracts, writes together what was put together, and waits for no
 * answer for ever.
 */

import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { Records } from '../../src/cache/records.ts';
import { addressOf, urlFor } from '../../src/cache/remote/address.ts';
import { remoteBackend } from '../../src/cache/remote/remote-backend.ts';
import { CacheWriteError } from '../../src/store/cache-write-error.ts';
import type { Store } from '../../src/store/store.ts';
import { bytesOf, storedDigestOf } from '../../src/testing/contract/stored-bytes.ts';
import { callNamed, claimOf, digestNamed, refTo } from '../../src/testing/contract/stored-records.ts';
import { FakeClock } from '../../src/testing.ts';
import { MemoryServer } from '../fixtures/memory-server.ts';
import { testRecords, testStore } from '../fixtures/run-store-contract.ts';

const servers = new WeakMap<Store | Records, MemoryServer>();

function connect<Half extends 'values' | 'calls'>(
  which: Half,
  server = new MemoryServer(),
): { values: Store; calls: Records }[Half] {
  const half = remoteBackend(server.connect(), systemClock, 5000)[which];
  servers.set(half, server);
  return half;
}

testStore('remoteBackend().store', {
  open: () => connect('values'),
  again: (store) => connect('values', servers.get(store)),
  damage: (store, digest) => {
    const { values } = servers.get(store) as MemoryServer;
    values.set(digest, { bytes: bytesOf('damaged'), usedMs: 1e13 });
  },
});
testRecords('remoteBackend().records', {
  open: () => connect('calls'),
  again: (records) => connect('calls', servers.get(records)),
  damage: (records, key) => {
    const call = servers.get(records)?.calls.get(key);
    if (call !== undefined) call.text = `x${call.text}`;
  },
});

describe('remoteBackend()', { timeout: 10_000 }, () => {
  const server = new MemoryServer();
  const { values: store, calls: records } = remoteBackend(server.connect(), systemClock, 5000);
  const bytes = bytesOf('result of a');
  const record = callNamed('a', { args: [], result: { ...refTo('a'), address: storedDigestOf(bytes) } });
  afterEach(async () => {
    server.isReadOnly = false;
    server.mood = 'answers';
    await store.flush();
  });

  test('writes what is put at once in one batch', async () => {
    const before = server.batches;
    for (let i = 0; i < 100; i++) {
      void store.put(storedDigestOf(bytesOf(`${i}`)), bytesOf(`${i}`));
      void records.put(callNamed(`many ${i}`));
    }
    await records.flush();
    expect(server.batches - before).toBe(1);
    expect(server.values.size).toBe(100);
  });

  test('tells once by flush() what could not be kept, and keeps what is put later', async () => {
    server.isReadOnly = true;
    void store.put(storedDigestOf(bytes), bytes);
    await expect(store.flush()).rejects.toThrow(
      /^Cannot keep what was put in a server in memory as it refused: received read-only$/,
    );
    await store.flush();
    expect(await store.get(storedDigestOf(bytes))).toBe(undefined);
    server.isReadOnly = false;
    void store.put(storedDigestOf(bytes), bytes);
    await store.flush();
    expect(await store.get(storedDigestOf(bytes))).toEqual(bytes);
    await store.delete(storedDigestOf(bytes));
  });

  test('keeps no record of which the value could not be kept', async () => {
    server.isReadOnly = true;
    void store.put(storedDigestOf(bytes), bytes);
    await expect(store.flush()).rejects.toThrow(CacheWriteError);
    server.isReadOnly = false;
    void records.put(record);
    await records.flush();
    expect(await records.get(record.key)).toBe(undefined);
    void store.put(storedDigestOf(bytes), bytes);
    void records.put(record);
    await records.flush();
    expect(await records.get(record.key)).toEqual(record);
  });

  test('gives up a claim after what was put before is there', async () => {
    await records.claim(record.key, claimOf('one'), 0);
    const fresh = callNamed('fresh');
    void records.put(fresh);
    await records.release(record.key, 'one');
    expect(server.calls.has(fresh.key)).toBe(true);
    expect(server.claims.size).toBe(0);
  });

  test('holds no more than 64 MiB that wait, and tells what was lost', async () => {
    server.isReadOnly = true;
    for (let i = 0; i < 5; i++) void store.put(digestNamed(`long ${i}`), new Uint8Array(2 ** 24));
    await expect(store.flush()).rejects.toThrow('more waits to be written than fits');
    expect(await store.get(digestNamed('long 4'))).toBe(undefined);
  });

  test('rejects at once what a server refuses, and asks again next time', async () => {
    server.mood = 'refuses';
    await expect(store.get(digestNamed('x'))).rejects.toThrow('connection refused');
    await expect(records.claim(digestNamed('x'), claimOf('one'), 0)).rejects.toThrow(CacheWriteError);
    server.mood = 'answers';
    expect(await store.get(digestNamed('x'))).toBe(undefined);
  });
});

describe('a server that says nothing', { timeout: 10_000 }, () => {
  test('is waited for once, then left alone for as long', async () => {
    const clock = new FakeClock();
    const server = new MemoryServer();
    const { values: store, calls: records } = remoteBackend(server.connect(), clock, 1000);
    server.mood = 'says-nothing';
    const first = Promise.allSettled([store.get(digestNamed('x'))]);
    clock.pass(1000);
    const [end] = await first;
    expect(end).toMatchObject({
      status: 'rejected',
      reason: { message: 'a server in memory gave no answer within 1000 ms' },
    });
    const asked = server.asked;
    await expect(store.get(digestNamed('y'))).rejects.toThrow('gave no answer');
    await expect(records.claim(digestNamed('y'), claimOf('one'), 0)).rejects.toThrow('gave no answer');
    expect(server.asked).toBe(asked);
    server.mood = 'answers';
    clock.pass(1000);
    expect(await store.get(digestNamed('y'))).toBe(undefined);
  });

  test('holds up neither flush() nor close()', async () => {
    const clock = new FakeClock();
    const server = new MemoryServer();
    const { values: store, calls: records } = remoteBackend(server.connect(), clock, 1000);
    await records.claim(digestNamed('x'), claimOf('one'), 0);
    server.mood = 'says-nothing';
    void store.put(storedDigestOf(bytesOf('a')), bytesOf('a'));
    const ends = Promise.allSettled([store.close(), records.close()]);
    clock.pass(1000);
    expect((await ends).filter(({ status }) => status === 'rejected').length).toBe(1);
  });
});

describe('addresses of servers', () => {
  test('are told without passwords and parameters', () => {
    const url = 'postgres://me:secret@host:5432/base?password=secret&host=/run/db';
    expect(addressOf({ url }, url)).toEqual({
      name: 'postgres://me@host:5432/base?host=%2Frun%2Fdb',
      descriptor: { url: 'postgres://me@host:5432/base?host=%2Frun%2Fdb' },
    });
    expect(addressOf({ variable: 'DATABASE_URL' }, url).descriptor).toEqual({ variable: 'DATABASE_URL' });
    expect(addressOf({ url: 'me:secret@' }, 'no url: secret').name).not.toContain('secret');
  });

  test('are one of both, and there', () => {
    expect(() => urlFor({}, 'open it')).toThrow(
      "Cannot open it as it needs one of the options 'url' and 'variable'",
    );
    expect(() => urlFor({ url: 'a', variable: 'b' }, 'open it')).toThrow(TypeError);
    expect(() => urlFor({ variable: 'HEDDLE_NO_SUCH' }, 'open it')).toThrow("'HEDDLE_NO_SUCH' is not set");
  });
});
