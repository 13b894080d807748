/** What workers print: whole lines, in order, attributed, and nothing lost. */

import { Writable } from 'node:stream';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { span } from '../../src/observe/line.ts';
import { painter } from '../../src/terminal/paint.ts';
import { openShare } from '../../src/terminal/shared-region.ts';
import { FakeClock } from '../../src/testing.ts';
import type { OutputLine } from '../../src/worker/output.ts';
import { PrintedLines, type PrintedLinesOptions, type WorkerLines } from '../../src/worker/printed-lines.ts';
import { FakeTerminal } from '../fixtures/terminal/fake-terminal.ts';
import { screenOf } from '../fixtures/terminal/screen.ts';
import { TextSink } from '../fixtures/text-sink.ts';

/** A target that remembers, and takes what it is given when it is told to. */
class SlowTarget extends Writable {
  text = '';
  #goOn: (() => void) | undefined;
  constructor() {
    super({ highWaterMark: 1 });
  }
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    this.#goOn = done;
  }
  goOn(): void {
    this.#goOn?.();
  }
}

/** Where lines come from: whether it is held. */
class Source {
  holds = 0;
  hold(): void {
    this.holds++;
  }
  release(): void {
    this.holds--;
  }
  drain(): void {
    // There is nothing left.
  }
}

/** Workers that print to a target, or whatever is said. */
function printing(
  count: number,
  target: Writable,
  output?: PrintedLinesOptions['output'],
): { workers: readonly WorkerLines[]; sources: readonly Source[]; clock: FakeClock } {
  const clock = new FakeClock();
  const targets = { stdout: () => target, stderr: () => target };
  const lines = new PrintedLines({ output, kind: 'thread', targets, clock });
  const sources = Array.from({ length: count }, () => new Source());
  return { workers: sources.map((source) => lines.open(source)), sources, clock };
}

/** Prints texts, by one worker after the other. */
function printInTurns(workers: readonly WorkerLines[], ...texts: readonly string[]): void {
  texts.forEach((text, turn) => workers[turn % workers.length]?.push('stdout', Buffer.from(text)));
}

describe('PrintedLines', () => {
  test('lets no line into another one', () => {
    const target = new TextSink();
    const { workers } = printing(2, target);
    printInTurns(workers, 'a1\na', 'b', '2\n', '1\nb2');
    expect(target.text).toBe('a1\na2\nb1\n');
    for (const worker of workers) worker.end();
    expect(target.text).toBe('a1\na2\nb1\nb2\n');
  });

  test('keeps characters whose bytes come apart', () => {
    const target = new TextSink();
    const heard: OutputLine[] = [];
    const [plain] = printing(1, target).workers;
    const [listened] = printing(1, target, (line) => heard.push(line)).workers;
    for (const byte of Buffer.from('čtyři 🧶\n')) {
      plain?.push('stdout', Buffer.of(byte));
      listened?.push('stdout', Buffer.of(byte));
    }
    expect([target.text, heard[0]?.text]).toEqual(['čtyři 🧶\n', 'čtyři 🧶']);
  });

  test('keeps a line of a megabyte whole, and hands on one that never ends in parts', () => {
    const target = new TextSink();
    const { workers } = printing(2, target);
    const part = 'x'.repeat(10_000);
    for (let i = 0; i < 100; i++) printInTurns(workers, part, 'other\n');
    printInTurns(workers, '\n');
    expect(target.text).toBe(`${'other\n'.repeat(100)}${part.repeat(100)}\n`);
    for (let i = 0; i < 500; i++) printInTurns(workers, part);
    expect(target.text.length).toBeGreaterThan(4_000_000);
  });

  test('does not hold a line without an end for ever; it ends where another worker prints', () => {
    const target = new TextSink();
    const { workers, clock } = printing(2, target, 'labelled');
    printInTurns(workers, 'Really? ');
    clock.pass(999);
    expect(target.text).toBe('');
    clock.pass(1);
    expect(target.text).toBe('[thread 1] Really? ');
    printInTurns(workers, 'yes, ');
    clock.pass(1000);
    expect(target.text).toBe('[thread 1] Really? yes, ');
    printInTurns(workers, 'no\n', 'other\n', 'again\n');
    expect(target.text).toBe('[thread 1] Really? yes, no\n[thread 2] other\n[thread 1] again\n');
    target.text = '';
    printInTurns(workers, 'cut');
    clock.pass(1000);
    printInTurns(workers, ' o', 'between\n', 'ff\nlast');
    expect(target.text).toBe('[thread 1] cut\n[thread 2] between\n[thread 1]  off\n');
    target.text = '';
    clock.pass(1000);
    workers[0]?.end();
    expect(target.text).toBe('[thread 1] last\n');
    expect(clock.timers).toBe(0);
  });

  test('gives a worker that takes the place of another one its number', () => {
    const heard: OutputLine[] = [];
    const lines = new PrintedLines({ kind: 'thread', output: (line) => heard.push(line) });
    const [first, second] = [lines.open(new Source()), lines.open(new Source())];
    first.push('stderr', Buffer.from('bye'));
    first.end();
    const third = lines.open(new Source());
    for (const worker of [third, second]) worker.push('stdout', Buffer.from('here\r\n'));
    expect(heard).toEqual([
      { text: 'bye', stream: 'stderr', worker: 1 },
      { text: 'here', stream: 'stdout', worker: 1 },
      { text: 'here', stream: 'stdout', worker: 2 },
    ]);
    for (const worker of [third, second]) worker.end();
  });

  test.each<[string, () => unknown]>([
    ['throws', () => expect.unreachable()],
    ['gives a promise that is rejected', () => Promise.reject(new Error('enough'))],
  ])('writes a line to its stream if the function for it %s, and warns once', async (_, fail) => {
    const target = new TextSink();
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => warn.mockRestore());
    const { workers } = printing(2, target, ({ text }) => (text === 'b' ? undefined : (fail() as undefined)));
    printInTurns(workers, 'a\nb\n', 'c\n');
    await expect.poll(() => target.text).toBe('a\nc\n');
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/'output' failed/), { code: 'HEDDLE_OUTPUT' }]]);
  });

  test('holds all who print to a slow target until it has written that, without a listener', () => {
    const target = new SlowTarget();
    const { workers, sources, clock } = printing(20, target);
    for (const worker of workers) worker.push('stdout', Buffer.from('line\n'));
    expect(sources.every(({ holds }) => holds === 1)).toBe(true);
    expect(target.eventNames().every((name) => target.listenerCount(name) <= 1)).toBe(true);
    for (let i = 0; i < 20; i++) target.goOn();
    clock.pass(10);
    expect(sources.every(({ holds }) => holds === 0)).toBe(true);
    expect([target.text, clock.timers]).toEqual(['line\n'.repeat(20), 0]);
  });

  test('holds nobody for ever: not by a write() without callbacks, nor a target that stops or goes away', () => {
    const target = new SlowTarget();
    const { write } = target;
    target.write = ((chunk: unknown) => write.call(target, chunk, 'utf8')) as Writable['write'];
    const { workers, sources, clock } = printing(1, target);
    const printed = (): number | undefined => {
      printInTurns(workers, 'line\n');
      return sources[0]?.holds;
    };
    expect(printed()).toBe(1);
    target.goOn();
    clock.pass(10);
    expect(printed()).toBe(1);
    clock.pass(4000);
    expect(sources[0]?.holds).toBe(1);
    clock.pass(1010);
    expect(sources[0]?.holds).toBe(0);
    expect(printed()).toBe(1);
    target.destroy();
    clock.pass(10);
    expect([sources[0]?.holds, clock.timers]).toEqual([0, 0]);
  });

  test('drops what a target that is gone cannot take', () => {
    const target = new TextSink();
    target.destroy();
    const { workers, sources } = printing(1, target);
    printInTurns(workers, 'line\n');
    expect(sources[0]?.holds).toBe(0);
  });

  test('writes above a live display', () => {
    const target = new FakeTerminal();
    const look = {
      paint: painter({ colours: false, unicode: true }),
      measure: (text: string) => text.length,
      ellipsis: '…',
    };
    const share = openShare(target, look);
    const { workers } = printing(2, target);
    share?.draw([], [[span('bar 1')], [span('bar 2')]]);
    printInTurns(workers, 'one\ntw', 'three\nfour\n', 'o\n');
    expect(screenOf(target.output)).toEqual(['one', 'three', 'four', 'two', 'bar 1', 'bar 2']);
    share?.end([]);
  });

  test('writes what is left at the exit of the program, by one listener for all pools', () => {
    const before = process.listenerCount('exit');
    const target = new TextSink();
    const all = Array.from({ length: 20 }, () => printing(1, target).workers);
    expect(process.listenerCount('exit') - before).toBeLessThanOrEqual(1);
    for (const workers of all) for (const worker of workers) worker.end();
  });
});
