/** The pipe in memory by which threads print. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { PrintRing, type PrintStream } from '../../src/worker/print-ring.ts';

/** Takes what is in a ring, as texts. */
function taken(ring: PrintRing): [PrintStream, string][] {
  const all: [PrintStream, string][] = [];
  ring.take((stream, bytes) => all.push([stream, bytes.toString()]));
  return all;
}

function ignore(): void {
  // On purpose.
}

describe('PrintRing', () => {
  test('gives out what was put in, in order, in runs of one stream', () => {
    const ring = new PrintRing();
    const other = new PrintRing(ring.buffer);
    const put = (stream: PrintStream, text: string): void => ring.write(stream, Buffer.from(text), ignore);
    put('stdout', 'a');
    put('stdout', 'bcde');
    put('stderr', 'f');
    put('stderr', '');
    put('stdout', 'ghi');
    expect(taken(other)).toEqual([
      ['stdout', 'abcde'],
      ['stderr', 'f'],
      ['stdout', 'ghi'],
    ]);
    expect(taken(other)).toEqual([]);
    put('stderr', 'first');
    expect(taken(other)).toEqual([['stderr', 'first']]);
  });

  test('keeps everything over its end, many times', () => {
    const ring = new PrintRing();
    for (let length = 1; length < 2000; length++) {
      const text = String.fromCodePoint(97 + (length % 26)).repeat(length);
      const stream = length % 3 === 0 ? 'stderr' : 'stdout';
      ring.write(stream, Buffer.from(text), ignore);
      ring.write(stream, Buffer.from('!'), ignore);
      expect(taken(ring)).toEqual([[stream, `${text}!`]]);
    }
  });

  test('tells the host once until it has looked', () => {
    const ring = new PrintRing();
    let told = 0;
    const print = (): void => ring.write('stdout', Buffer.from('x'), () => told++);
    print();
    print();
    expect(told).toBe(1);
    taken(ring);
    print();
    expect(told).toBe(2);
  });

  test('makes a thread wait that prints more than there is room for, and loses nothing', async () => {
    const ring = new PrintRing();
    const source = `
      import { workerData } from 'node:worker_threads';
      const { PrintRing } = await import(workerData.url);
      const ring = new PrintRing(workerData.buffer);
      for (let i = 0; i < 50; i++) ring.write(i % 2 ? 'stdout' : 'stderr', Buffer.alloc(100_003, i), () => undefined);
    `;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
      workerData: {
        url: new URL('../../src/worker/print-ring.ts', import.meta.url).href,
        buffer: ring.buffer,
      },
    });
    let hasEnded = false;
    const ended = once(worker, 'exit').then(() => {
      hasEnded = true;
    });
    const got: Buffer[] = [];
    const isFull = (): boolean => {
      let size = 0;
      ring.take((_, bytes) => {
        size += bytes.length;
        got.push(bytes);
      });
      return size > 200_000;
    };
    await expect.poll(isFull, { interval: 1, timeout: 15_000 }).toBe(true);
    await expect.poll(() => !isFull() && hasEnded, { interval: 1, timeout: 15_000 }).toBe(true);
    await ended;
    isFull();
    const all = Buffer.concat(got);
    expect(all).toHaveLength(50 * 100_003);
    expect(all.equals(Buffer.concat(Array.from({ length: 50 }, (_, i) => Buffer.alloc(100_003, i))))).toBe(
      true,
    );
  });
});
