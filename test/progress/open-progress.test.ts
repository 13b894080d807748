/** Bars that are fed by hand, several at once, and what is held when. */

import { beforeAll, describe, expect, test } from 'vitest';
import { openProgress } from '../../src/progress/open-bar.ts';
import type { ProgressSnapshot } from '../../src/progress/snapshot.ts';
import { terminal } from '../../src/terminal/terminal.ts';
import { assumeTerminal, watched } from '../fixtures/progress/watched.ts';
import { RunScript } from '../fixtures/terminal/run-script.ts';

beforeAll(assumeTerminal);

describe('openProgress()', () => {
  test('stats() tells count, rate, elapsed time and time left', () => {
    const { options, clock } = watched();
    const bar = openProgress({ ...options, total: 40, initial: 10 });
    expect(bar.stats()).toEqual({ done: 10, total: 40, rate: undefined, elapsedMs: 0, leftMs: undefined });
    clock.pass(1000);
    bar.add(10);
    clock.pass(1000);
    expect(bar.stats()).toMatchObject({ done: 20, elapsedMs: 2000 });
    bar[Symbol.dispose]();
    clock.pass(1000);
    // Once it has ended, the rate is that of the whole time, and time stands still.
    expect(bar.stats()).toEqual({ done: 20, total: 40, rate: 5, elapsedMs: 2000, leftMs: 4000 });
  });

  test('update() draws at once, with another total if given', () => {
    const { options, screen } = watched();
    const bar = openProgress({ ...options, desc: 'bytes' });
    bar.add(5);
    expect(screen()[0]).toMatch(/^bytes: 0it /u);
    bar.update(10);
    expect(screen()[0]).toMatch(/^bytes: {2}50%/u);
    bar.update(Number.POSITIVE_INFINITY);
    expect(screen()[0]).toMatch(/^bytes: 5it /u);
    expect(() => bar.update(-1)).toThrow("'total' must be a number at least 0: received -1");
    expect(() => bar.add(Number.NaN)).toThrow("'count' must be a number that is finite: received NaN");
    bar[Symbol.dispose]();
  });

  test('after disposing, which may be done twice, add() is left out and update() throws', () => {
    const { options, screen } = watched();
    const bar = openProgress({ ...options, total: 2 });
    bar.add();
    for (const _ of [1, 2]) bar[Symbol.dispose]();
    bar.add();
    expect([bar.stats().done, screen().length]).toEqual([1, 1]);
    expect(() => bar.update()).toThrow('Cannot update the bar as it was disposed of');
  });

  test('write() puts text above all bars, whole, with a line break', () => {
    const { options, clock, screen } = watched({ columns: 30 });
    const bars = ['one', 'two'].map((desc) => openProgress({ ...options, desc }));
    clock.pass(100);
    bars[1]?.write('a text that is longer than the terminal is wide\nand has two lines');
    bars[0]?.write('ends itself\n');
    expect(screen().map((line) => line.slice(0, 16))).toEqual([
      'a text that is l',
      'and has two line',
      'ends itself',
      'one: 0it [00:00,',
      'two: 0it [00:00,',
    ]);
    for (const bar of bars) bar[Symbol.dispose]();
  });

  test('render draws the line instead, from a snapshot, cut and harmless', () => {
    const { options, screen } = watched({ columns: 20 });
    const seen: ProgressSnapshot[] = [];
    const bar = openProgress({
      ...options,
      total: 4,
      desc: 'x',
      render: (snapshot) => {
        seen.push(snapshot);
        return snapshot.hasEnded
          ? [{ text: 'the\nend', tone: 'good', shrinks: false }]
          : `\u001b[2J${'='.repeat(30)}`;
      },
    });
    expect(screen()).toEqual([`${'='.repeat(18)}…`]);
    bar[Symbol.dispose]();
    expect(screen()).toEqual(['the end']);
    expect(seen[0]).toMatchObject({ desc: 'x', total: 4, done: 0, columns: 19, hasEnded: false });
  });

  test('render that throws is told of, and disturbs nothing', () => {
    const { options, screen } = watched();
    const render = (): string => {
      throw new RangeError('oops');
    };
    const bar = openProgress({ ...options, desc: 'x', render });
    expect(screen()).toEqual(["x: 0it [00:00, ?it/s, render: RangeError: 'oops']"]);
    bar[Symbol.dispose]();
  });

  test('width bounds the line', () => {
    const { options, screen } = watched();
    const bar = openProgress({ ...options, total: 4, width: 50 });
    expect(screen()[0]).toHaveLength(50);
    bar[Symbol.dispose]();
  });

  test('minIntervalMs of 0 draws every item', () => {
    const { options, screen } = watched();
    const bar = openProgress({ ...options, total: 100, minIntervalMs: 0 });
    for (let count = 1; count <= 100; count += 1) {
      bar.add();
      expect(screen()[0]).toContain(` ${count}/100 `);
    }
    bar[Symbol.dispose]();
  });

  test('a loop that turns slow is drawn again within 32 items', () => {
    const { options, clock, stream } = watched();
    const bar = openProgress({ ...options, total: 10_000 });
    for (let count = 0; count < 5_000; count += 1) bar.add();
    const before = stream.writes.length;
    let slow = 0;
    for (; stream.writes.length === before; slow += 1) {
      clock.drift(100);
      bar.add();
    }
    expect(slow).toBeLessThanOrEqual(32);
    bar[Symbol.dispose]();
  });
});

describe('bars on one terminal', () => {
  test('stand in the order in which they began; ended ones go above, or away', () => {
    const { options, clock, screen } = watched();
    const names = (): string[] => screen().map((line) => line.split(':')[0] ?? '');
    const [a, b, c] = ['a', 'b', 'c'].map((desc) => openProgress({ ...options, desc, leave: desc !== 'b' }));
    clock.pass(100);
    expect(names()).toEqual(['a', 'b', 'c']);
    c?.[Symbol.dispose]();
    expect(names()).toEqual(['c', 'a', 'b']);
    b?.[Symbol.dispose]();
    const d = openProgress({ ...options, desc: 'd' });
    clock.pass(100);
    expect(names()).toEqual(['c', 'a', 'd']);
    a?.[Symbol.dispose]();
    d[Symbol.dispose]();
    expect(names()).toEqual(['c', 'a', 'd']);
  });

  test('a hundred cost no more frames than one, and those without room are counted', () => {
    const { options, clock, stream, screen } = watched({ rows: 12 });
    const bars = Array.from({ length: 100 }, (_, index) =>
      openProgress({ ...options, desc: `bar ${index}` }),
    );
    clock.pass(100);
    expect(screen().slice(-2)).toEqual([expect.stringMatching(/^bar 8: /u), '… 91 more bars']);
    const before = stream.writes.length;
    for (let ms = 0; ms < 1000; ms += 10) {
      for (const bar of bars) bar.add();
      clock.pass(10);
    }
    expect(stream.writes.length - before).toBeLessThanOrEqual(11);
    expect(screen()).toHaveLength(10);
    for (const bar of bars) bar[Symbol.dispose]();
    expect(screen()).toHaveLength(100);
  });

  test('hold nothing once the last has ended', async () => {
    const { options, clock, stream } = watched();
    const state = (): unknown[] => [
      ...['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'].map((name) => process.listenerCount(name)),
      stream.listenerCount('error'),
      Reflect.ownKeys(stream).length,
      clock.timers,
    ];
    // Emitters have members more once they have been listened to.
    openProgress(options)[Symbol.dispose]();
    await stream.flushed();
    const before = state();
    const bars = [1, 2].map(() => openProgress({ ...options, minIntervalMs: 50 }));
    expect(state()).not.toEqual(before);
    for (const bar of bars) bar[Symbol.dispose]();
    for (let count = 0; count < 20; count += 1) openProgress(options)[Symbol.dispose]();
    await stream.flushed();
    expect(state()).toEqual(before);
  });

  test('share it with the display of a run, in order of beginning', () => {
    const { options, clock, stream, screen } = watched();
    const script = new RunScript(terminal({ stream, clock, title: 'Run' }), () => clock.epochMs()).begin();
    script.add('read', 2);
    const first = script.start('read', { text: 'Reading a' });
    const bar = openProgress({ ...options, total: 2, desc: 'files' });
    bar.add();
    clock.pass(200);
    expect(screen()).toEqual([
      '╭─(Run)',
      expect.stringMatching(/Reading a/u),
      expect.stringMatching(/0\/2/u),
      expect.stringMatching(/^files: {2}50%/u),
    ]);
    script.settle(first);
    bar[Symbol.dispose]();
    clock.pass(200);
    const second = script.start('read', { text: 'Reading b' });
    script.settle(second).end();
    expect(screen().filter((line) => line.startsWith('files'))).toHaveLength(1);
    expect(screen().at(-1)).toBe('╰─(success)');
  });

  test('leave their last lines above the region of another copy of heddle', () => {
    const { options, clock, stream, screen } = watched();
    const write = stream.write.bind(stream);
    stream.write = Object.assign(write, {
      [Symbol.for('heddle.terminal.watches')]: true,
    }) as typeof stream.write;
    const bar = openProgress({ ...options, total: 2 });
    bar.add(2);
    clock.pass(1000);
    expect(stream.output).toBe('');
    bar[Symbol.dispose]();
    expect(screen()).toEqual([expect.stringMatching(/^100%\|█+\| 2\/2 \[00:01<00:00, {2}2\.00it\/s\]$/u)]);
  });

  test('a stream that fails ends nothing but what is shown', () => {
    const { options, stream } = watched();
    const bar = openProgress({ ...options, total: 3 });
    stream.destroy(new Error('EPIPE'));
    for (let count = 0; count < 3; count += 1) bar.add();
    bar.write('nobody reads this');
    bar[Symbol.dispose]();
    expect(bar.stats().done).toBe(3);
  });
});

describe('a bar where there is no terminal', () => {
  test('is silent, and counts', () => {
    const { options, clock, stream } = watched({ isTTY: false });
    const bar = openProgress(options);
    for (let count = 0; count < 100; count += 1) bar.add();
    bar[Symbol.dispose]();
    expect([stream.writes, bar.stats().done, clock.timers]).toEqual([[], 100, 0]);
  });

  test('writes plain lines when asked: by tenths, at most one a second, and one at the end', () => {
    const { options, clock, stream } = watched({ isTTY: false });
    const bar = openProgress({ ...options, total: 100, desc: 'log', disable: false });
    for (let count = 0; count < 100; count += 1) {
      bar.add();
      clock.pass(250);
    }
    bar[Symbol.dispose]();
    const lines = stream.output.trimEnd().split('\n');
    expect(lines[0]).toBe('log:  10% 10/100 [00:02<00:20,  4.44it/s]');
    expect(lines.map((line) => Number(/(?<percent>\d+)%/u.exec(line)?.groups?.['percent']))).toEqual([
      10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 100,
    ]);
    expect(stream.output).not.toMatch(/\p{Cc}(?<!\n)/u);
  });

  test('writes a plain line every 10 s when it hardly gets on', () => {
    const { options, clock, stream } = watched({ isTTY: false });
    const bar = openProgress({ ...options, disable: false, leave: false });
    clock.pass(31_000);
    expect(stream.writes).toEqual(['0it [00:10, ?it/s]\n', '0it [00:20, ?it/s]\n', '0it [00:30, ?it/s]\n']);
    bar[Symbol.dispose]();
    expect([stream.output.split('\n').length, clock.timers]).toEqual([4, 0]);
  });

  test('disable: true is silent on a terminal, save for write()', () => {
    const { options, stream } = watched();
    const bar = openProgress({ ...options, disable: true });
    bar.add();
    bar.write('text');
    bar[Symbol.dispose]();
    expect(stream.output).toBe('text\n');
  });
});
