/**
 * What it costs to keep values and records in a database, and to find them there. What users cannot import is taken from the
 * source.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallRecord } from '../../src/cache/record.ts';
import { openSqlite, type SqliteBackend } from '../../src/cache/sqlite/sqlite-backend.ts';
import type { Digest } from '../../src/codec/canonical/digester.ts';
import { sha256Hex } from '../../src/codec/canonical/sha256.ts';
import type { Figure, Settings } from '../figure.ts';
import { timeMs } from '../in-turns.ts';
import { median } from '../median.ts';

const digestOf = (bytes: Uint8Array | string): Digest => sha256Hex(bytes) as Digest; // It stands for one of a value.

/** A call of a task with two arguments, as caches keep it. */
function recordOf(i: number, result: Digest): CallRecord {
  const argument = (name: string, value: string): CallRecord['args'][number] => ({
    name,
    digest: digestOf(value),
    address: digestOf(`stored ${value}`),
    bytes: 90,
    members: undefined,
  });
  return {
    key: digestOf(`call ${i}`),
    kind: 'call',
    task: 'train',
    identity: 'models/src/train.ts train',
    version: `source:${digestOf('source')}`,
    sources: digestOf('sources'),
    state: 'success',
    args: [argument('seed', `seed ${i}`), argument('rate', `rate ${i % 10}`)],
    result: { digest: digestOf(`result ${i}`), address: result, bytes: 1024 },
    failure: undefined,
    run: '01900000-0000-7000-8000-000000000000',
    startedMs: 1_790_000_000_000 + i * 0.7,
    settledMs: 1_790_000_000_012 + i * 0.7,
    metadata: { host: 'bench', node: 'v24.0.0' },
  };
}

/** Measures the section `cache-sqlite`. */
export async function measureCacheSqlite({ quick }: Settings): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
  try {
    return await measureIn(folder, quick ? 2_000 : 50_000);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureIn(folder: string, count: number): Promise<readonly Figure[]> {
  const path = join(folder, 'cache.db');
  const openMs = await timeMs(() => openSqlite(path).close());
  const opens: number[] = [];
  for (let i = 0; i < 9; i++) {
    let cache: SqliteBackend | undefined;
    opens.push(await timeMs(() => void (cache = openSqlite(path))));
    await cache?.close();
  }
  const { store, records, close } = bound(openSqlite(path));
  const values = Array.from({ length: count }, (_, i) => Buffer.alloc(1024, `value ${i} `));
  const digests = values.map(digestOf);
  const calls = digests.map((digest, i) => recordOf(i, digest));
  const eachUs = async (work: (i: number) => unknown, times = count): Promise<number> =>
    ((await timeMs(async () => {
      for (let i = 0; i < times; i++) work(i);
      await records.flush();
    })) *
      1000) /
    times;
  // Neighbours in a random order, as a program asks for them.
  const at = (i: number): number => (i * 7_919) % count;
  const putValue = await eachUs((i) => void store.put(digests[i]!, values[i]!));
  const putRecord = await eachUs((i) => void records.put(calls[i]!));
  const getValue = await eachUs((i) => store.get(digests[at(i)]!));
  const getRecord = await eachUs((i) => records.get(calls[at(i)]!.key));
  const getMissing = await eachUs((i) => records.get(digests[i]!));
  const claim = { owner: 'bench', host: 'bench', pid: 1, untilMs: 2e12 };
  const claims = Math.min(count, 5_000);
  const claimUs = await eachUs((i) => void records.claim(digests[i]!, claim, 1e12), claims);
  const releaseUs = await eachUs((i) => void records.release(digests[i]!, 'bench'), claims);
  const claimUnderWrites = await eachUs((i) => {
    void store.put(digestOf(`new ${i}`), Buffer.from(`new ${i}`));
    void records.claim(digests[i]!, claim, 1e12);
  }, claims);
  const entries = calls.slice(0, 1_000).map(({ key, task, startedMs }) => ({
    key,
    task,
    how: 'retrieved' as const,
    startedMs,
    durationMs: 0.01,
  }));
  const parts: number[] = [];
  for (let i = 0; i < 21; i++) {
    parts.push(
      await timeMs(async () => {
        await records.addEntries('run', entries);
        await records.flush();
      }),
    );
  }
  const select = async (filter: Parameters<typeof records.select>[0]): Promise<number> => {
    const times: number[] = [];
    for (let i = 0; i < 9; i++) times.push(await timeMs(() => Array.fromAsync(records.select(filter))));
    return median(times);
  };
  const byArgument = await select({ argument: calls[at(5)]!.args[0]!.digest });
  const newest = await select({ task: 'train', limit: 20 });
  const closeMs = await timeMs(close);
  return [
    { name: 'opening a new one, and closing', unit: 'ms', value: openMs },
    { name: 'opening one that is there', unit: 'ms', value: median(opens), atMost: 10 },
    { name: 'putting a value of 1 KiB, of many', unit: 'µs', value: putValue, atMost: 30 },
    { name: 'putting a record, of many', unit: 'µs', value: putRecord, atMost: 30 },
    { name: 'getting a value of 1 KiB', unit: 'µs', value: getValue, atMost: 20 },
    { name: 'getting a record', unit: 'µs', value: getRecord, atMost: 15 },
    { name: 'getting a record that is not there', unit: 'µs', value: getMissing, atMost: 15 },
    { name: 'a hit: record and value', unit: 'µs', value: getRecord + getValue, atMost: 35 },
    { name: 'a claim', unit: 'µs', value: claimUs, atMost: 40 },
    { name: 'giving up a claim, of many', unit: 'µs', value: releaseUs, atMost: 20 },
    { name: 'a put, and a claim, which commits it', unit: 'µs', value: claimUnderWrites },
    { name: 'adding 1,000 entries to a run', unit: 'ms', value: median(parts), atMost: 2 },
    { name: 'finding a record by an argument', unit: 'ms', value: byArgument, atMost: 1 },
    { name: 'finding the newest 20 of a task', unit: 'ms', value: newest, atMost: 1 },
    { name: 'closing it after all that', unit: 'ms', value: closeMs },
  ];
}

function bound(cache: SqliteBackend): {
  store: SqliteBackend['values'];
  records: SqliteBackend['calls'];
  close: () => Promise<void>;
} {
  return { store: cache.values, records: cache.calls, close: () => cache.close() };
}
