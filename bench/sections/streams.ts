/**
 * How many items pass through streams in a second, in turns with what the language and Node have for it.
 *
 * A producer waits for room with each item, a consumer reads with `for await`; numbers are the items, so that nothing but
 * the streams is measured.
 */

import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { patch, pullFrom, pullMap, pushMap, Queue, sinkMap, threadPool } from 'heddle/streams';
import type { Figure, Settings } from '../figure.ts';
import { inTurns, timeMs } from '../in-turns.ts';

/** Measures the section `streams`. */
export async function measureStreams({ quick }: Settings): Promise<readonly Figure[]> {
  const items = quick ? 20_000 : 200_000;
  const sum = ((items - 1) * items) / 2;
  /** Thousands of items a second. */
  const rateOf = (work: () => Promise<number>) => async () => {
    const ms = await timeMs(async () => {
      const found = await work();
      if (found !== sum) throw new Error(`Cannot measure as items were lost: received a sum of ${found}`);
    });
    return items / ms;
  };
  const throughQueue = (capacity: number) => async () => {
    const queue = new Queue<number>({ capacity });
    const [found] = await Promise.all([sumOf(queue), fill(queue, items)]);
    return found;
  };
  const add = async (n: number): Promise<number> => n;
  const rates = await inTurns(
    {
      generator: rateOf(() => sumOf(numbersLater(items))),
      one: rateOf(throughQueue(1)),
      some: rateOf(throughQueue(64)),
      many: rateOf(throughQueue(1024)),
      shared: rateOf(async () => {
        const queue = new Queue<number>();
        const readers = Array.from({ length: 8 }, () => sumOf(queue));
        await fill(queue, items);
        return (await Promise.all(readers)).reduce((all, part) => all + part);
      }),
      patched: rateOf(async () => {
        const queue = new Queue<number>();
        const [found] = await Promise.all([sumOf(queue), patch(numbers(items), queue)]);
        return found;
      }),
      pulled: rateOf(() =>
        sumOf(
          pullFrom(numbers(items))
            .to((n) => n + 1)
            .to((n) => n - 1),
        ),
      ),
      pushed: rateOf(async () => {
        let found = 0;
        const sink = sinkMap((n: number) => {
          found += n;
        });
        await patch(
          numbers(items),
          pushMap((n: number) => n + 1)
            .to((n) => n - 1)
            .to(sink),
        );
        return found;
      }),
      window: rateOf(() => sumOf(pullFrom(numbers(items)).to(pullMap(add, { concurrency: 4 })))),
      pool: rateOf(() => sumOf(pullFrom(numbers(items)).to(threadPool(add, add)))),
      node: rateOf(() => throughNode(items)),
      web: rateOf(() => throughWeb(items)),
    },
    quick ? 3 : 9,
  );
  const unit = 'thousand a second';
  return [
    { name: 'an async generator, by itself', unit, value: rates.generator },
    { name: 'Queue, capacity 1', unit, value: rates.one, atLeast: 1000 },
    { name: 'Queue, capacity 64 (default)', unit, value: rates.some, atLeast: 1000 },
    { name: 'Queue, capacity 1024', unit, value: rates.many, atLeast: 1000 },
    { name: 'Queue, 8 readers', unit, value: rates.shared, atLeast: 1000 },
    { name: 'patch() into a Queue', unit, value: rates.patched, atLeast: 1000 },
    { name: 'pullFrom(), two maps', unit, value: rates.pulled, atLeast: 1000 },
    { name: 'two pushMap()s into a sinkMap()', unit, value: rates.pushed, atLeast: 1000 },
    { name: 'pullMap(), concurrency 4', unit, value: rates.window },
    { name: 'threadPool() of 2 async functions', unit, value: rates.pool },
    { name: "Node's PassThrough, of objects", unit, value: rates.node },
    { name: 'a TransformStream of the Web', unit, value: rates.web },
    { name: 'Queue over PassThrough', unit: 'times', value: rates.some / rates.node },
  ];
}

async function sumOf(source: AsyncIterable<number>): Promise<number> {
  let sum = 0;
  for await (const n of source) sum += n;
  return sum;
}

async function fill(queue: Queue<number>, items: number): Promise<void> {
  for (let n = 0; n < items; n++) await queue.push(n);
  queue.close();
}

function* numbers(items: number): Generator<number> {
  for (let n = 0; n < items; n++) yield n;
}

async function* numbersLater(items: number): AsyncGenerator<number> {
  for (let n = 0; n < items; n++) yield n;
}

async function throughNode(items: number): Promise<number> {
  const stream = new PassThrough({ objectMode: true, highWaterMark: 64 });
  const write = async (): Promise<void> => {
    for (let n = 0; n < items; n++) if (!stream.write(n)) await once(stream, 'drain');
    stream.end();
  };
  const [sum] = await Promise.all([sumOf(stream as AsyncIterable<number>), write()]);
  return sum;
}

async function throughWeb(items: number): Promise<number> {
  const { readable, writable } = new TransformStream<number, number>();
  const write = async (): Promise<void> => {
    const writer = writable.getWriter();
    for (let n = 0; n < items; n++) await writer.write(n);
    await writer.close();
  };
  const [sum] = await Promise.all([sumOf(readable), write()]);
  return sum;
}
