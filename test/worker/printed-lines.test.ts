/** What workers print: whole lines, in order, and nothing lost. */

import { PassThrough, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { PrintedLines } from '../../src/worker/printed-lines.ts';

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

function fastTarget(): { target: Writable; text: () => string } {
  let text = '';
  const target = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  return { target, text: () => text };
}

describe('PrintedLines.forward()', () => {
  test('lets no line into another one', () => {
    const lines = new PrintedLines();
    const { target, text } = fastTarget();
    const [a, b] = [new PassThrough(), new PassThrough()];
    const ends = [a, b].map((source) => lines.forward(source, () => target));
    a.emit('data', Buffer.from('a1\na'));
    b.emit('data', Buffer.from('b'));
    a.emit('data', Buffer.from('2\n'));
    b.emit('data', Buffer.from('1\nb2'));
    expect(text()).toBe('a1\na2\nb1\n');
    for (const end of ends) end();
    expect(text()).toBe('a1\na2\nb1\nb2\n');
  });

  test('keeps characters whose bytes come apart', () => {
    const { target, text } = fastTarget();
    const source = new PassThrough();
    new PrintedLines().forward(source, () => target);
    for (const byte of Buffer.from('čtyři\n')) source.emit('data', Buffer.from([byte]));
    expect(text()).toBe('čtyři\n');
  });

  test('hands on a line that never ends in parts', () => {
    const { target, text } = fastTarget();
    const source = new PassThrough();
    new PrintedLines().forward(source, () => target);
    for (let i = 0; i < 100; i++) source.emit('data', Buffer.alloc(1000, 'x'));
    expect(text().length).toBeGreaterThan(60_000);
  });

  test('passes waiting for a slow target on to all sources, by one listener', () => {
    const lines = new PrintedLines();
    const target = new SlowTarget();
    const sources = Array.from({ length: 20 }, () => new PassThrough());
    for (const source of sources) lines.forward(source, () => target);
    for (const source of sources) source.emit('data', Buffer.from('line\n'));
    expect(sources.every((source) => source.isPaused())).toBe(true);
    expect(target.listenerCount('drain')).toBe(1);
    for (let i = 0; i < 20; i++) target.goOn();
    expect(target.text).toBe('line\n'.repeat(20));
    target.destroy();
  });

  test('drops what a target that is gone cannot take', () => {
    const { target } = fastTarget();
    target.destroy();
    const source = new PassThrough();
    new PrintedLines().forward(source, () => target);
    source.emit('data', Buffer.from('line\n'));
    expect(source.isPaused()).toBe(false);
  });
});
