/**
 * Processes that are killed at each step of writing to a cache in a database: nothing is damaged, all that was flushed is
 * there, and no record without its values.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSqlite } from '../../src/cache/sqlite/sqlite-backend.ts';
import type { WriteStep } from '../../src/store/sqlite/database.ts';
import { folders } from '../fixtures/folders.ts';
import { missingOf, putRound, recordOf } from '../fixtures/sqlite/work.ts';
import { withDatabase } from '../fixtures/sqlite-cache.ts';

/** Starting a program on a busy machine takes a second. */
const limitMs = 60_000;
const newFolder = folders('sqlite-crash');
const program = join(import.meta.dirname, '..', 'fixtures', 'sqlite', 'crash-program.ts');

/** As in `src/store/sqlite/README.md`, and how often each is passed at least before the program is killed there. */
const steps: readonly (readonly [WriteStep, readonly number[]])[] = [
  ['blob:create', [0, 5]],
  ['blob:write', [0, 4]],
  ['blob:rename', [0, 7]],
  ['blob:renamed', [0, 6]],
  ['transaction:begin', [0, 3]],
  ['transaction:write', [0, 1, 8]],
  ['transaction:commit', [0, 5]],
  ['transaction:committed', [0, 5]],
  ['close:checkpoint', [0]],
  ['close:close', [0]],
  ['close:closed', [0]],
];

/** Looks at what a program left, as the next one finds it. @param stdout - which rounds were flushed */
async function expectWhole(path: string, stdout: string): Promise<void> {
  const rounds = stdout.split('\n').filter((line) => line.startsWith('flushed')).length;
  const cache = openSqlite(path);
  try {
    for (let round = 0; round < rounds; round++) {
      expect(await cache.calls.get(recordOf('crashed', round).key)).toEqual(recordOf('crashed', round));
    }
    const all = await Array.fromAsync(cache.calls.select({}));
    expect(all.length).toBeGreaterThanOrEqual(rounds);
    for (const record of all) {
      expect(await missingOf(cache, record)).toEqual([]);
      expect(await Array.fromAsync(cache.calls.select({ argument: record.args[0]!.digest }))).toEqual([
        record,
      ]);
    }
    // It goes on where the other was killed.
    putRound(cache, 'crashed', rounds);
    await cache.values.flush();
    expect(await missingOf(cache, recordOf('crashed', rounds))).toEqual([]);
  } finally {
    await cache.close();
  }
  expect(withDatabase(path, (database) => database.prepare('PRAGMA integrity_check').all())).toEqual([
    { integrity_check: 'ok' },
  ]);
}

describe('a process killed', { timeout: limitMs }, () => {
  test.for(steps)('before %s leaves a whole cache', async ([step, times]) => {
    for (const passed of times) {
      const path = join(newFolder(), 'cache.db');
      const { signal, stdout, stderr } = spawnSync(process.execPath, [program, path, step, String(passed)], {
        encoding: 'utf8',
        timeout: limitMs,
      });
      expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
      expect(stdout).not.toContain('closed');
      await expectWhole(path, stdout);
    }
  });

  test.for([1, 3, 10])('at any moment after %i flushes leaves a whole cache', async (flushes) => {
    const path = join(newFolder(), 'cache.db');
    const child = spawn(process.execPath, [program, path, 'never', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.split('\n').length > flushes) child.kill('SIGKILL');
    });
    await once(child, 'close');
    expect(child.signalCode).toBe('SIGKILL');
    await expectWhole(path, stdout);
  });

  test('leaves its claims, which are over in time', async () => {
    const path = join(newFolder(), 'cache.db');
    const { signal } = spawnSync(process.execPath, [program, path, 'transaction:commit', '0'], {
      timeout: limitMs,
    });
    expect(signal).toBe('SIGKILL');
    const cache = openSqlite(path);
    const { calls: records } = cache;
    const claim = { owner: 'next', host: 'here', pid: process.pid, untilMs: 3e15 };
    const { key } = recordOf('crashed', 0);
    expect((await records.claim(key, claim, 1))?.owner).toBe('crashed');
    expect(await records.claim(key, claim, 2e15)).toBeUndefined();
    await cache.close();
  });
});
