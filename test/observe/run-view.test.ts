/** How a run is shown, line by line. */

import { describe, expect, test } from 'vitest';
import { asciiGlyphs, unicodeGlyphs } from '../../src/observe/glyphs.ts';
import { plainText } from '../../src/observe/line.ts';
import { RunView, type ViewMode } from '../../src/observe/run-view.ts';
import { RunWatch } from '../../src/observe/snapshot.ts';
import { RunScript } from '../fixtures/terminal/run-script.ts';

/** A view whose finished lines pile up, as on a screen, with the live ones below them. */
function viewed({
  mode = 'auto' as ViewMode,
  glyphs = unicodeGlyphs,
  title = 'Building target hello',
  room = 20,
} = {}) {
  const watch = new RunWatch();
  const at = { ms: 0 };
  const printed: string[] = [];
  let view: RunView | undefined;
  const script = new RunScript(
    {
      emit(event) {
        watch.add(event);
        const run = watch.live(1);
        if (event.kind === 'run-started' && run !== undefined) {
          view = new RunView(run, title, mode, { glyphs, columns: 0, measure: (text) => text.length });
        }
        view?.add(event);
      },
    },
    () => at.ms,
  );
  const lines = (columns = 80): string[] => {
    watch.measure(at.ms);
    printed.push(...(view?.take(room, columns) ?? []).map(plainText));
    return [...printed, ...(view?.live(room, at.ms, columns) ?? []).map(plainText)];
  };
  return { script, at, lines };
}

test('the last lines of a run tell where its time went, if it took any', () => {
  const { script, at, lines } = viewed({ mode: 'grouped' });
  script.begin().add('read', 2).add('fit', 1).add('look', 1);
  for (const [task, tookMs] of [
    ['read', 400],
    ['read', 1200],
    ['fit', 4000],
    ['look', 1],
  ] as const) {
    const call = script.start(task);
    at.ms += tookMs;
    script.settle(call, { durationMs: tookMs });
  }
  script.end();
  expect(lines().slice(-2)).toEqual([
    '  4 calls in 5.6 s',
    '  most time: fit 4.0 s; read 1.6 s in 2 calls, the longest 1.2 s',
  ]);
});

describe('RunView as a tree', () => {
  test('lines() of the boil tutorial', () => {
    const { script, lines } = viewed();
    script.begin().add('compile', 2).add('link', 1);
    const first = script.start('compile', { text: 'Compiling src/mandel.cc ... ' });
    const second = script.start('compile', { text: 'Compiling src/julia.cc ... ' });
    script.settle(second);
    expect(lines()).toEqual([
      '╭─(Building target hello)',
      '│ Compiling src/mandel.cc ... ⠋',
      '│ Compiling src/julia.cc ... (✔)',
      '│ 1/3  1 running  0:00',
    ]);
    script.settle(first).settle(script.start('link', { text: 'Linking ... ' }));
    script.end();
    expect(lines()).toEqual([
      '╭─(Building target hello)',
      '│ Compiling src/mandel.cc ... (✔)',
      '│ Compiling src/julia.cc ... (✔)',
      '│ Linking ... (✔)',
      '╰─(success)',
    ]);
  });

  test.each([
    ['(retrieved)', { how: 'retrieved' }],
    ['(attached)', { how: 'attached' }],
    ['(skipped)', { is: 'skipped' }],
  ] as const)('take() marks a call that did not start with %s', (mark, settling) => {
    const { script, lines } = viewed();
    script.begin().add('compile', 1).unstarted('compile', { text: 'Compiling a.c ...' }, settling).end();
    expect(lines()).toContain(`│ Compiling a.c ... ${mark}`);
  });

  test('take() leaves the mark out without the confirm hint', () => {
    const { script, lines } = viewed();
    script.begin().add('say', 1);
    script.settle(script.start('say', { text: 'Hello', confirm: false })).end();
    expect(lines()).toEqual(['╭─(Building target hello)', '│ Hello', '╰─(success)']);
  });

  test('take() tells the one failure in the last line', () => {
    const { script, lines } = viewed();
    script.begin().add('compile', 1);
    script.settle(script.start('compile', { text: 'Compiling a.c ...' }), { failure: 'TypeError: not\n C' });
    script.end('failure', 'TypeError: not\n C');
    expect(lines().slice(1)).toEqual(['│ Compiling a.c ... (✘)', '╰─(failed: TypeError: not  C)']);
  });

  test('take() counts several failures, failure-values among them, and lists them after the last line', () => {
    const { script, lines } = viewed();
    script.begin().add('compile', 2);
    script.settle(script.start('compile', { text: 'Compiling a.c ...' }), { failure: 'TypeError: no' });
    script.settle(script.start('compile', { text: 'Compiling b.c ...' }), {
      is: 'failure-value',
      failure: 'Error: bad',
    });
    script.end('failure', 'TypeError: no');
    expect(lines().slice(3)).toEqual([
      '╰─(2 failed)',
      '(✘) Compiling a.c: TypeError: no',
      '(✘) Compiling b.c: Error: bad',
    ]);
  });

  test('take() tells a failure of a call that has no line at once', () => {
    const { script, lines } = viewed({ mode: 'tree' });
    script.begin().add('divide', 1);
    script.settle(script.start('divide'), { failure: 'RangeError: division by zero' });
    expect(lines()).toContain('│ (✘) divide: RangeError: division by zero');
  });

  test('take() tells of a cancelled run, and of a run that failed without a failed call', () => {
    const cancelled = viewed();
    cancelled.script.begin().end('cancelled');
    expect(cancelled.lines().at(-2)).toBe('╰─(cancelled)');
    const failed = viewed();
    failed.script.begin().end('failure', 'Error: out of workers');
    expect(failed.lines()).toContain('╰─(failed: Error: out of workers)');
  });

  test('live() shows attempts, and how long a slow call has taken', () => {
    const { script, at, lines } = viewed();
    script.begin().add('fetch', 1);
    const call = script.start('fetch', { text: 'Fetching' });
    script.retry(call, 'Error: busy');
    expect(lines()[1]).toBe('│ Fetching (attempt 1 failed: Error: busy)');
    script.again(call);
    at.ms = 65_000;
    expect(lines()[1]).toBe('│ Fetching ⠋ attempt 2 1:05');
  });

  test('live() stays within its room: settled lines scroll away, running ones are counted', () => {
    const { script, lines } = viewed({ room: 5 });
    script.begin().add('read', 30);
    const calls = Array.from({ length: 12 }, (_, index) =>
      script.start('read', { text: `Reading ${index}` }),
    );
    expect(lines().slice(1)).toEqual([
      '│ Reading 0 ⠋',
      '│ Reading 1 ⠋',
      '│ Reading 2 ⠋',
      '│ … 9 more running',
      '│ 0/30  12 running  0:00',
    ]);
    for (const call of calls.slice(1)) script.settle(call);
    const after = lines();
    expect(after).toContain('│ Reading 1 (✔)');
    expect(after.slice(-5)).toEqual([
      '│ Reading 0 ⠋',
      '│ Reading 9 (✔)',
      '│ Reading 10 (✔)',
      '│ Reading 11 (✔)',
      '│ 11/30  1 running  0:00',
    ]);
  });

  test('lines() are ASCII with ASCII glyphs', () => {
    const { script, lines } = viewed({ glyphs: asciiGlyphs });
    script.begin().add('compile', 2);
    script.settle(script.start('compile', { text: 'Compiling a.c ...' }));
    script.settle(script.start('compile', { text: 'Compiling b.c ...' }), { failure: 'Error: no' });
    script.end('failure', 'Error: no');
    expect(lines()).toEqual([
      '+-(Building target hello)',
      '| Compiling a.c ... (ok)',
      '| Compiling b.c ... (failed)',
      '+-(failed: Error: no)',
    ]);
  });

  test('lines() of texts with escape codes and line breaks stay one line each', () => {
    const { script, lines } = viewed({ title: 'a\u001b[2J\u202eb\nc' });
    script.begin().add('say', 1);
    script.settle(script.start('say', { text: '\u001b]0;title\u0007one\r\ntwo\u009b31m' })).end();
    expect(lines()).toEqual(['╭─(ab c)', '│ one two 31m (✔)', '╰─(success)']);
  });
});

describe('RunView by task', () => {
  test('live() has a row for each task, and one for all', () => {
    const { script, at, lines } = viewed();
    script.begin().add('readFile', 3000).add('compress', 1000);
    for (let index = 0; index < 1500; index += 1) script.settle(script.start('readFile'));
    for (let index = 0; index < 250; index += 1) script.unstarted('compress', {}, { how: 'retrieved' });
    lines();
    at.ms = 2000;
    expect(lines()).toEqual([
      '╭─(Building target hello)',
      '│ readFile  ━━━━━━━━━━━╺──────────  1500/3000                  750/s   0:02 left',
      '│ compress  ━━━━━╸────────────────   250/1000  retrieved 250   125/s   0:06 left',
      '│ all       ━━━━━━━━━╸────────────  1750/4000  retrieved 250   875/s   0:03 left',
    ]);
  });

  test('live() keeps the order of rows, and leaves out tasks that are through first', () => {
    const { script, lines } = viewed({ room: 5 });
    script.begin();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) script.add(name, 1);
    script.settle(script.start('a')).settle(script.start('c'));
    const rows = lines()
      .slice(1)
      .map((line) => line.replace(/ +[━─╸╺]+ +/u, ' '));
    expect(rows).toEqual(['│ b 0/1', '│ d 0/1', '│ e 0/1', '│ … 3 more tasks', '│ all 2/6']);
  });

  test('live() gives up columns on a narrow terminal, and no row is too wide', () => {
    for (const columns of [20, 30, 40, 60, 79, 120, 200]) {
      const { script, at, lines } = viewed();
      script.begin().add('readEveryFileInTheFolder', 300).add('b', 2);
      for (let index = 0; index < 150; index += 1) script.settle(script.start('readEveryFileInTheFolder'));
      at.ms = 2000;
      const rows = lines(columns).slice(1);
      expect(rows).toHaveLength(3);
      for (const row of rows) expect(row.length).toBeLessThanOrEqual(columns);
      expect(rows[0]).toContain('150/300');
    }
  });

  test('take() ends with the rows, the last line and a summary', () => {
    const { script, at, lines } = viewed();
    script.begin().add('square', 300);
    for (let index = 0; index < 299; index += 1) script.settle(script.start('square'));
    script.settle(script.start('square'), { failure: 'RangeError: too large' });
    at.ms = 3210;
    script.end('failure', 'RangeError: too large');
    expect(lines()).toEqual([
      '╭─(Building target hello)',
      '│ (✘) square: RangeError: too large',
      `│ square  ${'━'.repeat(31)}  300/300  failed 1`,
      '╰─(failed: RangeError: too large)',
      '  300 calls in 3.2 s (1 failed)',
    ]);
  });

  test('take() tells ten failures one by one, and counts the others', () => {
    const { script, lines } = viewed();
    script.begin().add('square', 300);
    for (let index = 0; index < 300; index += 1)
      script.settle(script.start('square'), { failure: 'Error: no' });
    expect(lines().filter((line) => line.includes('(✘)'))).toHaveLength(10);
  });

  test('a tree becomes progress by task when the run grows past 200 calls', () => {
    const { script, lines } = viewed();
    script.begin().add('read', 2);
    const call = script.start('read', { text: 'Reading a' });
    expect(lines()[1]).toBe('│ Reading a ⠋');
    script.add('read', 1000);
    expect(lines()[1]).toMatch(/^│ read +─+ +0\/1002$/u);
    script.settle(call);
    expect(lines()).toContain('│ Reading a (✔)');
  });
});
