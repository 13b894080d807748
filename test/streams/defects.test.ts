/** What Noodles' streams did wrong, each as the sentence that was true of them. */

import assert from 'node:assert/strict';
import { describe, expect, test } from 'vitest';
import {
  branch,
  type Connection,
  keepOpen,
  patch,
  pull,
  pullFrom,
  pullMap,
  pushMap,
  Queue,
  sinkMap,
  threadPool,
} from '../../src/streams.ts';
import { turn } from './turns.ts';

describe("Noodles' streams", () => {
  test('lost the error of a worker: the results ended as if there were no more', async () => {
    const jobs = new Queue<number>();
    await patch([1, 2, 3], jobs);
    const worker = (x: number): number => {
      if (x === 2) throw new Error('a job failed');
      return x;
    };
    await assert.rejects(Array.fromAsync(jobs.to(threadPool(worker, worker))), /a job failed/);
  });

  test('hung for ever with no workers', () => {
    expect(() => threadPool()).toThrow(
      'Cannot make a thread pool as there must be a worker at least: received none',
    );
  });

  test('gave every item of a list to every worker of a pool', async () => {
    const worker = async (x: number): Promise<number> => x;
    const results = await Array.fromAsync(pullFrom([1, 2, 3]).to(threadPool(worker, worker, worker)));
    assert.deepEqual(
      results.toSorted((a, b) => a - b),
      [1, 2, 3],
    );
  });

  test('took an item for the end of the queue if it looked like it', async () => {
    const end = Symbol('end of queue');
    const queue = new Queue<symbol>();
    await patch([end, end], queue);
    assert.deepEqual(await Array.fromAsync(queue), [end, end]);
  });

  test('put what was pushed after the end behind it, where nobody read it', async () => {
    const queue = new Queue<number>();
    queue.close();
    await assert.rejects(queue.push(1), /Cannot push into a queue as it is closed/);
  });

  test('pushed all that was ready at once: queues had no bound', async () => {
    let given = 0;
    const queue = new Queue<number>();
    const copied = patch(
      (function* () {
        for (;;) yield given++;
      })(),
      queue,
    );
    await turn();
    assert.ok(given <= queue.capacity + 1);
    queue.flush();
    await copied;
  });

  test('had no to(): the display of a run could not be joined', async () => {
    const log: string[] = [];
    const shown = pushMap((job: number) => `job ${job}`).to(sinkMap((line) => log.push(line)));
    await patch([1, 2], shown);
    assert.deepEqual(log, ['job 1', 'job 2']);
  });

  test('hung when the display that followed a run threw', async () => {
    const jobs = new Queue<number>();
    const shown = sinkMap(() => {
      throw new Error('no such name');
    });
    const done = Array.fromAsync(jobs.to(branch(shown)));
    await jobs.push(1);
    await assert.rejects(done, /no such name/);
  });

  test('lost the items that a transformer held when the source ended', async () => {
    const lines = pull(async function* (source: AsyncIterable<string>) {
      let line = '';
      for await (const letter of source) {
        if (letter === '\n') {
          yield line;
          line = '';
        } else line += letter;
      }
      if (line !== '') yield line;
    });
    assert.deepEqual(await Array.fromAsync(pullFrom('ab\nc').to(lines)), ['ab', 'c']);
  });

  test('could not be cancelled', async () => {
    const stop = new AbortController();
    const queue = new Queue<number>({ capacity: 1 });
    const copied = patch([1, 2, 3], queue, { signal: stop.signal });
    await turn();
    stop.abort('enough');
    await assert.rejects(copied, (error) => error === 'enough');
  });

  test('joined a run of workers from these parts, with a log of what begins and ends', async () => {
    const log = new Queue<string>();
    const lines = Array.fromAsync(log);
    const work = async (job: number): Promise<number> => job * job;
    const workers: Connection<number, number> = new Queue<number>()
      .to(branch(keepOpen(pushMap((job: number) => `start ${job}`).to(log))))
      .to(threadPool(work, work))
      .to(branch(keepOpen(pushMap((result: number) => `done ${result}`).to(log))))
      .to(pullMap((result) => result));
    const pushed = patch([1, 2, 3], workers);
    assert.deepEqual(
      (await Array.fromAsync(workers)).toSorted((a, b) => a - b),
      [1, 4, 9],
    );
    await pushed;
    log.close();
    const written = await lines;
    assert.equal(written.length, 6);
    for (const n of [1, 2, 3]) assert.ok(written.indexOf(`start ${n}`) < written.indexOf(`done ${n * n}`));
  });
});
