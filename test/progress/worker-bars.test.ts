/** Bars of calls that run in workers, on the terminal of the program that has the workers. */

import { describe, expect, test } from 'vitest';
import { openPool } from '../../src/index.ts';
import { pqdm } from '../../src/threads.ts';
import { barTasks } from '../fixtures/tasks/bar-tasks.ts';
import {
  hasPseudoTerminals,
  type Played,
  type PlayOptions,
  playInShell,
  playInTerminal,
} from '../fixtures/terminal/pseudo-terminal.ts';
import { screenOf } from '../fixtures/terminal/screen.ts';

const program = new URL('../fixtures/progress/play-worker-bars.ts', import.meta.url);
const HIDE = '\u001b[?25l';
const SHOW = '\u001b[?25h';
const END = '\u001b[?2026l';
/** Starting Node.js several times on a busy machine takes seconds. */
const limitMs = 30_000;

function played(scene: string, options: PlayOptions = {}): Promise<Played> {
  return playInTerminal(scene, { ...options, program });
}

/** Whether the cursor was hidden, and is visible at the end. */
function showsCursor(output: string): boolean {
  return output.lastIndexOf(SHOW) > output.lastIndexOf(HIDE) && output.includes(HIDE);
}

/** All that the terminal has shown, one screen for each frame. */
function framesOf(output: string): string[][] {
  const frames: string[][] = [];
  for (let at = output.indexOf(END); at >= 0; at = output.indexOf(END, at + 1)) {
    frames.push(screenOf(output.slice(0, at)));
  }
  return frames;
}

const namesOf = (lines: readonly string[]): string[] => lines.map((line) => line.split(':')[0] ?? '');

describe.skipIf(!hasPseudoTerminals).each(['threads', 'processes'])(
  'bars of calls in %s',
  { timeout: limitMs, concurrent: true },
  (kind) => {
    test('stand below those of the program, in the order in which they began, as its own do', async () => {
      const { output, code } = await played(`beside ${kind}`, { columns: 90 });
      const frames = framesOf(output).filter((lines) => lines.length === 3);
      for (const lines of frames.slice(0, -2)) {
        expect(namesOf(lines).toSorted()).toEqual(['host', 'one', 'two']);
      }
      const both = frames.find(
        ([first, ...bars]) => first?.startsWith('host: ') && bars.every((bar) => / [2-5]\d%/u.test(bar)),
      );
      expect(both?.[0]).toMatch(/^host: {3}0%\| +\| 0\/2 \[00:0\d<\?, \?it\/s\]$/u);
      for (const line of both?.slice(1) ?? []) {
        expect(line).toMatch(
          /^(one|two): {2}\d\d%\|█+.? *\| \d\d\/60 \[00:0\d<00:0\d, [ \d]\d\.\d\dit\/s, of=\1\]$/u,
        );
        expect(line).toHaveLength(89);
      }
      const last = screenOf(output);
      expect(namesOf(last).toSorted()).toEqual(['host', 'one', 'two']);
      for (const line of last) expect(line).toMatch(/: 100%\|█+\| (2\/2|60\/60) /u);
      expect([code, showsCursor(output)]).toEqual([0, true]);
    });

    test('end with a worker that dies: they stay as they were last, or leave', async () => {
      const { output, code } = await played(`dying ${kind}`);
      expect(framesOf(output).some((lines) => lines.at(-1)?.startsWith('doomed false:  25%'))).toBe(true);
      const [stays, ...rest] = screenOf(output);
      expect(stays).toMatch(/^doomed true: {2}25%\|.*\| 1\/4 \[00:0\d<00:0\d, /u);
      expect(rest).toEqual(['WorkerLostError', 'WorkerLostError', expect.stringMatching(/^host: 100%/u)]);
      expect([code, showsCursor(output)]).toEqual([0, true]);
    });

    test('end with a run that was given up on', async () => {
      const { output, code } = await played(`cancelled ${kind}`);
      expect(framesOf(output).some((lines) => lines[0]?.startsWith('spinning: '))).toBe(true);
      expect(screenOf(output)).toEqual(['given up', 'let go']);
      expect([code, showsCursor(output)]).toEqual([0, true]);
    });

    test('end with their call, before its outcome is told, if the call has not ended them', async () => {
      const { output, code } = await played(`forgotten ${kind}`);
      expect(screenOf(output)).toEqual([
        expect.stringMatching(/^one: {2}75%\|/u),
        expect.stringMatching(/^two: {2}75%\|/u),
        'same true',
      ]);
      expect([code, showsCursor(output)]).toEqual([0, true]);
    });

    test('a thousand short ones, one after another, lose no last line', async () => {
      const { output, code } = await played(`many ${kind}`);
      const names = Array.from({ length: 1000 }, (_, number) => `staying ${number}`);
      expect(namesOf(screenOf(output))).toEqual([...names, 'host']);
      expect([code, showsCursor(output)]).toEqual([0, true]);
    });

    test('say all that bars say; what write() writes comes above', async () => {
      const { output } = await played(`sayAll ${kind}`);
      expect(
        framesOf(output).some(([line]) => /^ 50%\|.*1\.00k\/2\.00k \[.*loss=0\.5\]$/u.test(line ?? '')),
      ).toBe(true);
      expect(screenOf(output)).toEqual([
        'above all',
        expect.stringMatching(
          /^renamed: {2}25%\|.*\| 1\.00k\/4\.00k \[00:0\d<00:0\d, .*B\/s, loss=0\.25\]$/u,
        ),
      ]);
    });

    test('are drawn by their own render, in the worker', async () => {
      const { output } = await played(`drawItself ${kind}`);
      expect(framesOf(output).some(([line]) => line === '1 of 2 in 79')).toBe(true);
      expect(screenOf(output)).toEqual(['2 of 2 in 79']);
    });

    test('come from workers of workers', async () => {
      const { output } = await played(`passOn ${kind}`);
      expect(framesOf(output).some(([line]) => /^inner: {2}[1-9]\d%/u.test(line ?? ''))).toBe(true);
      expect(screenOf(output)).toEqual([expect.stringMatching(/^inner: 100%\|█+\| 20\/20 /u)]);
    });

    test('are silent in a pipe, unless told to speak', async () => {
      const { output, code } = await playInShell(`piped ${kind}`, '2>&1 | cat', { program });
      expect(output).toMatch(/^(log: +\d+% \d+\/20 \[.*\]\n)?log: 100% 20\/20 \[.*\]\n$/u);
      expect(code).toBe(0);
    });
  },
);

describe('openProgress() in a worker', { timeout: limitMs }, () => {
  test.each(['threads', 'processes'] as const)('of kind %s costs some nanoseconds an add()', async (kind) => {
    const pool = openPool(barTasks.nanosecondsPerAdd, { kind, workers: 1 });
    const ns = await pool.submit(3_000_000);
    await pool.dispose();
    // Far above what it is, as machines that run tests are busy.
    expect(ns).toBeLessThan(200);
  });

  test('pqdm() too lets its bars through', async () => {
    const results = pqdm([1_000, 1_000], barTasks.nanosecondsPerAdd, 2, {
      disable: true,
      exceptionBehaviour: 'immediate',
    });
    expect(await results.toArray()).toHaveLength(2);
  });
});
