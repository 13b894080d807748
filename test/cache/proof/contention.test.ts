/** Calls that many wait for, and whoever computes them gives up, is ended, or is closed: somebody else computes them. */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { type Cache, type Executor, openProcesses, openThreads, run } from '../../../src/index.ts';
import { folders } from '../../fixtures/folders.ts';
import { openShared, type SharedKind } from '../../fixtures/open-shared.ts';
import { proof } from '../../fixtures/tasks/proof-tasks.ts';

/** Starting Node.js on a busy machine takes seconds. */
const limitMs = 60_000;
/** A claim holds for half a minute: less than that is told apart from waiting until it is over. */
const muchLessThanLeaseMs = 20_000;
const newFolder = folders('contention');
const program = join(import.meta.dirname, '../../fixtures/proof/waits.ts');

function linesOf(log: string): readonly string[] {
  return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await systemClock.sleep(5);
}

interface Waiting {
  readonly ready: Promise<void>;
  readonly ended: Promise<string>;
  abort(): void;
  kill(): void;
}

function startWaiting(args: readonly string[]): Waiting {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: limitMs,
    killSignal: 'SIGABRT',
  });
  let told = '';
  const ready = new Promise<void>((resolve) =>
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      resolve();
    }),
  );
  const ended = new Promise<string>((resolve) =>
    child.once('close', (_, signal) => resolve(signal ?? told.trim().split('\n').at(-1) ?? '')),
  );
  return {
    ready,
    ended,
    abort: () => void child.stdin.end('stop\n'),
    kill: () => void child.kill('SIGKILL'),
  };
}

interface Scene {
  readonly cache: Cache;
  readonly log: string;
  readonly path: string;
  readonly args: readonly string[];
}

async function withScene(kind: SharedKind, act: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = newFolder();
  const [log, path] = [join(folder, 'log'), join(folder, 'there')];
  const cache = await openShared(kind, folder);
  try {
    await act({ cache, log, path, args: [kind, folder, log, path] });
  } finally {
    // Whatever failed: nobody goes on waiting for it.
    writeFileSync(path, '');
    await cache.close();
  }
}

describe.for(['sqlite', 'files'] as const)(
  'a call that others wait for, in %s,',
  { timeout: limitMs },
  (kind) => {
    test.each(['abort', 'kill'] as const)('is computed by one of them after an %s', (how) =>
      withScene(kind, async ({ cache, log, path, args }) => {
        const first = startWaiting(args);
        await until(() => linesOf(log).length === 1);
        const others = [startWaiting(args), startWaiting(args)];
        await Promise.all(others.map(({ ready }) => ready));
        const here = [0, 1].map(() => run(proof.untilThere(log, path), { cache }));
        const sinceMs = systemClock.nowMs();
        first[how]();
        expect(await first.ended).toBe(how === 'abort' ? 'AbortError' : 'SIGKILL');
        await until(() => linesOf(log).length === 2);
        writeFileSync(path, '');
        expect(await Promise.all(here)).toEqual([7, 7]);
        expect(await Promise.all(others.map(({ ended }) => ended))).toEqual(['7', '7']);
        expect(systemClock.nowMs() - sinceMs).toBeLessThan(muchLessThanLeaseMs);
        expect(linesOf(log)).toHaveLength(2);
      }),
    );

    test('is computed elsewhere when the executor is disposed of', () =>
      withScene(kind, async ({ cache, log, path, args }) => {
        const executor = openThreads({ workers: 1 });
        const mine = run(proof.untilThere(log, path), { cache, executor });
        const refusal = mine.catch((error: unknown) => error);
        await until(() => linesOf(log).length === 1);
        const other = startWaiting(args);
        await other.ready;
        await executor.dispose();
        expect(await refusal).toMatchObject({ code: 'HEDDLE_CLOSED' });
        await until(() => linesOf(log).length === 2);
        writeFileSync(path, '');
        expect(await other.ended).toBe('7');
      }));
  },
);

// Elsewhere nothing tells of them: the claim of one holds for half a minute.
test.skipIf(process.platform !== 'linux')(
  'a call of a process that was killed, and that nobody has asked for, is computed at once',
  { timeout: limitMs },
  async () => {
    const folder = newFolder();
    await using cache = await openShared('sqlite', folder);
    const keeper = spawn('sh', ['-c', 'true & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const pid = await new Promise<number>((resolve) =>
        keeper.stdout.setEncoding('utf8').once('data', (text: string) => resolve(Number(text))),
      );
      const claim = { owner: 'killed', host: hostname(), pid, untilMs: Number.MAX_SAFE_INTEGER };
      const log = join(folder, 'log');
      await cache.engine.parts.backend.calls.claim(cache.digest(proof.add, log, 1, 1), claim, 0);
      expect(await run(proof.add(log, 1, 1), { cache })).toBe(2);
    } finally {
      keeper.kill('SIGKILL');
    }
  },
);

const kinds: readonly (readonly [string, () => Executor])[] = [
  ['threads', () => openThreads({ workers: 1 })],
  ['processes', () => openProcesses({ workers: 1 })],
];

test.for(kinds)(
  'a call that ends its worker is tried again, and remembered, in %s',
  { timeout: limitMs },
  async ([, open]) => {
    const folder = newFolder();
    const log = join(folder, 'log');
    await using cache = await openShared('sqlite', folder);
    await using executor = open();
    for (let times = 0; times < 2; times++) {
      expect(await run(proof.endsOnce(log), { cache, executor })).toBe(1);
      expect(linesOf(log)).toEqual(['endsOnce', 'endsOnce']);
    }
  },
);
