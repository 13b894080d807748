/**
 * BullMQ by itself, as its documentation shows it: jobs are added, and `QueueEvents` tell what they came to.
 */

import { Queue, QueueEvents } from 'bullmq';
import { createClient } from 'redis';

/** A queue without heddle. */
export interface BareBull extends AsyncDisposable {
  /** Adds so many jobs at once, and gives for how long it waited for what they came to, in milliseconds. */
  pipelined(count: number): Promise<number>;
  /** The same one after the other. */
  lone(count: number): Promise<number>;
}

/** Opens a queue that workers serve. */
export async function openBareBull(url: string, name: string): Promise<BareBull> {
  const connect = async () => {
    const client = createClient({ url, RESP: 2 });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const clients = [await connect(), await connect()] as const;
  // With the default of 10,000 events, up to 15 % of what jobs came to was never told.
  const streams = { events: { maxLen: 1_000_000 } };
  const queue = new Queue<{ readonly x: number }>(name, { connection: clients[0] as never, streams });
  const events = new QueueEvents(name, { connection: clients[1] as never });
  await events.waitUntilReady();
  let left = 0;
  let done = (): void => undefined;
  let sum = 0;
  events.on('completed', ({ returnvalue }) => {
    sum += Number(returnvalue);
    if (--left === 0) done();
  });
  const whenDone = (count: number): Promise<void> => {
    left = count;
    sum = 0;
    return new Promise((resolve) => {
      done = resolve;
    });
  };
  return {
    pipelined: async (count) => {
      const whenAll = whenDone(count);
      const beganMs = performance.now();
      await Promise.all(Array.from({ length: count }, (_, x) => queue.add('x', { x })));
      await whenAll;
      const tookMs = performance.now() - beganMs;
      if (sum !== (count * (count + 1)) / 2) throw new Error(`the sum is wrong: received ${sum}`);
      return tookMs;
    },
    lone: async (count) => {
      const beganMs = performance.now();
      for (let x = 0; x < count; x++) {
        const whenOne = whenDone(1);
        await queue.add('x', { x });
        await whenOne;
      }
      return performance.now() - beganMs;
    },
    [Symbol.asyncDispose]: async () => {
      await events.close();
      await queue.obliterate({ force: true });
      await queue.close();
      for (const client of clients) client.destroy();
    },
  };
}
