/** Bars under a real pseudo-terminal, and at the end of a real pipe. */

import { describe, expect, test } from 'vitest';
import {
  hasPseudoTerminals,
  type Played,
  type PlayOptions,
  playInShell,
  playInTerminal,
} from '../fixtures/terminal/pseudo-terminal.ts';
import { screenOf } from '../fixtures/terminal/screen.ts';

const program = new URL('../fixtures/progress/play-bars.ts', import.meta.url);
const HIDE = '\u001b[?25l';
const SHOW = '\u001b[?25h';

function played(scene: string, options: PlayOptions = {}): Promise<Played> {
  return playInTerminal(scene, { ...options, program });
}

/** Whether the cursor was hidden, and is visible at the end. */
function showsCursor(output: string): boolean {
  return output.lastIndexOf(SHOW) > output.lastIndexOf(HIDE) && output.includes(HIDE);
}

describe.skipIf(!hasPseudoTerminals)('progress() under a pseudo-terminal', { concurrent: true }, () => {
  test('draws a loop that leaves the timers no time, and leaves its last line', async () => {
    const { output, code } = await played('blocking');
    expect(screenOf(output)).toEqual([
      expect.stringMatching(/^squares: 100%\|█+\| 60\/60 \[00:00<00:00, \d+\.\d\dit\/s, loss=0\.125\]$/u),
    ]);
    expect(screenOf(output)[0]).toHaveLength(79);
    expect([code, showsCursor(output)]).toEqual([0, true]);
    expect(output).toMatch(/squares: {2}[1-9]\d%\|/u);
  });

  test('nests; what the program prints and writes stays whole, above, in order', async () => {
    const { output } = await played('nested');
    const [last, ...printed] = screenOf(output).reverse();
    expect(printed.reverse()).toEqual(
      ['a', 'b', 'c'].flatMap((file) => [`stdout: in ${file}`, `above: in ${file}`]),
    );
    expect(last).toMatch(/^files: 100%\|█+\| 3\/3 /u);
    expect(output).toContain('lines of b: ');
  });

  test('a hundred bars keep their order and lose no last line', async () => {
    const { output } = await played('hundred', { rows: 12 });
    expect(screenOf(output).map((line) => line.split(':')[0])).toEqual(
      Array.from({ length: 100 }, (_, number) => `bar ${number}`),
    );
    expect(output).toContain('… 91 more bars');
  });

  test('a run and a bar share the terminal', async () => {
    const { output } = await played('beside');
    const screen = screenOf(output);
    expect(screen.filter((line) => !line.startsWith('files'))).toEqual([
      '╭─(Building)',
      '│ Compiling a.cc ... (✔)',
      '│ Compiling b.cc ... (✔)',
      '│ Compiling c.cc ... (✔)',
      '╰─(success)',
    ]);
    expect(screen).toHaveLength(6);
    expect(output).toMatch(/files: {2}33%/u);
  });

  test.each([
    ['a locale that is not UTF-8', { LANG: 'C' }],
    ['TERM=linux', { TERM: 'linux' }],
  ])('everything is ASCII with %s', async (_name, environment) => {
    const { output } = await played('strange', { environment });
    expect(output).toMatch(/^[ -~\p{Cc}]*$/u);
    expect(screenOf(output)[0]).toMatch(/^\?+(?:\.\.\.)?: 100%\|#+\| 20\/20 /u);
  });

  test('NO_COLOR leaves colours out', async () => {
    const { output } = await played('blocking', { environment: { NO_COLOR: '1' } });
    expect(output).not.toMatch(/\p{Cc}\[\d*m/u);
  });

  test('TERM=dumb gets a plain line, CI nothing', async () => {
    const dumb = await played('blocking', { environment: { TERM: 'dumb' } });
    expect(dumb.output).toMatch(/^squares: 100% 60\/60 [ -~]*\n$/u);
    const ci = await played('blocking', { environment: { CI: 'true' } });
    expect(ci.output).toBe('');
  });

  test('no line is wider than a terminal of 20 columns', async () => {
    const { output } = await played('blocking', { columns: 20 });
    for (const line of screenOf(output)) expect(line.length).toBeLessThan(20);
    expect(screenOf(output)).toHaveLength(1);
  });

  test('wide characters are cut so that the line fits', async () => {
    const { output } = await played('strange', { columns: 60 });
    const [line = ''] = screenOf(output);
    expect(line).toMatch(/^日本語.*…: 100%\|█+\| 20\/20 /u);
    const wide = line.match(/\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|ー/gu)?.length ?? 0;
    expect(line.length + wide).toBeLessThan(60);
  });

  test('keeps within a terminal that becomes narrower meanwhile', async () => {
    const { output } = await played('resized');
    const since = output.slice(output.indexOf('narrow now\n') + 'narrow now\n'.length);
    const widths = screenOf(since).map((line) => line.length);
    expect(output).toContain('narrow now\n');
    expect(Math.max(...widths)).toBeLessThan(40);
  });

  test('Ctrl-C ends the program by the signal, with the cursor back', async () => {
    const { output, code } = await played('waiting', { typed: { after: 'for a signal', keys: '\u0003' } });
    expect([code, showsCursor(output)]).toEqual([130, true]);
  });

  test('an error of the loop ends the bar, with the cursor back', async () => {
    const { output, code } = await played('throwing');
    expect([code, showsCursor(output)]).toEqual([1, true]);
    expect(output).toMatch(/25%.* 20\/80 /u);
    expect(output.indexOf('Error: thrown on purpose')).toBeGreaterThan(output.lastIndexOf(SHOW));
  });

  test('no listener, wrapper or timer is left, nor keeps the process alive', async () => {
    const { output } = await played('leftovers');
    expect(output).toContain('leftovers {"same":true,"held":true}');
    expect(output).not.toContain('Warning');
    const forgotten = await played('forgotten');
    expect([forgotten.code, showsCursor(forgotten.output)]).toEqual([0, true]);
  });
});

describe('progress() at the end of a pipe', { concurrent: true }, () => {
  test('is silent unless told to speak; a reader that leaves early does not stop the program', async () => {
    const { output, code } = await playInShell('piped', '| head -1', { program });
    const lines = output.trimEnd().split('\n').sort();
    expect(lines).toEqual([expect.stringMatching(/^loop 0: 100% 3\/3 /u), 'still here']);
    expect(code).toBe(0);
  });

  test('a closed stderr does not matter', async () => {
    const { code } = await playInShell('blocking', '2>&-', { program });
    expect(code).toBe(0);
  });
});
