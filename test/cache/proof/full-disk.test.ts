/** Runs with a cache on a disk that is full: the values are right, the trouble is told, and it keeps again when there is room. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSqliteIn } from '../../../src/cache/sqlite/sqlite-backend.ts';
import { type Cache, type CacheTrouble, openCache } from '../../../src/index.ts';
import { folders } from '../../fixtures/folders.ts';
import { openShared } from '../../fixtures/open-shared.ts';
import { runRound, valueOf } from '../../fixtures/proof/rounds.ts';
import { failingDriver, sqliteError } from '../../fixtures/sqlite/failing-driver.ts';

const limitMs = 60_000;
const newFolder = folders('full-disk');

/** Takes all the room of a file system. */
function fill(path: string): void {
  const { bavail, bsize } = statfsSync(join(path, '..'));
  let bytes = bavail * bsize;
  // What is written last may not fit whole.
  for (; bytes > 0; bytes -= bsize) {
    try {
      writeFileSync(path, Buffer.alloc(bytes));
      return;
    } catch {
      rmSync(path, { force: true });
    }
  }
}

interface Disk {
  readonly cache: Cache;
  readonly log: string;
  readonly troubles: readonly CacheTrouble[];
  setFull(isFull: boolean): void;
}

/** Runs while there is room, while there is none, and when there is again. @returns whether all is sound in the end */
async function expectKept({ cache, log, troubles, setFull }: Disk): Promise<boolean> {
  expect(await runRound(cache, log, 1)).toEqual(valueOf(1));
  setFull(true);
  expect(await runRound(cache, log, 2)).toEqual(valueOf(2));
  expect(troubles.map(({ message }) => message).join('\n')).toMatch(/^Cannot keep /m);
  // What it had, it has: of the second round only what is new was computed.
  expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(2 * 15 + 1);
  expect(await runRound(cache, log, 1)).toEqual(valueOf(1));
  expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(2 * 15 + 1);
  setFull(false);
  for (let times = 0; times < 2; times++) expect(await runRound(cache, log, 2)).toEqual(valueOf(2));
  const lines = readFileSync(log, 'utf8');
  expect(await runRound(cache, log, 2)).toEqual(valueOf(2));
  expect(readFileSync(log, 'utf8')).toBe(lines);
  return (await cache.verify()).isSound;
}

describe('a run with a cache on a full disk', { timeout: limitMs }, () => {
  test.for(['sqlite', 'files'] as const)('of a mount goes on, in %s', async (kind, context) => {
    const folder = newFolder();
    const mount = join(folder, 'mount');
    mkdirSync(mount);
    const { status, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', mount]);
    if (status !== 0 || error !== undefined)
      context.skip('this user may not mount a file system of a given size');
    try {
      const troubles: CacheTrouble[] = [];
      const ballast = join(mount, 'ballast');
      const cache = await openShared(kind, join(mount, 'cache'), {
        onTrouble: (trouble) => void troubles.push(trouble),
      });
      const setFull = (isFull: boolean): void => (isFull ? fill(ballast) : rmSync(ballast));
      expect(await expectKept({ cache, log: join(folder, 'log'), troubles, setFull })).toBe(true);
      await cache.close();
    } finally {
      spawnSync('umount', ['-l', mount]);
    }
  });

  test('that a database tells of goes on', async () => {
    const folder = newFolder();
    let isFull = false;
    const openDriver = failingDriver((sql) =>
      isFull && /^(?:INSERT|UPDATE|COMMIT)/.test(sql)
        ? sqliteError(13, 'database or disk is full')
        : undefined,
    );
    const troubles: CacheTrouble[] = [];
    await using cache = await openCache(openSqliteIn({ openDriver }, join(folder, 'cache.db')), {
      onTrouble: (trouble) => void troubles.push(trouble),
    });
    const setFull = (value: boolean): void => void (isFull = value);
    expect(await expectKept({ cache, log: join(folder, 'log'), troubles, setFull })).toBe(true);
  });
});
