/**
 * Submitting calls that are remembered: one, and many in their order.
 */

import type { Cache } from '../cache/cache.ts';
import { NotKeyed } from '../cache/call-key.ts';
import { callRemembered, keyedCall } from '../cache/call-remembered.ts';
import { surroundings } from '../cache/surroundings.ts';
import type { TaskCore } from '../task/task-core.ts';
import type { PlacedCall } from './pool-kinds.ts';

/** Where calls are computed that are not remembered. */
export interface Place {
  start(call: Omit<PlacedCall, 'options'>): unknown;
  /** Whether that may be in this thread. */
  readonly isHere: boolean;
}

/** Gives the value of a call: what is remembered, or what comes of starting it. */
export function submitRemembered(
  core: TaskCore,
  args: readonly unknown[],
  cache: Cache,
  { start, isHere }: Place,
): Promise<unknown> {
  /** What the task itself threw. */
  const thrown: unknown[] = [];
  const blame = (error: unknown): unknown => {
    thrown.push(error);
    return error;
  };
  const compute = (): unknown => start({ core, args, cache, around: surroundings(), blame });
  // A task that takes its cache with it remembers by itself. Here it is only looked up.
  if (core.carries !== undefined) return lookUpOr(core, args, cache, compute);
  return callRemembered(
    { cache, core, hints: core.hints, args },
    { compute, isOwn: (error) => thrown.includes(error), mayStand: isHere },
  );
}

async function lookUpOr(
  core: TaskCore,
  args: readonly unknown[],
  cache: Cache,
  compute: () => unknown,
): Promise<unknown> {
  const keyed = keyedCall({ cache, core, hints: core.hints, args });
  const found = keyed instanceof NotKeyed ? undefined : await cache.engine.peek(keyed);
  return found?.is === 'success' ? found.value : compute();
}

/** What can be iterated, also asynchronously. */
export type Inputs = Iterable<unknown> | AsyncIterable<unknown>;

/** Submits a call for each input, at most `window` beyond the results given out, which come in the order of the inputs. */
export async function* mapInOrder(
  submit: (input: unknown) => Promise<unknown>,
  inputs: Inputs,
  window: number,
): AsyncGenerator<unknown, void, undefined> {
  const results: Promise<unknown>[] = [];
  try {
    for await (const input of inputs) {
      const result = submit(input);
      // Whoever reaches it in the order handles it; until then it must not count as unhandled.
      result.catch(() => undefined);
      results.push(result);
      if (results.length >= window) yield await results.shift();
    }
    while (results.length > 0) yield await results.shift();
  } finally {
    await Promise.allSettled(results);
  }
}
