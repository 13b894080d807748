/** Collecting garbage beside processes that fill the same cache. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import type { Digest } from '../../../src/index.ts';
import { folders } from '../../fixtures/folders.ts';
import { openShared, type SharedKind } from '../../fixtures/open-shared.ts';

const newFolder = folders('garbage');
const program = join(import.meta.dirname, '../../fixtures/programs/fills-cache.ts');

/** Starts a process that fills the cache; gives the digests of the calls that it finished. */
function fill(kind: SharedKind, folder: string, seed: number, forMs: number): Promise<readonly Digest[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, kind, folder, String(seed), String(forMs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 50_000,
      killSignal: 'SIGKILL',
    });
    let text = '';
    child.stdout.on('data', (data) => (text += String(data)));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(JSON.parse(text) as Digest[]) : reject(new Error(`ended with ${code}`)),
    );
  });
}

test.each(['files', 'sqlite'] as const)(
  'gc() of %s in a loop loses nothing that records of other processes refer to',
  {
    timeout: 60_000,
  },
  async (kind) => {
    const folder = newFolder();
    await using cache = await openShared(kind, folder);
    let isOver = false;
    const filling = Promise.all([1, 2].map((seed) => fill(kind, folder, seed, 6000))).finally(() => {
      isOver = true;
    });
    let collected = 0;
    let rounds = 0;
    while (!isOver) {
      collected += (await cache.gc({ graceMs: 300 })).values;
      rounds++;
      await systemClock.sleep(20);
    }
    const finished = (await filling).flat();
    const { broken, damaged } = await cache.verify();
    expect({ broken, damaged }).toEqual({ broken: [], damaged: [] });
    for (const digest of finished) expect(await cache.has(digest)).toBe(true);
    expect(rounds).toBeGreaterThan(3);
    expect(finished.length).toBeGreaterThan(3);
    // Otherwise nothing was at risk.
    expect(collected).toBeGreaterThan(0);
  },
);
