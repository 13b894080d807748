/**
 * Transformers that push: they are handed items, and hand others on to what is behind them.
 *
 * A `Push` only describes; a sink that it is joined to does the work, anew for everyone who opens it.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { type Coroutine, CoroutineWriter } from './coroutine-writer.ts';
import { MapWriter } from './map-writer.ts';
import { requireSink, type Sink, type Writer } from './writer.ts';

/** One link of a chain that pushes. */
export type PushStage =
  | { readonly map: (item: never) => unknown }
  | { readonly coroutine: Coroutine<never, unknown> };

/**
 * A transformer that pushes. Made by `push` and `pushMap`.
 *
 * @example
 * ```ts
 * import { pushFrom, pushMap, sinkMap } from 'heddle/streams';
 * const seen: string[] = [];
 * const shown = pushMap((x: number) => x * 2).to((x) => `${x}!`).to(sinkMap((text) => seen.push(text)));
 * await pushFrom([1, 2]).to(shown);
 * assert.deepEqual(seen, ['2!', '4!']);
 * ```
 */
export class Push<in In, out Out> {
  /** @internal */
  readonly stages: readonly PushStage[];

  /** @internal */
  constructor(stages: readonly PushStage[]) {
    this.stages = stages;
  }

  /**
   * Joins what comes next: another transformer, a function as `pushMap` would, or the sink at the end.
   *
   * @throws {TypeError} If it is what can be pulled from: that is joined by `patch`.
   */
  to(sink: Sink<Out>): Sink<In>;
  to<Next>(next: Push<Out, Next> | ((item: Out) => Next | PromiseLike<Next>)): Push<In, Next>;
  to(next: Sink<Out> | Push<Out, unknown> | ((item: Out) => unknown)): Sink<In> | Push<In, unknown> {
    const { stages } = this;
    if (next instanceof Push) return new Push([...stages, ...next.stages]);
    if (typeof next === 'function') return new Push([...stages, { map: next as (item: never) => unknown }]);
    requireNext(next);
    return { open: (): Writer<In> => openStages(stages, next.open() as Writer<unknown>) }; // They fit: see the types above.
  }
}

/**
 * Makes a transformer of a generator function that receives an item at each `yield`, and pushes on as many as it likes.
 *
 * - **Start:** it is run up to its first `yield` when the sink is opened.
 * - **The end:** its `finally` blocks are run when no more items come, and may push what is left. If the items end with an
 *   error, that is thrown at its `yield`. When it returns, or what is behind it takes no more, nor does it.
 * - **Back-pressure:** a pusher waits until all is taken that the generator pushed for its item, also if that did not wait.
 *
 * @example
 * ```ts
 * import { push, pushFrom, sinkMap } from 'heddle/streams';
 * const pairs = push<number, number[]>(function* (sink) {
 *   let pair: number[] = [];
 *   try {
 *     for (;;) {
 *       pair.push(yield);
 *       if (pair.length < 2) continue;
 *       void sink.push(pair);
 *       pair = [];
 *     }
 *   } finally {
 *     if (pair.length > 0) void sink.push(pair);
 *   }
 * });
 * const seen: number[][] = [];
 * await pushFrom([1, 2, 3]).to(pairs).to(sinkMap((pair) => seen.push(pair)));
 * assert.deepEqual(seen, [[1, 2], [3]]);
 * ```
 */
export function push<In, Out>(coroutine: Coroutine<In, Out>): Push<In, Out> {
  if (typeof coroutine !== 'function') {
    throw new TypeError(
      `Cannot make a push of what is not a generator function: received ${inspectShort(coroutine)}`,
    );
  }
  return new Push<In, Out>([{ coroutine }]);
}

/** @throws {TypeError} If it cannot be joined to what is pushed through. */
export function requireNext(next: unknown): void {
  if (typeof (next as Partial<Sink<never>> | undefined)?.open === 'function') return;
  const isPulled = typeof next === 'object' && next !== null && 'stages' in next;
  if (!isPulled) requireSink(next);
  throw new TypeError(
    `Cannot join a push to a pull: received ${inspectShort(next)}\n` +
      '  a pull is joined to what is pulled from: patch(source.to(pull), sink)',
  );
}

/** The writer of a chain: that of its end, behind its stages. Functions that follow one another become one loop. */
export function openStages<In>(stages: readonly PushStage[], end: Writer<unknown>): Writer<In> {
  let writer = end;
  let maps: ((item: never) => unknown)[] = [];
  for (const stage of stages.toReversed()) {
    if ('map' in stage) {
      maps.unshift(stage.map);
      continue;
    }
    if (maps.length > 0) writer = new MapWriter(maps, writer);
    maps = [];
    writer = new CoroutineWriter(stage.coroutine as Coroutine<unknown, unknown>, writer); // They fit: see `Push.to`.
  }
  return maps.length > 0 ? new MapWriter(maps, writer) : writer;
}
