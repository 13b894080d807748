/** Programs with a cache that are killed at many points, and run again: nothing is lost, damaged, or computed in vain. */

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { folders } from '../../fixtures/folders.ts';
import { openShared, type SharedKind } from '../../fixtures/open-shared.ts';
import { rounds, runRounds, valueOf } from '../../fixtures/proof/rounds.ts';

/** Starting Node.js on a busy machine takes seconds. */
const limitMs = 90_000;
/** A claim holds for half a minute: less than that is told apart from waiting until it is over. */
const muchLessThanLeaseMs = 20_000;
const newFolder = folders('killed');
const program = join(import.meta.dirname, '../../fixtures/proof/runs-rounds.ts');

/** When a program is sent a signal: so long after a round was done. */
interface End {
  readonly signal: NodeJS.Signals;
  readonly round: number;
  readonly afterMs: number;
}

/** Runs the program until it ends, or is killed by itself or by us. */
function runProgram(args: readonly string[], end?: End): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  let timer: Disposable | undefined;
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
    if (end === undefined || timer !== undefined || !told.includes(`done ${end.round}\n`)) return;
    timer = systemClock.after(end.afterMs, () => child.kill(end.signal));
  });
  return new Promise((resolve) =>
    child.once('close', () => {
      timer?.[Symbol.dispose]();
      resolve(child);
    }),
  );
}

/**
 * The calls that were computed although they were kept: by a process that computed them, and then came to the end of a run.
 * (A process that only finds the value of a whole graph knows nothing of the calls in it.)
 */
function computedInVain(log: string): readonly string[] {
  const kept = new Set<string>();
  let computed: string[] = [];
  const inVain: string[] = [];
  for (const line of readFileSync(log, 'utf8').trimEnd().split('\n')) {
    if (line === 'begin') computed = [];
    else if (line.startsWith('done')) for (const one of computed) kept.add(one);
    else {
      computed.push(line);
      if (kept.has(line)) inVain.push(line);
    }
  }
  return inVain;
}

/** Runs to the end, and looks at all that is there. */
async function expectWhole(kind: SharedKind, folder: string, log: string): Promise<void> {
  const sinceMs = systemClock.nowMs();
  await using cache = await openShared(kind, folder);
  const values = await runRounds(cache, log);
  expect(systemClock.nowMs() - sinceMs).toBeLessThan(muchLessThanLeaseMs);
  expect(values).toEqual(Array.from({ length: rounds }, (_, i) => valueOf(i + 1)));
  expect(computedInVain(log)).toEqual([]);
  expect(await cache.verify()).toMatchObject({ isSound: true });
}

const ofValues = ['blob:create', 'blob:write', 'blob:rename', 'blob:renamed'];
const steps: Readonly<Record<SharedKind, readonly string[]>> = {
  sqlite: [
    ...ofValues,
    'transaction:begin',
    'transaction:write',
    'transaction:commit',
    'transaction:committed',
  ],
  files: [...ofValues, 'make', 'fill', 'close', 'rename', 'there'],
};

describe.for(['sqlite', 'files'] as const)('a program with a cache in %s', { timeout: limitMs }, (kind) => {
  test('killed at each step of writing in turn ends with the right values', async () => {
    const folder = newFolder();
    const log = join(folder, 'log');
    for (const [i, step] of steps[kind].entries()) {
      const { signalCode } = await runProgram([kind, folder, log, step, String(i % 3)]);
      expect([step, signalCode]).toEqual([step, 'SIGKILL']);
    }
    await expectWhole(kind, folder, log);
  });

  test('killed at any moment ends with the right values', async () => {
    const folder = newFolder();
    const log = join(folder, 'log');
    let killed = 0;
    for (const [round, afterMs] of [
      [0, 0],
      [0, 4],
      [1, 3],
      [2, 1],
      [4, 2],
      [6, 5],
    ] as const) {
      const { signalCode } = await runProgram([kind, folder, log], { signal: 'SIGKILL', round, afterMs });
      if (signalCode === 'SIGKILL') killed++;
    }
    expect(killed).toBeGreaterThan(0);
    await expectWhole(kind, folder, log);
  });

  test('interrupted keeps what it has finished', async () => {
    const folder = newFolder();
    const log = join(folder, 'log');
    for (const round of [1, 3]) {
      const { signalCode } = await runProgram([kind, folder, log], { signal: 'SIGINT', round, afterMs: 1 });
      expect(signalCode).toBe('SIGINT');
    }
    expect(readFileSync(log, 'utf8')).toContain('done 3\n');
    await expectWhole(kind, folder, log);
  });
});
