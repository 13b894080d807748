/**
 * A map over a sliding window: several items at a time, given out in their order.
 *
 * Two queues do it: one of permits, which bounds what is under way, and one of results that are still to come.
 */

import { openSource } from './open-source.ts';
import { Queue } from './queue.ts';

/**
 * Gives the results of a function for each item, in order.
 *
 * @param window - the most items taken beyond those that were given out, at least 1
 */
export async function* mapWindow<In, Out>(
  source: AsyncIterable<In>,
  map: (item: In) => Out | PromiseLike<Out>,
  window: number,
): AsyncGenerator<Out, undefined> {
  const permits = new Queue<undefined>({ capacity: window });
  const results = new Queue<Promise<Out>>({ capacity: window });
  for (let n = 0; n < window; n++) permits.tryPush(undefined);
  const items = openSource(source);
  const taking = { isOver: false, isAsking: false };
  void take();
  try {
    for (;;) {
      const next = await results.pull();
      if (next.done === true) return undefined;
      const result = await next.value;
      // Before it is given out: what asks for the next one finds it under way.
      permits.tryPush(undefined);
      yield result;
    }
  } finally {
    permits.flush();
    results.flush();
    if (!taking.isOver) {
      const leaving = items.return?.();
      // An item that was asked for may never come.
      if (taking.isAsking) leaving?.catch(() => undefined);
      else await leaving;
    }
  }

  /** Never rejects: what it has to tell goes by the queue of results. */
  async function take(): Promise<void> {
    try {
      for (;;) {
        const permit = await permits.pull();
        if (permit.done === true) return;
        taking.isAsking = true;
        const item = await items.next();
        taking.isAsking = false;
        if (item.done === true) break;
        if (results.isClosed) return; // It was left meanwhile.
        const result = start(item.value);
        result.catch(() => undefined); // It is thrown at its turn, or nobody is there to hear it.
        results.tryPush(result); // There is room: permits are no more than that.
      }
      taking.isOver = true;
      results.close();
    } catch (error) {
      taking.isOver = true;
      results.fail(error);
    }
  }

  async function start(item: In): Promise<Out> {
    return map(item);
  }
}
