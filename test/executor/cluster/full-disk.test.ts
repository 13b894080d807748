/** Jobs whose shared folder is on a disk that is full. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LocalEngine, openCluster } from '../../../src/cluster.ts';
import { openLocal, testFolder } from '../../fixtures/local-cluster.ts';
import { processTasks } from '../../fixtures/tasks/process-tasks.ts';

const { add, same } = processTasks;

/** Takes all the room of a file system. */
function fill(path: string): void {
  const { bavail, bsize } = statfsSync(join(path, '..'));
  for (let bytes = bavail * bsize; bytes > 0; bytes -= bsize) {
    try {
      writeFileSync(path, Buffer.alloc(bytes));
      return;
    } catch {
      // What is written last may not fit whole.
      rmSync(path, { force: true });
    }
  }
}

test('a full shared disk: calls go on, large values travel in messages, and a new run says why it cannot begin', {
  timeout: 30_000,
}, async (context) => {
  const disk = join(testFolder(), 'disk');
  mkdirSync(disk);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'heddle', disk], {
    stdio: 'ignore',
  });
  // Only root may mount, and not in every container.
  if (status !== 0) context.skip('this user may not mount a small disk');
  onTestFinished(() => void spawnSync('umount', ['-l', disk], { stdio: 'ignore' }));
  const { executor } = await openLocal({ folder: disk, references: { leastBytes: 1000 } });
  expect(await executor.submit(add, 1, 2)).toBe(3);
  const large = new Uint8Array(2 ** 21).fill(7);
  expect(await executor.submit(same, large)).toEqual(large);
  fill(join(disk, 'all'));
  expect(await executor.submit(same, large)).toEqual(large);
  expect(await executor.submit(add, 1, 2)).toBe(3);
  await expect(openCluster({ engine: new LocalEngine(), workers: 1, folder: disk })).rejects.toThrow(
    /ENOSPC/,
  );
  await executor.dispose();
  expect(readdirSync(disk)).toEqual(['all']);
});
