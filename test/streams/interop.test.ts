/** Streams of the Web and of Node, on either side: items, back-pressure, ends and failures. */

import assert from 'node:assert/strict';
import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import {
  fromTransform,
  fromWritable,
  keepOpen,
  patch,
  pullFrom,
  Queue,
  toReadable,
  toWritable,
} from '../../src/streams.ts';
import { endless, turn } from './turns.ts';

/** A sink of Node that keeps what is written, and can be slow or fail. */
function keeping(options: { failAt?: number; highWaterMark?: number } = {}): Writable & { kept: unknown[] } {
  const kept: unknown[] = [];
  const stream = new Writable({
    objectMode: true,
    highWaterMark: options.highWaterMark ?? 2,
    write: (item, _, done) => {
      if (kept.length === options.failAt) return done(new Error('disk full'));
      kept.push(item);
      setImmediate(done);
    },
  });
  return Object.assign(stream, { kept });
}

describe('a Node stream', () => {
  test('is a source as it is', async () => {
    const lines = await Array.fromAsync(pullFrom(Readable.from(['a', 'b'])).to((text) => text.toUpperCase()));
    assert.deepEqual(lines, ['A', 'B']);
    let bytes = 0;
    for await (const size of pullFrom(createReadStream(import.meta.filename)).to((chunk) => chunk.length))
      bytes += size;
    assert.equal(bytes, readFileSync(import.meta.filename).length);
  });

  test('passes its failure on', async () => {
    const queue = new Queue<string>();
    const stream = Readable.from(
      (async function* () {
        yield 'a';
        throw new Error('torn');
      })(),
    );
    await assert.rejects(patch(stream, queue), /torn/);
    await queue.pull();
    await assert.rejects(queue.pull(), /torn/);
  });

  test('is destroyed when it is left, also while it is waited for', async () => {
    const read = Readable.from(['a', 'b']);
    for await (const _ of pullFrom(read).to((x) => x)) break;
    assert.equal(read.destroyed, true);
    const silent = new Readable({ objectMode: true, read: () => undefined });
    const queue = new Queue<string>();
    const copied = patch(silent, queue);
    await turn();
    queue.flush();
    await copied;
    assert.equal(silent.destroyed, true);
  });

  test('is made of a source, and bounds it', async () => {
    let given = 0;
    const source = pullFrom(function* () {
      for (;;) yield given++;
    }).to((n) => ({ n }));
    const stream = Readable.from(source, { highWaterMark: 4 });
    for await (const item of stream) if ((item as { n: number }).n === 9) break;
    assert.ok(given < 20, `took ${given}`);
    const kept = keeping();
    await pipeline(Readable.from(pullFrom([1, 2]).to((x) => x * 2)), kept);
    assert.deepEqual(kept.kept, [2, 4]);
  });

  test('is a sink, waits, and is ended', async () => {
    const stream = keeping();
    let most = 0;
    const items = pullFrom([1, 2, 3, 4, 5, 6, 7, 8]).to((n) => {
      most = Math.max(most, n - stream.kept.length);
      return n;
    });
    await patch(items, fromWritable(stream));
    assert.deepEqual(stream.kept, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.ok(most <= 3, `${most} were under way`);
    assert.equal(stream.writableFinished, true);
    assert.equal(stream.listenerCount('error') + stream.listenerCount('drain'), 0);
  });

  test('fails what is patched to it, and is destroyed with its source', async () => {
    const source = endless(1, 2, 3, 4, 5, 6);
    await assert.rejects(patch(source, fromWritable(keeping({ failAt: 2 }))), /disk full/);
    assert.equal(source.left, 1);
    const stream = keeping();
    await assert.rejects(
      patch(
        pullFrom([1]).to(() => Promise.reject(new Error('torn'))),
        fromWritable(stream),
      ),
      /torn/,
    );
    assert.equal(stream.destroyed, true);
    const thrown = keeping();
    await assert.rejects(
      patch([1], fromWritable(thrown), { signal: AbortSignal.abort('text') }),
      (e) => e === 'text',
    );
    assert.equal(thrown.destroyed, true);
  });

  test('that is destroyed ends what is patched to it', async () => {
    const stream = keeping();
    const source = endless(1);
    const copied = patch(source, fromWritable(stream));
    await turn();
    stream.destroy();
    await copied;
    assert.equal(source.left, 1);
    // And so does one that was destroyed before.
    await patch(endless(1), fromWritable(stream));
  });

  test('stays open if it is kept so, and keeps no listener', async () => {
    const stream = keeping();
    for (let n = 0; n < 20; n++) await patch([n], keepOpen(fromWritable(stream)));
    assert.equal(stream.writableEnded, false);
    assert.equal(
      stream.listenerCount('error') + stream.listenerCount('drain') + stream.listenerCount('close'),
      0,
    );
    stream.end();
  });

  test('is made of a sink', async () => {
    const queue = new Queue<string>({ capacity: 1 });
    const written = pipeline(
      Readable.from(['a', 'b', 'c']),
      Writable.fromWeb(toWritable(queue), { objectMode: true }),
    );
    assert.deepEqual(await Array.fromAsync(queue), ['a', 'b', 'c']);
    await written;
  });

  test('transforms', async () => {
    const double = new Transform({ objectMode: true, transform: (x: number, _, done) => done(null, x * 2) });
    assert.deepEqual(
      await Array.fromAsync(pullFrom([1, 2]).to(fromTransform<number, number>(double))),
      [2, 4],
    );
    const broken = new Transform({ objectMode: true, transform: (_x, _, done) => done(new Error('torn')) });
    await assert.rejects(Array.fromAsync(pullFrom([1]).to(fromTransform<number, number>(broken))), /torn/);
    const fed = pullFrom([1]).to((): number => {
      throw new Error('no input');
    });
    const through = new PassThrough({ objectMode: true });
    await assert.rejects(Array.fromAsync(fed.to(fromTransform<number, number>(through))), /no input/);
    const source = endless(1, 2);
    const left = new PassThrough({ objectMode: true });
    for await (const _ of pullFrom(source).to(fromTransform<number, number>(left))) break;
    await turn();
    assert.equal(source.left, 1);
    assert.equal(left.destroyed, true);
  });
});

describe('a Web stream', () => {
  test('is a source as it is, and passes its failure on', async () => {
    assert.deepEqual(await Array.fromAsync(pullFrom(ReadableStream.from([1, 2])).to((x) => x + 1)), [2, 3]);
    const torn = new ReadableStream<number>({ start: (controller) => controller.error(new Error('torn')) });
    await assert.rejects(patch(torn, new Queue<number>()), /torn/);
    const text = new Blob(['warp']).stream().pipeThrough(new TextDecoderStream());
    assert.deepEqual(await Array.fromAsync(pullFrom(text)), ['warp']);
  });

  test('is cancelled when it is left, also while it is waited for', async () => {
    let cancelled = 0;
    const silent = (): ReadableStream<number> => new ReadableStream({ cancel: () => void cancelled++ });
    const queue = new Queue<number>();
    const copied = patch(silent(), queue);
    await turn();
    queue.flush();
    await copied;
    await turn();
    assert.equal(cancelled, 1);
    const full = new ReadableStream<number>({
      pull: (controller) => controller.enqueue(1),
      cancel: () => void cancelled++,
    });
    for await (const _ of pullFrom(full)) break;
    assert.equal(cancelled, 2);
    assert.equal(full.locked, false);
  });

  test('is made of a source, lazily, and leaves it when it is cancelled', async () => {
    let given = 0;
    const numbers = pullFrom(function* () {
      for (;;) yield given++;
    });
    const reader = toReadable(numbers).getReader();
    assert.equal(given, 0);
    assert.deepEqual(await reader.read(), { done: false, value: 0 });
    assert.equal(given, 1);
    const queue = new Queue<number>({ capacity: 1 });
    await queue.push(1);
    const waiting = queue.push(2);
    await toReadable(queue.to((x) => x)).cancel(new Error('no more'));
    await assert.rejects(waiting, /no more/);
    const source = endless<number>();
    const pending = toReadable(source).getReader();
    const read = pending.read();
    await turn();
    await pending.cancel();
    assert.equal((await read).done, true);
    assert.equal(source.left, 1);
  });

  test('is made of a source, and fails with it', async () => {
    const broken = pullFrom([1]).to(() => Promise.reject(new Error('torn')));
    await assert.rejects(toReadable(broken).getReader().read(), /torn/);
    expect(() => toReadable(3 as unknown as [])).toThrow(TypeError);
  });

  test('is a sink, waits, and is closed', async () => {
    const kept: number[] = [];
    let most = 0;
    let given = 0;
    const stream = new WritableStream<number>({
      write: async (x) => {
        most = Math.max(most, given - kept.length);
        await turn();
        kept.push(x);
      },
    });
    await patch(
      (function* () {
        while (given < 9) yield given++;
      })(),
      fromWritable(stream),
    );
    assert.deepEqual(kept, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert.ok(most <= 3, `${most} were under way`);
    assert.equal(stream.locked, false);
  });

  test('fails what is patched to it, and is aborted with its source', async () => {
    const source = endless(1, 2, 3);
    const broken = new WritableStream<number>({
      write: () => {
        throw new Error('disk full');
      },
    });
    await assert.rejects(patch(source, fromWritable(broken)), /disk full/);
    assert.equal(source.left, 1);
    let aborted: unknown;
    const stream = new WritableStream<number>({
      abort: (reason) => {
        aborted = reason;
      },
    });
    const torn = new Error('torn');
    await assert.rejects(
      patch(
        pullFrom([1]).to((): never => {
          throw torn;
        }),
        fromWritable(stream),
      ),
      torn,
    );
    assert.equal(aborted, torn);
    assert.equal(stream.locked, false);
  });

  test('stays open if it is kept so', async () => {
    const kept: number[] = [];
    const stream = new WritableStream<number>({ write: (x) => void kept.push(x) });
    await patch([1], keepOpen(fromWritable(stream)));
    await patch([2], fromWritable(stream));
    assert.deepEqual(kept, [1, 2]);
  });

  test('is made of a sink, waits, and ends it', async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const written = ReadableStream.from([1, 2, 3]).pipeTo(toWritable(queue));
    assert.deepEqual(await Array.fromAsync(queue), [1, 2, 3]);
    await written;
    const aborted = new Queue<number>();
    await toWritable(aborted).abort(new Error('torn'));
    await assert.rejects(aborted.pull(), /torn/);
  });

  test('is made of a sink, and fails when that takes no more', async () => {
    const queue = new Queue<number>();
    let cancelled = false;
    const source = new ReadableStream<number>({
      cancel: () => {
        cancelled = true;
      },
    });
    const written = source.pipeTo(toWritable(queue));
    await turn();
    queue.flush();
    await assert.rejects(written, /Cannot write as the sink takes no more/);
    assert.equal(cancelled, true);
    const failing = new Queue<number>();
    failing.fail(new Error('lost'));
    await assert.rejects(ReadableStream.from([1]).pipeTo(toWritable(failing)), /lost/);
  });

  test('transforms', async () => {
    const double = new TransformStream<number, number>({ transform: (x, out) => out.enqueue(x * 2) });
    assert.deepEqual(await Array.fromAsync(pullFrom([1, 2]).to(fromTransform(double))), [2, 4]);
    const broken = new TransformStream<number, number>({
      transform: () => {
        throw new Error('torn');
      },
    });
    await assert.rejects(Array.fromAsync(pullFrom([1]).to(fromTransform(broken))), /torn/);
    const source = endless(1, 2);
    for await (const _ of pullFrom(source).to(fromTransform(new TransformStream<number, number>()))) break;
    await turn();
    assert.equal(source.left, 1);
  });
});

test('the lines of a file are a source', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-streams-'));
  const file = await open(join(folder, 'lines.txt'), 'w+');
  await file.writeFile('warp\nweft\n');
  const again = await open(join(folder, 'lines.txt'));
  assert.deepEqual(await Array.fromAsync(pullFrom(again.readLines()).to((line) => line.length)), [4, 4]);
  await file.close();
  rmSync(folder, { recursive: true });
});

test('fromWritable() refuses what is no stream', () => {
  expect(() => fromWritable([] as unknown as Writable)).toThrow(TypeError);
  expect(() => fromWritable(undefined as unknown as Writable)).toThrow(TypeError);
});
