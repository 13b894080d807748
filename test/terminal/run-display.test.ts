/** Frames, runs at once, other output, and what is held when: on a stream that says it is a terminal. */

import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/events/event.ts';
import { unicodeGlyphs } from '../../src/observe/glyphs.ts';
import { LiveRegion } from '../../src/terminal/live-region.ts';
import { painter } from '../../src/terminal/paint.ts';
import { RunDisplay } from '../../src/terminal/run-display.ts';
import { terminal } from '../../src/terminal/terminal.ts';
import { FakeTerminal } from '../fixtures/terminal/fake-terminal.ts';
import { HandClock } from '../fixtures/terminal/hand-clock.ts';
import { RunScript } from '../fixtures/terminal/run-script.ts';
import { screenOf } from '../fixtures/terminal/screen.ts';

const measure = (text: string): number => text.length;

function displayed(size: { columns?: number; rows?: number } = {}) {
  const stream = new FakeTerminal(size);
  const clock = new HandClock();
  const look = { paint: painter({ colours: false, unicode: true }), measure, ellipsis: '…' };
  const sink = new RunDisplay({
    title: undefined,
    mode: 'auto',
    clock,
    framesPerSecond: 10,
    look: { glyphs: unicodeGlyphs, measure },
    openSurface: () => new LiveRegion(stream, [], look),
  });
  const script = (run = 1): RunScript => new RunScript(sink, () => clock.epochMs(), run);
  return { stream, clock, sink, script, screen: () => screenOf(stream.output) };
}

describe('RunDisplay', () => {
  test('emit() draws one write a frame, at most so many a second, and none without a change', () => {
    const { stream, clock, script } = displayed();
    const run = script().begin().add('read', 1000);
    const first = stream.writes.length;
    for (let index = 0; index < 1000; index += 1) {
      run.settle(run.start('read'));
      clock.pass(1);
    }
    expect(stream.writes.length - first).toBeLessThanOrEqual(10);
    run.end();
    const after = stream.writes.length;
    clock.pass(60_000);
    expect(stream.writes).toHaveLength(after);
  });

  test('emit() draws from the events when the program leaves the timer no time', () => {
    const { stream, clock, script } = displayed();
    const run = script().begin().add('read', 10);
    const before = stream.writes.length;
    const now = clock.epochMs();
    // Events that are later than the clock stand for a clock whose timers could not run.
    const late = new RunScript(
      { emit: (event: Event) => run.forward({ ...event, atMs: now + 500 }) },
      () => 0,
      1,
    );
    late.settle(late.start('read'));
    expect(stream.writes.length).toBeGreaterThan(before);
  });

  test('every frame is one update, and the cursor is hidden once and shown once', () => {
    const { stream, clock, script } = displayed();
    const run = script().begin().add('read', 2);
    const call = run.start('read', { text: 'Reading a' });
    clock.pass(500);
    run.settle(call).end();
    for (const write of stream.writes) expect(write).toMatch(/^\p{Cc}\[\?2026h[^]*\p{Cc}\[\?2026l$/u);
    expect(stream.output.match(/\p{Cc}\[\?25[lh]/gu)).toEqual(['\u001b[?25l', '\u001b[?25h']);
  });

  test('nothing is held before the first run and after the last', async () => {
    const { stream, clock, script } = displayed();
    const held = (): number[] => [
      clock.timers,
      stream.listenerCount('error'),
      Number(Object.hasOwn(stream, 'write')),
      process.listenerCount('SIGINT'),
      process.listenerCount('exit'),
    ];
    const before = held();
    for (let turn = 0; turn < 3; turn += 1) {
      const run = script().begin();
      expect(held()).toEqual(before.map((count) => count + 1));
      run.end();
      // The last write tells a turn later whether the stream took it.
      await stream.flushed();
      expect(held()).toEqual(before);
    }
  });

  test('runs at once are drawn inside the first, and the next one takes its place', () => {
    const { clock, script, screen } = displayed();
    const first = script(1).begin('threads', 2).add('a', 1);
    const slow = first.start('a', { text: 'First' });
    const second = script(2).begin('threads', 3).add('b', 1);
    const call = second.start('b', { text: 'Second' });
    const third = script(3).begin('threads', 4).add('c', 1);
    const last = third.start('c', { text: 'Third' });
    clock.pass(100);
    expect(screen()).toEqual([
      '╭─(threads × 2)',
      '│ First ⠙',
      '│ ╭─(threads × 3)',
      '│ │ Second ⠙',
      '│ ╭─(threads × 4)',
      '│ │ Third ⠙',
    ]);
    second.settle(call).end();
    first.settle(slow).end();
    third.settle(last).end();
    expect(screen()).toEqual([
      '╭─(threads × 2)',
      '│ ╭─(threads × 3)',
      '│ │ Second (✔)',
      '│ ╰─(success)',
      '│ First (✔)',
      '╰─(success)',
      '╭─(threads × 4)',
      '│ Third (✔)',
      '╰─(success)',
    ]);
  });

  test('many runs at once fit in the terminal', () => {
    const { script, screen } = displayed({ rows: 10 });
    const runs = Array.from({ length: 20 }, (_, index) =>
      script(index + 1)
        .begin()
        .add('read', 1),
    );
    expect(screen().length).toBeLessThanOrEqual(10);
    expect(screen().at(-1)).toMatch(/^│ … \d+ more runs$/u);
    for (const run of runs) run.end();
    expect(screen().filter((line) => line.endsWith('─(success)'))).toHaveLength(20);
  });

  test('what others write appears once, in order, above the region', () => {
    const { stream, clock, script, screen } = displayed();
    const run = script().begin().add('read', 1);
    const call = run.start('read', { text: 'Reading a' });
    clock.pass(100);
    stream.write('one\n');
    expect(screen()).toEqual(['╭─(threads × 2)', 'one', '│ Reading a ⠙']);
    stream.write(Buffer.from('two\nthree '));
    expect(screen()).toEqual(['╭─(threads × 2)', 'one', 'two', 'three']);
    clock.pass(100);
    expect(screen()).toEqual(['╭─(threads × 2)', 'one', 'two', 'three', '│ Reading a ⠹']);
    stream.write('and a half\n');
    expect(screen()).toEqual(['╭─(threads × 2)', 'one', 'two', 'three and a half', '│ Reading a ⠹']);
    stream.write('open');
    run.settle(call).end();
    expect(screen()).toEqual([
      '╭─(threads × 2)',
      'one',
      'two',
      'three and a half',
      'open',
      '│ Reading a (✔)',
      '╰─(success)',
    ]);
  });

  test('a line of others that cannot be written again is left alone until it ends', () => {
    const { stream, clock, script, screen } = displayed();
    script().begin().add('read', 1).start('read', { text: 'Reading a' });
    stream.write('\u001b[31mred');
    clock.pass(300);
    expect(screen()).toEqual(['╭─(threads × 2)', 'red']);
    stream.write(' and more\n');
    clock.pass(100);
    expect(screen().slice(0, 2)).toEqual(['╭─(threads × 2)', 'red and more']);
    expect(screen()).toHaveLength(3);
  });

  test('write() of others calls back, tells of backpressure, and takes any arguments', async () => {
    const { stream, script } = displayed();
    const run = script().begin();
    await new Promise<void>((resolve) => stream.write('bytes\n', 'utf8', () => resolve()));
    await new Promise<void>((resolve) => stream.write('text\n', () => resolve()));
    expect(stream.write(new Uint8Array([104, 105, 10]))).toBe(true);
    run.end();
    expect(stream.output).toContain('hi\n');
  });

  test('a terminal made narrower is reckoned with: lines that now take two rows are erased whole', () => {
    const { stream, clock, script } = displayed({ columns: 80 });
    script()
      .begin()
      .add('read', 1)
      .start('read', { text: 'x'.repeat(70) });
    clock.pass(100);
    stream.columns = 40;
    stream.writes.length = 0;
    clock.pass(100);
    expect(stream.output).toContain('\u001b[2A');
    for (const line of screenOf(stream.output)) expect(line.length).toBeLessThan(40);
  });

  test('every line fits in a terminal of 20 columns', () => {
    const { clock, script, screen } = displayed({ columns: 20 });
    const run = script().begin().add('compileEveryFile', 2000).add('b', 2);
    run.settle(run.start('compileEveryFile'), { failure: 'TypeError: a very long message' });
    clock.pass(2000);
    run.end('failure', 'TypeError: a very long message');
    for (const line of screen()) expect(line.length).toBeLessThan(20);
  });

  test('a stream that throws, or fails later, ends the display and not the run', () => {
    const { stream, clock, script } = displayed();
    const run = script().begin().add('read', 2);
    stream.destroy(new Error('closed by the other side'));
    clock.pass(1000);
    run.settle(run.start('read')).end();
    for (let turn = 0; turn < 20; turn += 1) script().begin().end();
    expect(stream.listenerCount('error')).toBe(1);
    const broken = displayed();
    broken.stream.write = () => {
      throw new Error('thrown by write');
    };
    const before = process.listenerCount('exit');
    expect(() => broken.script().begin().add('read', 1).end()).not.toThrow();
    expect([broken.clock.timers, process.listenerCount('exit')]).toEqual([0, before]);
  });

  test('disposing in the midst of a run gives the terminal back, and later events are ignored', () => {
    const { stream, clock, sink, script } = displayed();
    const run = script().begin().add('read', 1);
    sink[Symbol.dispose]();
    const { length } = stream.writes;
    run.start('read');
    run.end();
    sink[Symbol.dispose]();
    expect([stream.writes.length, clock.timers]).toEqual([length, 0]);
    expect(stream.output).toContain('\u001b[?25h');
  });
});

describe('terminal()', () => {
  test('tells everything in plain lines when the stream is not a terminal', () => {
    const stream = new FakeTerminal({ isTTY: false });
    const run = new RunScript(terminal({ stream, title: 'log' }), () => 0).begin().add('read', 1);
    run.settle(run.start('read', { text: 'Reading a' })).end();
    expect(stream.output).toBe('[run] log\n[start] Reading a\n[done] Reading a\n[success] 1 call in 0.0 s\n');
  });

  test('draws the form that is asked for on a stream that is not a terminal, without moving the cursor', () => {
    const stream = new FakeTerminal({ isTTY: false });
    const run = new RunScript(terminal({ stream, title: 'log', mode: 'tree' }), () => 0)
      .begin()
      .add('read', 1);
    run.settle(run.start('read', { text: 'Reading a' })).end();
    expect(stream.output.split('\n')).toHaveLength(4);
    expect(stream.output).not.toMatch(/\p{Cc}\[[\d;?]*[A-Zhl]/u);
  });

  test.each([0, 61, Number.NaN])('refuses %d frames a second', (fps) => {
    expect(() => terminal({ fps })).toThrow(RangeError);
  });
});
