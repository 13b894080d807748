/** Calls that wait for each other in ways that nobody can see: all settle, and the values are right. */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { patienceMs } from '../../../src/cache/patience.ts';
import type { Claim } from '../../../src/cache/records.ts';
import {
  bind,
  type CachedSubmit,
  cachedExecutor,
  type Executor,
  openCache,
  openProcesses,
  openThreads,
  run,
  withCache,
} from '../../../src/index.ts';
import { folders } from '../../fixtures/folders.ts';
import { openShared } from '../../fixtures/open-shared.ts';
import { runProgram } from '../../fixtures/run-program.ts';
import { letCall, ping, pong, proof } from '../../fixtures/tasks/proof-tasks.ts';
import { inner, outer } from '../../fixtures/tasks/remembering-tasks.ts';

/** Starting Node.js on a busy machine takes seconds. */
const limitMs = 60_000;
const newFolder = folders('settling');
const fixtures = join(import.meta.dirname, '../../fixtures/proof');

function linesOf(log: string): string[] {
  return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').sort() : [];
}

describe('run({ cache })', { timeout: limitMs }, () => {
  test.each([1, 64])(
    'settles where hundreds of equal calls wait for a graph, with room for %i',
    async (room) => {
      const log = join(newFolder(), 'log');
      await using cache = await openCache(':memory:');
      const values = await run(
        Array.from({ length: 300 }, () => proof.handsOn(log, 1)),
        { cache, concurrency: room },
      );
      expect(values).toEqual(Array.from({ length: 300 }, () => 2));
      expect(linesOf(log)).toEqual(['add 1 1']);
    },
  );

  test('computes anew though another process has just that in hand', async () => {
    const folder = newFolder();
    const log = join(folder, 'log');
    await using cache = await openShared('sqlite', folder);
    const old = await run(proof.draw(log), { cache });
    await claimAsParent(cache, cache.digest(proof.draw, log));
    expect(await run(proof.draw(log), { cache, refresh: true })).not.toBe(old);
  });

  test('that was aborted waits for no other process: its program ends', async () => {
    const folder = newFolder();
    await using cache = await openShared('sqlite', folder);
    await claimAsParent(cache, cache.digest(proof.add, 'any', 1, 1));
    const { stdout, code, stderr } = await runProgram(join(fixtures, 'aborts.ts'), {
      args: [folder],
      limitMs: 20_000,
    });
    expect({ stdout, code, stderr }).toEqual({ stdout: 'AbortError\n', code: 0, stderr: '' });
  });

  test('is not held up by a listener that throws', async () => {
    const { stdout, code } = await runProgram(join(fixtures, 'throws-when-told.ts'), { limitMs: 20_000 });
    expect({ stdout, code }).toEqual({ stdout: '9 true\n', code: 0 });
  });
});

/** Claims a call as this process does, which goes on. */
async function claimAsParent(
  cache: Awaited<ReturnType<typeof openShared>>,
  key: ReturnType<typeof cache.digest>,
): Promise<void> {
  const claim = { owner: 'other', host: hostname(), pid: process.pid, untilMs: Number.MAX_SAFE_INTEGER };
  await cache.engine.parts.backend.calls.claim(key, claim, systemClock.epochMs());
}

interface Place {
  readonly name: string;
  open(): Executor | ReturnType<typeof pLimit>;
}

const places: readonly Place[] = [
  { name: 'threads', open: () => openThreads({ workers: 1 }) },
  { name: 'processes', open: () => openProcesses({ workers: 1 }) },
  { name: 'p-limit', open: () => pLimit(1) },
];

describe.for(places)(
  'a call in $name that needs one behind it in the line',
  { timeout: limitMs },
  ({ open }) => {
    test.for(['files', 'sqlite'] as const)('is given its value, in %s', async (kind) => {
      const folder = newFolder();
      const log = join(folder, 'log');
      await using cache = await openShared(kind, folder);
      const place = open();
      try {
        const pool = cachedExecutor(place, { cache }) as CachedSubmit<object>;
        expect(await Promise.all([pool.submit(outer, log, 1), pool.submit(inner, log, 1)])).toEqual([
          101, 100,
        ]);
        expect(await pool.submit(outer, log, 1)).toBe(101);
      } finally {
        if ('dispose' in place) await place.dispose();
      }
    });
  },
);

test('a run in one thread computes what a bound task in it needs', { timeout: limitMs }, async () => {
  const folder = newFolder();
  const log = join(folder, 'log');
  await using cache = await openShared('files', folder);
  const targets = [bind(outer, { cache })(log, 1), inner.with({ cache: true })(log, 1)];
  expect(await run(targets, { cache, threads: 1 })).toEqual([101, 100]);
});

describe('functions that need each other', { timeout: limitMs }, () => {
  test('in two caches of one process over the same files settle', async () => {
    const folder = newFolder();
    const log = join(folder, 'log');
    await using one = await openShared('files', folder);
    await using other = await openShared('files', folder);
    letCall(6);
    const all = Promise.all([withCache(one, () => ping(log)), withCache(other, () => pong(log))]);
    expect(await all).toEqual([expect.any(Number), expect.any(Number)]);
  });

  test('in a process and its child settle', async () => {
    const folder = newFolder();
    const log = join(folder, 'log');
    await using cache = await openShared('sqlite', folder);
    letCall(3);
    const child = spawn(process.execPath, [join(fixtures, 'pongs.ts'), folder, log], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: limitMs,
    });
    let told = '';
    child.stdout.setEncoding('utf8');
    const closed = new Promise((resolve) => child.once('close', resolve));
    await new Promise<void>((resolve) =>
      child.stdout.on('data', (text: string) => {
        told += text;
        resolve();
      }),
    );
    const value = await withCache(cache, () => ping(log));
    expect(value).toEqual(expect.any(Number));
    expect(await closed).toBe(0);
    expect(told).toMatch(/^computing\nsettled \d+\n$/);
  });
});

test('patienceMs() has an end for those whom others wait for, and with who started this process', () => {
  const claim: Claim = { owner: 'x', host: hostname(), pid: process.pid, untilMs: 0 };
  const patience = { nearMs: 1, farMs: 2 };
  const told = (changes: Partial<Claim>, isInside: boolean): number =>
    patienceMs({ ...claim, ...changes }, isInside, patience);
  expect(told({ pid: 1 }, false)).toBe(Number.POSITIVE_INFINITY);
  expect(told({}, false)).toBe(Number.POSITIVE_INFINITY);
  expect(told({ pid: process.ppid }, false)).toBe(1);
  expect(told({ pid: process.ppid, host: 'elsewhere' }, false)).toBe(Number.POSITIVE_INFINITY);
  expect(told({}, true)).toBe(1);
  expect(told({ owner: 'x-t5' }, true)).toBe(2);
  expect(told({ pid: 1 }, true)).toBe(2);
});
