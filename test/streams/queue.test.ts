/** A bounded queue: order, bound, waiting, and every way to end. */

import assert from 'node:assert/strict';
import { describe, expect, test } from 'vitest';
import { ClosedError } from '../../src/base/errors.ts';
import { Queue } from '../../src/streams.ts';
import { stateOf, turns } from './turns.ts';

describe('Queue', () => {
  test('push() waits while the queue is full, and is served in order', async () => {
    const queue = new Queue<number>({ capacity: 2 });
    await queue.push(1);
    await queue.push(2);
    const third = queue.push(3);
    const fourth = queue.push(4);
    assert.equal(await stateOf(third), 'waiting');
    assert.equal(queue.size, 2);
    assert.deepEqual(await queue.pull(), { done: false, value: 1 });
    assert.equal(await stateOf(third), 'fulfilled');
    assert.equal(await stateOf(fourth), 'waiting');
    queue.close();
    assert.deepEqual(await Array.fromAsync(queue), [2, 3, 4]);
    await fourth;
  });

  test('pull() is served in the order of asking', async () => {
    const queue = new Queue<number>();
    const asked = [queue.pull(), queue.pull(), queue.pull()];
    for (const n of [1, 2]) await queue.push(n);
    queue.close();
    assert.deepEqual(
      (await Promise.all(asked)).map(({ value }) => value),
      [1, 2, undefined],
    );
  });

  test('tryPush() and tryPull() never wait', () => {
    const queue = new Queue<string>({ capacity: 1 });
    assert.equal(queue.tryPull(), undefined);
    assert.equal(queue.tryPush('a'), true);
    assert.equal(queue.tryPush('b'), false);
    assert.deepEqual(queue.tryPull(), { done: false, value: 'a' });
    queue.close();
    assert.equal(queue.tryPush('c'), false);
    assert.deepEqual(queue.tryPull(), { done: true, value: undefined });
    const failed = new Queue<string>();
    failed.fail(new Error('broken'));
    assert.throws(() => failed.tryPull(), /broken/);
  });

  test('items that are undefined, or look like an end, are items', async () => {
    const queue = new Queue<unknown>();
    const odd = [undefined, null, { done: true }, Symbol.for('end-of-queue'), Number.NaN];
    for (const item of odd) await queue.push(item);
    queue.close();
    assert.deepEqual(await Array.fromAsync(queue), odd);
  });

  test('close() ends every reader once all is read, and refuses what comes later', async () => {
    const queue = new Queue<number>();
    const readers = [1, 2, 3].map(() => Array.fromAsync(queue));
    await queue.push(1);
    queue.close();
    queue.close();
    assert.deepEqual((await Promise.all(readers)).flat(), [1]);
    assert.equal(queue.isClosed, true);
    await assert.rejects(
      queue.push(2),
      (error) => error instanceof ClosedError && error.message.endsWith('received 2'),
    );
    assert.deepEqual(await Array.fromAsync(queue), []);
  });

  test('close() keeps what waited to be pushed before', async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const pushed = Promise.all([queue.push(1), queue.push(2), queue.push(3)]);
    queue.close();
    assert.deepEqual(await Array.fromAsync(queue), [1, 2, 3]);
    await pushed;
  });

  test('fail() lets what is in it be read, then throws at every reader', async () => {
    const queue = new Queue<number>({ capacity: 1 });
    await queue.push(1);
    const waiting = queue.push(2);
    queue.fail(new Error('first'));
    queue.fail(new Error('second'));
    await assert.rejects(waiting, /first/);
    await assert.rejects(queue.push(3), /first/);
    assert.deepEqual(await queue.pull(), { done: false, value: 1 });
    for (let n = 0; n < 3; n++) await assert.rejects(Array.fromAsync(queue), /first/);
  });

  test('fail() settles all who wait, and whenEmpty()', async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const readers = [queue.pull(), queue.pull(), Array.fromAsync(queue)];
    queue.fail('why');
    for (const reader of readers) await assert.rejects(reader, (error) => error === 'why');
    const full = new Queue<number>({ capacity: 1 });
    await full.push(1);
    const empty = full.whenEmpty();
    full.fail('why');
    await assert.rejects(empty, (error) => error === 'why');
    await assert.rejects(full.whenEmpty(), (error) => error === 'why');
  });

  test('fail() after close() counts as long as there are items', async () => {
    const queue = new Queue<number>();
    await queue.push(1);
    queue.close();
    queue.fail(new Error('late'));
    assert.deepEqual(await queue.pull(), { done: false, value: 1 });
    await assert.rejects(queue.pull(), /late/);
    const ended = new Queue<number>();
    ended.close();
    ended.fail(new Error('too late'));
    assert.deepEqual(await Array.fromAsync(ended), []);
  });

  test('flush() drops everything, ends readers, and refuses who waits to push', async () => {
    const queue = new Queue<number>({ capacity: 1 });
    await queue.push(1);
    const waiting = queue.push(2);
    const empty = queue.whenEmpty();
    queue.flush();
    await assert.rejects(waiting, ClosedError);
    await empty;
    assert.deepEqual(await Array.fromAsync(queue), []);
    const read = new Queue<number>();
    const reader = Array.fromAsync(read);
    read.flush();
    assert.deepEqual(await reader, []);
  });

  test('clear() drops what is in it, and lets in who waits', async () => {
    const queue = new Queue<number>({ capacity: 2 });
    const pushed = Promise.all([1, 2, 3, 4, 5].map((n) => queue.push(n)));
    queue.clear();
    assert.equal(queue.size, 2);
    queue.close();
    assert.deepEqual(await Array.fromAsync(queue), [3, 4, 5]);
    await pushed;
  });

  test('clear() of a closed queue ends it', async () => {
    const queue = new Queue<number>();
    await queue.push(1);
    queue.close();
    const empty = queue.whenEmpty();
    queue.clear();
    await empty;
    assert.deepEqual(await Array.fromAsync(queue), []);
  });

  test('whenEmpty() waits until all is taken, also what waits to be pushed', async () => {
    const queue = new Queue<number>({ capacity: 1 });
    await queue.whenEmpty();
    const pushed = Promise.all([queue.push(1), queue.push(2)]);
    const empty = queue.whenEmpty();
    await queue.pull();
    assert.equal(await stateOf(empty), 'waiting');
    await queue.pull();
    await empty;
    await pushed;
  });

  test('a reader that leaves early loses no item, and does not end the others', async () => {
    const queue = new Queue<number>();
    for (let n = 0; n < 5; n++) await queue.push(n);
    for await (const n of queue) if (n === 1) break;
    assert.equal(queue.isClosed, false);
    queue.close();
    assert.deepEqual(await Array.fromAsync(queue), [2, 3, 4]);
  });

  test('a reader that leaves while it waits takes no item along', async () => {
    const queue = new Queue<number>();
    const [leaving, staying] = [queue[Symbol.asyncIterator](), queue[Symbol.asyncIterator]()];
    const asked = [leaving.next(), staying.next(), leaving.next()];
    await leaving.return?.();
    await queue.push(1);
    assert.deepEqual(
      (await Promise.all(asked)).map(({ value }) => value),
      [undefined, 1, undefined],
    );
    assert.equal((await leaving.next()).done, true);
  });

  test('a wait that is aborted takes nothing along, and leaves no listener', async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const stop = new AbortController();
    const pulled = queue.pull({ signal: stop.signal });
    stop.abort('enough');
    await assert.rejects(pulled, (error) => error === 'enough');
    await assert.rejects(queue.pull({ signal: stop.signal }), (error) => error === 'enough');
    await assert.rejects(queue.push(0, { signal: stop.signal }), (error) => error === 'enough');
    await assert.rejects(queue.whenEmpty({ signal: stop.signal }), (error) => error === 'enough');
    await queue.push(1);
    const late = new AbortController();
    const [pushed, empty] = [
      queue.push(2, { signal: late.signal }),
      queue.whenEmpty({ signal: late.signal }),
    ];
    late.abort('too full');
    await assert.rejects(pushed, (error) => error === 'too full');
    await assert.rejects(empty, (error) => error === 'too full');
    queue.close();
    assert.deepEqual(await Array.fromAsync(queue), [1]);
  });

  test('its own signal drops what is in it, and fails all who wait', async () => {
    const stop = new AbortController();
    const queue = new Queue<number>({ capacity: 1, signal: stop.signal });
    await queue.push(1);
    const waiting = queue.push(2);
    queue.close();
    stop.abort('stop');
    await assert.rejects(waiting, (error) => error === 'stop');
    await assert.rejects(queue.pull(), (error) => error === 'stop');
    const late = new Queue<number>({ signal: stop.signal });
    await assert.rejects(late.push(1), (error) => error === 'stop');
  });

  test('disposing of it flushes it', async () => {
    const queue = new Queue<number>({ capacity: 1 });
    await queue.push(1);
    const waiting = queue.push(2);
    await queue[Symbol.asyncDispose]();
    await queue[Symbol.asyncDispose]();
    await assert.rejects(waiting, ClosedError);
    assert.equal(queue.isClosed, true);
  });

  test('its readers share fairly: who takes one goes to the end of the line', async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const counts = [0, 0, 0];
    const readers = counts.map(async (_, reader) => {
      for await (const n of queue) counts[reader] = (counts[reader] ?? 0) + Math.sign(n + 1);
    });
    for (let n = 0; n < 300; n++) {
      await queue.push(n);
      await turns(3);
    }
    queue.close();
    await Promise.all(readers);
    assert.deepEqual(counts, [100, 100, 100]);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3'])(
    'refuses a capacity of %s',
    (capacity) => {
      expect(() => new Queue({ capacity: capacity as number })).toThrow(RangeError);
    },
  );

  test('refuses an option that does not exist', () => {
    expect(() => new Queue({ capcity: 3 } as object)).toThrow(/'capacity' was probably meant/);
  });
});
