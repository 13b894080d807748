/** What streams leave behind: nothing, however many there were and however they ended. */

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, test } from 'vitest';
import { keepOpen, patch, pullFrom, Queue, sinkMap, threadPool } from '../../src/streams.ts';
import { turn } from './turns.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function heapBytes(): Promise<number> {
  await turn();
  collect();
  return process.memoryUsage().heapUsed;
}

/** Far below what one small object for each would take. */
const few = 400_000;

describe('streams', () => {
  test('that were forgotten while somebody waited are collected', async () => {
    const queues: WeakRef<Queue<number>>[] = [];
    for (let n = 0; n < 5000; n++) {
      const queue = new Queue<number>({ capacity: 1 });
      queues.push(new WeakRef(queue));
      if (n % 2 === 0) void queue.pull();
      else void patch([1, 2, 3], queue);
    }
    await turn();
    collect();
    // The engine may still hold the last one or two in a register.
    const alive = queues.filter((queue) => queue.deref() !== undefined).length;
    assert.ok(alive < 5, `${alive} of ${queues.length} are alive`);
  });

  test('leave no listener with a signal, however they ended', async () => {
    const { signal } = new AbortController();
    for (let n = 0; n < 200; n++) {
      const queue = new Queue<number>({ capacity: 1, signal });
      await patch([1], queue, { signal });
      if (n % 2 === 0) queue.flush();
      else await queue.pull({ signal });
      const failed = new Queue<number>({ signal });
      const waiting = failed.pull({ signal });
      failed.fail('why');
      await assert.rejects(waiting, (error) => error === 'why');
      const handed = new Queue<number>({ capacity: 1, signal });
      const [asked, pushed] = [handed.pull({ signal }), [1, 2].map((x) => handed.push(x, { signal }))];
      await asked;
      const second = handed.push(3, { signal });
      handed.close();
      await Array.fromAsync(handed);
      await Promise.all([...pushed, second]);
    }
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  test('leave nothing with a queue that outlives them', async () => {
    const log = new Queue<number>({ capacity: 1 });
    const read = patch(
      log,
      sinkMap(() => undefined),
    );
    const some = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        await patch([n], keepOpen(log));
        const stop = new AbortController();
        const other = new Queue<number>();
        const waiting = other.pull({ signal: stop.signal });
        stop.abort('enough');
        await waiting.catch(() => undefined);
      }
    };
    await some(500);
    const before = await heapBytes();
    await some(10_000);
    assert.ok((await heapBytes()) - before < few);
    log.close();
    await read;
  });

  test('that wait and are aborted leave nothing in a queue', async () => {
    const queue = new Queue<number>();
    const abort = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        const reader = queue[Symbol.asyncIterator]();
        const asked = reader.next();
        await reader.return?.();
        await asked;
      }
    };
    await abort(1000);
    const before = await heapBytes();
    await abort(20_000);
    assert.ok((await heapBytes()) - before < few);
  });

  test('take no more room with a slow reader, however much is pushed', async () => {
    const size = 1000;
    let given = 0;
    const source = pullFrom(function* () {
      while (given < 20_000) yield new Array<number>(size).fill(given++);
    });
    const work = async (list: number[]): Promise<number[]> => list;
    let before = 0;
    let most = 0;
    let read = 0;
    for await (const list of source.to((x) => x).to(threadPool(work, work))) {
      assert.equal(list.length, size);
      if (++read % 5000 !== 0) continue;
      if (before === 0) before = await heapBytes();
      else most = Math.max(most, (await heapBytes()) - before);
    }
    assert.equal(read, 20_000);
    // 160 MB were given; some lists are under way.
    assert.ok(most < 2_000_000, `${most} bytes more`);
  });

  test('keep the process neither alive nor busy', () => {
    const kinds = process.getActiveResourcesInfo();
    const queues = Array.from({ length: 100 }, () => new Queue<number>());
    for (const queue of queues) void queue.pull();
    assert.deepEqual(process.getActiveResourcesInfo(), kinds);
  });
});
