/** The lock that keeps two preparations or builds apart, tried with real processes. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { holdLock } from '../../tools/hold-lock.mjs';

const module = join(import.meta.dirname, '..', '..', 'tools', 'hold-lock.mjs');

describe('holdLock()', () => {
  const place = { folder: '', lock: '' };
  beforeEach(() => {
    place.folder = mkdtempSync(join(tmpdir(), 'heddle-lock-'));
    place.lock = join(place.folder, 'made', 'lock');
  });
  afterEach(() => rmSync(place.folder, { recursive: true, force: true }));

  test('is released once, and not by a second release after somebody else took it', () => {
    const release = holdLock(place.lock);
    expect(readFileSync(join(place.lock, 'pid'), 'utf8')).toBe(String(process.pid));
    release();
    expect(existsSync(place.lock)).toBe(false);
    mkdirSync(place.lock);
    writeFileSync(join(place.lock, 'pid'), '1');
    release();
    expect(existsSync(place.lock)).toBe(true);
  });

  test('takes over from a process that ended without releasing', () => {
    const left = `const { holdLock } = await import(${JSON.stringify(module)}); holdLock(${JSON.stringify(place.lock)}); process.exit(0);`;
    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', left], { timeout: 10_000 });
    expect(status).toBe(0);
    expect(existsSync(place.lock)).toBe(true);
    holdLock(place.lock)();
    expect(existsSync(place.lock)).toBe(false);
  });

  test('takes over from a process that ended before it signed', () => {
    mkdirSync(place.lock, { recursive: true });
    utimesSync(place.lock, 0, 0);
    holdLock(place.lock)();
    expect(existsSync(place.lock)).toBe(false);
  });

  test('lets one process at a time in', { timeout: 30_000 }, async () => {
    // Each reads a number and writes the next: a pair at once would lose one.
    const counter = join(place.folder, 'counter');
    writeFileSync(counter, '0');
    const program = `
      const { holdLock } = await import(${JSON.stringify(module)});
      const { readFileSync, writeFileSync } = await import('node:fs');
      for (let n = 0; n < 20; n += 1) {
        const release = holdLock(${JSON.stringify(place.lock)});
        writeFileSync(${JSON.stringify(counter)}, String(Number(readFileSync(${JSON.stringify(counter)})) + 1));
        release();
      }`;
    const children = [1, 2, 3].map(() =>
      spawn(process.execPath, ['--input-type=module', '-e', program], { timeout: 25_000, stdio: 'inherit' }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as unknown));
    expect(codes).toEqual([0, 0, 0]);
    expect(readFileSync(counter, 'utf8')).toBe('60');
  });
});
