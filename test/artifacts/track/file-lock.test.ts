/** The lock of a file: one holder at a time, in the order of nobody, and gone afterwards. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockFile } from '../../../src/artifacts/track/file-lock.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { folders } from '../../fixtures/folders.ts';

const newFolder = folders('lock');
const limitMs = 30_000;

describe('lockFile()', () => {
  test('lets one in at a time, and leaves nothing', { timeout: limitMs }, async () => {
    const folder = newFolder();
    const path = join(folder, 'project.json');
    let inside = 0;
    let most = 0;
    let turns = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let turn = 0; turn < 4; turn++) {
          const lock = await lockFile(path, { clock: systemClock, waitMs: limitMs });
          most = Math.max(most, ++inside);
          turns++;
          expect(await lock.isHeld()).toBe(true);
          inside--;
          await lock.release();
        }
      }),
    );
    expect([most, turns]).toEqual([1, 32]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('tells whoever comes too late, and goes on for whoever holds it', async () => {
    const path = join(newFolder(), 'project.json');
    const lock = await lockFile(path, { clock: systemClock, waitMs: 0 });
    await expect(lockFile(path, { clock: systemClock, waitMs: 20 })).rejects.toMatchObject({
      code: 'HEDDLE_SAVE_FAILED',
    });
    expect(await lock.isHeld()).toBe(true);
    await lock.release();
    await lock.release();
    expect(existsSync(join(path, '../.project.json.lock'))).toBe(false);
  });

  test('that was lost is not held', async () => {
    const path = join(newFolder(), 'project.json');
    // A clock that stood still: by the other one the claim is long over.
    const slow = { ...systemClock, epochMs: () => systemClock.epochMs() - 3_600_000 };
    const lost = await lockFile(path, { clock: slow, waitMs: 0 });
    const lock = await lockFile(path, { clock: systemClock, waitMs: 0 });
    expect([await lost.isHeld(), await lock.isHeld()]).toEqual([false, true]);
    await lost.release();
    expect(await lock.isHeld()).toBe(true);
    await lock.release();
  });
});
