/** Ten programs that share a cache, in which some are killed: each call is computed once, and nobody waits in vain. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { folders } from '../../fixtures/folders.ts';
import type { SharedKind } from '../../fixtures/open-shared.ts';

/** Ten processes on a busy machine with two cores. */
const limitMs = 90_000;
const newFolder = folders('many');
const program = join(import.meta.dirname, '../../fixtures/proof/hammers.ts');

/** Each call once: four rounds of fourteen sums, four texts, and twelve times four that are slow. */
const distinct = 4 * 14 + 4 + 12 * 4;

interface Hammering {
  readonly ready: Promise<unknown>;
  /** What it wrote last; `killed`. */
  readonly ended: Promise<string>;
  begin(): void;
  kill(): void;
}

function hammer(kind: SharedKind, folder: string, number: number): Hammering {
  const child = spawn(process.execPath, [program, kind, folder, join(folder, 'log'), String(number)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: limitMs,
    killSignal: 'SIGABRT',
  });
  let told = '';
  const ready = new Promise((resolve) =>
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      resolve(undefined);
    }),
  );
  const ended = new Promise<string>((resolve) =>
    child.once('close', (code, signal) =>
      resolve(signal === 'SIGKILL' ? 'killed' : `${code} ${told.trim().split('\n').at(-1)}`),
    ),
  );
  return {
    ready,
    ended,
    begin: () => void child.stdin.end('go\n'),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** How often each call was computed. */
function timesComputed(log: string): readonly number[] {
  const times = new Map<string, number>();
  for (const line of readFileSync(log, 'utf8').trimEnd().split('\n')) {
    times.set(line, (times.get(line) ?? 0) + 1);
  }
  return [...times.values()];
}

describe.for(['sqlite', 'files'] as const)(
  'ten processes with one cache in %s',
  { timeout: limitMs },
  (kind) => {
    test('compute each call once, and get the right values', async () => {
      const folder = newFolder();
      const all = Array.from({ length: 10 }, (_, i) => hammer(kind, folder, i));
      await Promise.all(all.map(({ ready }) => ready));
      for (const one of all) one.begin();
      const ended = await Promise.all(all.map((one) => one.ended));
      expect(ended).toEqual(all.map(() => '0 wrong 0'));
      const times = timesComputed(join(folder, 'log'));
      expect(times).toEqual(Array.from({ length: distinct }, () => 1));
    });

    test('of which some are killed do not wait for those', async () => {
      const folder = newFolder();
      const all = Array.from({ length: 6 }, (_, i) => hammer(kind, folder, i));
      await Promise.all(all.map(({ ready }) => ready));
      const sinceMs = systemClock.nowMs();
      for (const one of all) one.begin();
      for (const [i, afterMs] of [15, 40].entries()) {
        await systemClock.sleep(afterMs);
        all[i]?.kill();
      }
      const ended = await Promise.all(all.map((one) => one.ended));
      // A claim holds for half a minute.
      expect(systemClock.nowMs() - sinceMs).toBeLessThan(25_000);
      expect(ended.slice(2)).toEqual(all.slice(2).map(() => '0 wrong 0'));
      const times = timesComputed(join(folder, 'log'));
      expect(times.length).toBe(distinct);
      // What was being computed when its process was killed is computed once more.
      expect(times.filter((count) => count > 3)).toEqual([]);
    });
  },
);
