/** patch() and its kin: back-pressure, and each way in which one end ends the other. */

import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { ClosedError } from '../../src/base/errors.ts';
import {
  branch,
  broadcast,
  fromWritable,
  keepOpen,
  keepSource,
  type Pullable,
  patch,
  pullFrom,
  pushFrom,
  pushMap,
  Queue,
  type Sink,
  sinkMap,
} from '../../src/streams.ts';
import { endless, stateOf, turn } from './turns.ts';

describe('patch()', () => {
  test('copies until the end, then closes the sink', async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const copied = patch([1, 2, 3], queue);
    assert.deepEqual(await Array.fromAsync(queue), [1, 2, 3]);
    await copied;
  });

  test('takes no item before the one before has found room', async () => {
    let given = 0;
    const queue = new Queue<number>({ capacity: 3 });
    const copied = patch(count(), queue);
    await turn();
    assert.equal(given, 4);
    await queue.pull();
    await turn();
    assert.equal(given, 5);
    queue.flush();
    await copied;

    function* count(): Generator<number> {
      for (;;) yield given++;
    }
  });

  test('fails the sink with what the source throws', async () => {
    const queue = new Queue<number>();
    const copied = patch(broken(), queue);
    await assert.rejects(copied, /broken/);
    assert.deepEqual(await queue.pull(), { done: false, value: 1 });
    await assert.rejects(queue.pull(), /broken/);

    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw new Error('broken');
    }
  });

  test('leaves the source, and fails the queue before it, with what the sink throws', async () => {
    const source = endless(1, 2, 3);
    await assert.rejects(patch(source, sinkMap(fail)), /full/);
    assert.equal(source.left, 1);
    const jobs = new Queue<number>({ capacity: 1 });
    await jobs.push(1);
    const second = jobs.push(2);
    const third = jobs.push(3);
    await assert.rejects(
      patch(
        jobs.to((x) => x + 1),
        sinkMap(fail),
      ),
      /full/,
    );
    await second; // It came in when the first was taken.
    await assert.rejects(third, /full/);
    await assert.rejects(jobs.push(4), /full/);
  });

  test('ends at once when its sink takes no more, also while it waits for an item', async () => {
    const source = endless<number>();
    const queue = new Queue<number>();
    const copied = patch(source, queue);
    await turn();
    queue.flush();
    await copied;
    assert.equal(source.left, 1);
  });

  test('tells who pushes into its source when its sink takes no more', async () => {
    const [jobs, results] = [new Queue<number>({ capacity: 1 }), new Queue<number>({ capacity: 1 })];
    const copied = patch(
      jobs.to((x) => x * 2),
      results,
    );
    await jobs.push(1);
    assert.deepEqual(await results.pull(), { done: false, value: 2 });
    results.flush();
    await copied;
    await assert.rejects(jobs.push(2), ClosedError);
  });

  test('fails at once when its sink does, also while it waits for an item', async () => {
    const [source, queue] = [endless<number>(), new Queue<number>()];
    const copied = patch(source, queue);
    await turn();
    queue.fail(new Error('lost'));
    await assert.rejects(copied, /lost/);
    assert.equal(source.left, 1);
  });

  test('ends both sides with the reason of its signal, whichever it waits for', async () => {
    for (const items of [[], [1, 2, 3]]) {
      const [source, queue] = [endless(...items), new Queue<number>({ capacity: 1 })];
      const stop = new AbortController();
      const copied = patch(source, queue, { signal: stop.signal });
      await turn();
      stop.abort('enough');
      await assert.rejects(copied, (error) => error === 'enough');
      assert.equal(source.left, 1);
      queue.clear();
      await assert.rejects(queue.pull(), (error) => error === 'enough');
    }
  });

  test('with a signal that has aborted fails both ends, and takes nothing', async () => {
    const [jobs, results] = [new Queue<number>(), new Queue<number>()];
    await assert.rejects(
      patch(jobs, results, { signal: AbortSignal.abort('before') }),
      (error) => error === 'before',
    );
    await assert.rejects(results.pull(), (error) => error === 'before');
    await assert.rejects(jobs.push(1), (error) => error === 'before');
  });

  test('does not wait for a source that never lets itself be left', async () => {
    const queue = new Queue<number>();
    const copied = patch(stuck(), queue);
    await turn();
    queue.flush();
    assert.equal(await stateOf(copied), 'fulfilled');

    async function* stuck(): AsyncGenerator<number> {
      yield await new Promise<number>(() => undefined);
    }
  });

  test('waits neither for a push that never ends, nor for a sink that cannot fail before', async () => {
    const stop = new AbortController();
    const never = Promise.withResolvers<never>().promise;
    const stuck: Sink<number> = {
      open: () => ({ push: () => never, close: () => never, fail: () => never }),
    };
    const stuckWeb = fromWritable(
      new WritableStream<number>({ write: () => never }, new CountQueuingStrategy({ highWaterMark: 5 })),
    );
    for (const sink of [stuck, stuckWeb, sinkMap(() => never)]) {
      const copied = patch(endless(1), sink, { signal: stop.signal });
      copied.catch(() => undefined);
      await turn();
      stop.abort('enough');
      assert.equal(await stateOf(copied), 'rejected');
    }
  });

  test('takes nothing when its sink has ended before', async () => {
    const [jobs, closed] = [new Queue<number>(), new Queue<number>()];
    await jobs.push(1);
    closed.close();
    await patch(keepSource(jobs), closed);
    assert.deepEqual(await jobs.pull(), { done: false, value: 1 });
  });

  test('fails its source, and other sinks, when a sink cannot be opened', async () => {
    const [jobs, other] = [new Queue<number>(), new Queue<number>()];
    const stream = new WritableStream<number>();
    stream.getWriter();
    await assert.rejects(patch(jobs, broadcast(other, fromWritable(stream))), /locked/);
    await assert.rejects(other.pull(), /locked/);
    await assert.rejects(jobs.push(1), /locked/);
  });

  test('leaves a waiting chain so that no item is lost in it', async () => {
    const queue = new Queue<number>();
    const chain = queue.to((x) => x + 1).to((x) => x + 1);
    const reader = chain[Symbol.asyncIterator]();
    const asked = reader.next();
    await turn();
    await reader.return?.();
    assert.equal((await asked).done, true);
    await queue.push(1);
    assert.deepEqual(await queue.pull(), { done: false, value: 1 });
  });

  test('refuses what cannot be pulled from or pushed into, and says what can', async () => {
    await assert.rejects(
      patch(5 as unknown as number[], new Queue()),
      /^TypeError: Cannot pull from what cannot be iterated: received 5$/,
    );
    await assert.rejects(
      patch([], new WritableStream() as unknown as Sink<number>),
      /fromWritable\(stream\)/,
    );
    await assert.rejects(patch([], sinkMap(fail), { sgnal: 1 } as object), /'signal' was probably meant/);
    await assert.rejects(
      patch(badIterator(), new Queue<number>()),
      /Cannot pull as an iterator gives objects/,
    );

    function badIterator(): Pullable<number> {
      return { [Symbol.asyncIterator]: () => ({ next: () => 3 }) } as unknown as AsyncIterable<number>;
    }
  });
});

describe('keepOpen()', () => {
  test('lets several push into one sink, whatever becomes of each', async () => {
    const queue = new Queue<number>();
    await patch([1, 2], keepOpen(queue));
    await assert.rejects(patch(throwing(), keepOpen(queue)), /broken/);
    await patch([3], keepOpen(pushMap((x: number) => x * 10).to(queue)));
    assert.equal(queue.isClosed, false);
    queue.close();
    assert.deepEqual(await Array.fromAsync(queue), [1, 2, 30]);

    function* throwing(): Generator<number> {
      yield* [];
      throw new Error('broken');
    }
  });

  test('still ends who pushes when the sink takes no more', async () => {
    const queue = new Queue<number>();
    const copied = patch(endless<number>(), keepOpen(queue));
    await turn();
    queue.close();
    assert.equal(await stateOf(copied), 'fulfilled');
  });
});

describe('keepSource()', () => {
  test('lets several pull from one queue, whatever becomes of each', async () => {
    const queue = new Queue<number>();
    for (const n of [1, 2, 3]) await queue.push(n);
    await assert.rejects(patch(keepSource(queue), sinkMap(fail)), /full/);
    await queue.push(4);
    queue.close();
    assert.deepEqual(await Array.fromAsync(keepSource(queue)), [2, 3, 4]);
    assert.deepEqual([...(keepSource([1]) as number[])], [1]);
  });
});

describe('broadcast()', () => {
  test('gives each item to all, and waits for the slowest', async () => {
    const [fast, slow] = [new Queue<number>(), new Queue<number>({ capacity: 1 })];
    const copied = patch([1, 2, 3], broadcast(fast, slow));
    await turn();
    assert.equal(fast.size, 2);
    assert.deepEqual(await Array.fromAsync(slow), [1, 2, 3]);
    assert.deepEqual(await Array.fromAsync(fast), [1, 2, 3]);
    await copied;
  });

  test('goes on without a sink that takes no more, and ends with the last', async () => {
    const [first, second] = [new Queue<number>(), new Queue<number>()];
    const source = endless(1, 2);
    const copied = patch(source, broadcast(first, second));
    first.flush();
    await turn();
    assert.equal(second.size, 2);
    second.flush();
    await copied;
    assert.equal(source.left, 1);
  });

  test('fails all with the error of one, and leaves no rejection unheard', async () => {
    const [good, full] = [new Queue<number>(), new Queue<number>({ capacity: 1 })];
    await full.push(0);
    const bad = sinkMap(fail);
    const late = sinkMap(() => Promise.reject(new Error('late')));
    await assert.rejects(patch([1], broadcast(good, full, late, bad)), /full|late/);
    good.clear();
    await assert.rejects(good.pull(), /full|late/);
    await full.pull();
    await assert.rejects(full.pull(), /full|late/);
  });

  test('of no sinks takes everything', async () => {
    assert.equal(await patch([1, 2], broadcast()), undefined);
  });
});

describe('branch()', () => {
  test('shows each item to its sinks before it gives it on', async () => {
    const log: string[] = [];
    const chain = pullFrom([1, 2]).to(branch(sinkMap((x: number) => log.push(`seen ${x}`))));
    for await (const x of chain) log.push(`got ${x}`);
    assert.deepEqual(log, ['seen 1', 'got 1', 'seen 2', 'got 2']);
  });

  test('waits for its sinks, so that they bound the chain', async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const read = Array.fromAsync(pullFrom([1, 2, 3]).to(branch(queue)));
    assert.equal(await stateOf(read), 'waiting');
    assert.deepEqual(await Array.fromAsync(queue), [1, 2, 3]);
    assert.deepEqual(await read, [1, 2, 3]);
  });

  test('closes its sinks when the loop is left, and fails them with the source', async () => {
    const [left, failed] = [new Queue<number>(), new Queue<number>()];
    for await (const _ of pullFrom([1, 2]).to(branch(left))) break;
    assert.deepEqual(await Array.fromAsync(left), [1]);
    const chain = pullFrom([1])
      .to(() => Promise.reject(new Error('broken')))
      .to(branch(failed));
    await assert.rejects(Array.fromAsync(chain), /broken/);
    await assert.rejects(failed.pull(), /broken/);
  });

  test('ends with the error of a sink, and closes the source', async () => {
    const source = endless(1, 2);
    const other = new Queue<number>();
    const chain = pullFrom(source).to(branch(sinkMap(fail), other));
    await assert.rejects(Array.fromAsync(chain), /full/);
    assert.equal(source.left, 1);
    other.clear();
    await assert.rejects(other.pull(), /full/);
  });

  test('goes on without a sink that takes no more', async () => {
    const queue = new Queue<number>();
    queue.close();
    assert.deepEqual(await Array.fromAsync(pullFrom([1, 2]).to(branch(queue))), [1, 2]);
  });
});

describe('pushFrom()', () => {
  test('runs when it is joined to a sink', async () => {
    const queue = new Queue<string>();
    await pushFrom([1, 2])
      .to((x) => x * 2)
      .to(pushMap(async (x: number) => `${x}`))
      .to(queue);
    assert.deepEqual(await Array.fromAsync(queue), ['2', '4']);
  });

  test('fails its sink with what a transformer throws', async () => {
    const queue = new Queue<number>();
    await assert.rejects(
      pushFrom([1])
        .to((): number => fail())
        .to(queue),
      /full/,
    );
    await assert.rejects(queue.pull(), /full/);
  });

  test('ends with its signal', async () => {
    const stop = new AbortController();
    const pushed = pushFrom(endless<number>()).to(new Queue<number>(), { signal: stop.signal });
    stop.abort('enough');
    await assert.rejects(pushed, (error) => error === 'enough');
  });
});

function fail(): never {
  throw new Error('full');
}
