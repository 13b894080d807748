/** The display under a real pseudo-terminal, and at the end of a real pipe. */

import { describe, expect, test } from 'vitest';
import { hasPseudoTerminals, playInShell, playInTerminal } from '../fixtures/terminal/pseudo-terminal.ts';
import { screenOf } from '../fixtures/terminal/screen.ts';

const HIDE = '\u001b[?25l';
const SHOW = '\u001b[?25h';

/** Whether the cursor is visible at the end. */
function showsCursor(output: string): boolean {
  return output.lastIndexOf(SHOW) > output.lastIndexOf(HIDE) && output.includes(HIDE);
}

describe.skipIf(!hasPseudoTerminals)('terminal() under a pseudo-terminal', { concurrent: true }, () => {
  test('leaves the tree of the boil tutorial on the screen', async () => {
    const { output, code } = await playInTerminal('boil');
    expect(screenOf(output)).toEqual([
      '╭─(Building target hello)',
      '│ Compiling src/mandel.cc ... (✔)',
      '│ Compiling src/common.cc ... (✔)',
      '│ Compiling src/render.cc ... (✔)',
      '│ Compiling src/iterate.cc ... (✔)',
      '│ Compiling src/julia.cc ... (✔)',
      '│ Compiling main/main.cc ... (✔)',
      '│ Linking ... (✔)',
      '╰─(success)',
    ]);
    expect([code, showsCursor(output)]).toEqual([0, true]);
    expect(output).toContain('\u001b[32m(✔)\u001b[39m');
  });

  test('leaves rows, last line and summary of a large run on the screen', async () => {
    const { output } = await playInTerminal('many');
    const screen = screenOf(output);
    expect(screen).toHaveLength(10);
    expect(screen.at(-1)).toMatch(/^ {2}most time: \S.* in \d+ calls, the longest /);
    expect(screen.at(-2)).toMatch(/^ {2}8000 calls in \d+\.\d s \(300 retrieved, 1 failed\)$/u);
  });

  test('NO_COLOR leaves colours out', async () => {
    const { output } = await playInTerminal('failing', { environment: { NO_COLOR: '1' } });
    expect(output).not.toMatch(/\p{Cc}\[\d*m/u);
    expect(screenOf(output).at(-1)).toBe('╰─(failed: TypeError: c.cc is not a program)');
  });

  test.each([
    ['a locale that is not UTF-8', { LANG: 'C' }],
    ['TERM=linux', { TERM: 'linux' }],
    ['TERM=dumb', { TERM: 'dumb' }],
  ])('everything is ASCII with %s', async (_name, environment) => {
    const { output } = await playInTerminal('failing', { environment });
    expect(screenOf(output)).toEqual([
      '+-(Building target hello)',
      '| Compiling a.cc ... (retrieved)',
      '| Compiling b.cc ... (attached)',
      '| Compiling c.cc ... (failed)',
      '| Compiling d.cc ... (ok)',
      '| Linking ... (skipped)',
      '+-(failed: TypeError: c.cc is not a program)',
    ]);
  });

  test('TERM=dumb gets no escape code', async () => {
    const { output } = await playInTerminal('boil', { environment: { TERM: 'dumb' } });
    expect(output).toContain('| Linking ... (ok)\n');
    expect(output).not.toContain('\u001b');
  });

  test('CI gives plain lines, without an escape code', async () => {
    const { output } = await playInTerminal('boil', { environment: { CI: 'true', FORCE_COLOR: '1' } });
    expect(output).toContain('[start] Compiling src/mandel.cc ...\n');
    expect(output).not.toContain('\u001b');
  });

  test('no line is wider than a terminal of 20 columns', async () => {
    for (const scene of ['boil', 'many']) {
      const { output } = await playInTerminal(scene, { columns: 20 });
      for (const line of screenOf(output)) expect(line.length).toBeLessThan(20);
    }
  });

  test('what the program prints stays whole, once, and apart from the display', async () => {
    const { output } = await playInTerminal('talkative', { rows: 12 });
    const screen = screenOf(output);
    const printed = screen.filter((line) => line.startsWith('std'));
    expect(printed).toHaveLength(10);
    expect(new Set(printed).size).toBe(10);
    expect(screen.filter((line) => /^│ Reading file-\d+\.txt$/u.test(line.replace(' (✔)', '')))).toHaveLength(
      60,
    );
    expect([screen[0], screen.at(-1)]).toEqual(['╭─(Reading files)', '╰─(success)']);
  });

  test('a second sink on the terminal does not disturb the first', async () => {
    const { output } = await playInTerminal('rivals');
    const screen = screenOf(output);
    expect(screen).toHaveLength(10);
    const own = screen.filter((line) => line.startsWith('│'));
    expect(own.sort()).toEqual(
      ['one', 'one', 'three', 'three', 'two', 'two'].map((step) => `│ step ${step} (✔)`),
    );
  });

  test('Ctrl-C ends the program by the signal, with the cursor back', async () => {
    const { output, code } = await playInTerminal('waiting', {
      typed: { after: 'for a signal', keys: '\u0003' },
    });
    expect([code, showsCursor(output)]).toEqual([130, true]);
  });

  test('Ctrl-C is left to a program that listens to it', async () => {
    const { output, code } = await playInTerminal('graceful', {
      typed: { after: 'for a signal', keys: '\u0003' },
    });
    expect(code).toBe(3);
    expect(screenOf(output).slice(-2)).toEqual(['╰─(cancelled)', 'ended in order, listeners: 0']);
    expect(showsCursor(output)).toBe(true);
  });

  test('an error that nobody catches leaves the cursor visible', async () => {
    const { output, code } = await playInTerminal('throwing');
    expect([code, showsCursor(output)]).toEqual([1, true]);
    expect(output).toContain('thrown on purpose');
  });

  test('no listener, wrapper or timer is left after a run, nor keeps the process alive during one', async () => {
    expect((await playInTerminal('leftovers')).output).toContain('leftovers {"same":true,"held":true}');
    const { output, code } = await playInTerminal('forgotten');
    expect([code, showsCursor(output)]).toEqual([0, true]);
  });
});

describe('plain() at the end of a pipe', { concurrent: true }, () => {
  test('a reader that leaves early neither crashes nor stops the program', async () => {
    const { output, code } = await playInShell('log', '| head -1');
    expect([output.split('\n').sort(), code]).toEqual([['', '[run] log', 'still here'], 0]);
  });

  test('a closed stderr does not matter', async () => {
    const { code } = await playInShell('boil', '2>&-');
    expect(code).toBe(0);
  });
});
