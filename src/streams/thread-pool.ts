/**
 * Several who take from one source, and put their results together.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { keepOpen } from './keep-open.ts';
import type { Pullable } from './open-source.ts';
import { patch } from './patch.ts';
import { Pull, pull, pullStagesOf } from './pull.ts';
import { pullFrom } from './pull-from.ts';
import { Queue } from './queue.ts';
import { SharedSource } from './shared-source.ts';

/** A pool of real workers, such as `openPool` opens. */
export interface MappingPool<In, Out> {
  map(inputs: AsyncIterable<NoInfer<In>>): Pullable<Out>;
  /** Not called: it says what the pool takes, which its `map`, with its overloads, does not. */
  submit(item: In): PromiseLike<Out>;
}

/** One of a thread pool: a transformer, a function of one item, or a pool of real workers. */
export type PoolWorker<In, Out> =
  | Pull<In, Out>
  | ((item: In) => Out | PromiseLike<Out>)
  | MappingPool<In, Out>;

/**
 * Makes a transformer of several workers that pull from the same source: each item goes to one that is free, and results come
 * as they settle.
 *
 * The name is that of Noodles, where each worker had a thread. Here they run at once in this one, as asynchronous functions do;
 * to compute in parallel, give it a pool, which has threads or processes of its own.
 *
 * - **Order:** that in which results come. `pullMap(map, { concurrency })` keeps that of the items.
 * - **Bound:** a worker has one item (a pool: its window); as many results wait as there are workers.
 * - **Failure:** results that are there are given out, then the loop throws what the worker threw; the source is left, and the
 *   others stop at their next result.
 * - **Leaving early** leaves the source. What a worker is at is left to end by itself.
 *
 * @throws {RangeError} If there is no worker.
 * @throws {TypeError} If one is none.
 *
 * @example
 * ```ts
 * import { pullFrom, threadPool } from 'heddle/streams';
 * const fetched = async (url: string) => `contents of ${url}`;
 * const pages = pullFrom(['a', 'b', 'c']).to(threadPool(fetched, fetched));
 * assert.deepEqual((await Array.fromAsync(pages)).sort(), ['contents of a', 'contents of b', 'contents of c']);
 * ```
 */
export function threadPool<In, Out>(...workers: readonly PoolWorker<In, Out>[]): Pull<In, Out> {
  if (workers.length === 0) {
    throw new RangeError('Cannot make a thread pool as there must be a worker at least: received none');
  }
  const pulls = workers.map(pullOf);
  return pull((source: AsyncIterable<In>) => runWorkers(source, pulls));
}

async function* runWorkers<In, Out>(
  source: AsyncIterable<In>,
  workers: readonly Pull<In, Out>[],
): AsyncGenerator<Out, undefined> {
  const shared = new SharedSource(source);
  const results = new Queue<Out>({ capacity: workers.length });
  void Promise.all(workers.map((worker) => patch(pullFrom(shared).to(worker), keepOpen(results)))).then(
    () => results.close(),
    (error: unknown) => results.fail(error),
  );
  try {
    yield* results;
    return undefined;
  } finally {
    results.flush();
    await shared.leave();
  }
}

function pullOf<In, Out>(worker: PoolWorker<In, Out>): Pull<In, Out> {
  if (worker instanceof Pull) return worker;
  if (typeof worker === 'function') return new Pull<In, Out>(pullStagesOf(worker));
  if (typeof worker?.map === 'function' && !Array.isArray(worker)) {
    return pull((source: AsyncIterable<In>) => worker.map(source));
  }
  throw new TypeError(
    `Cannot make a thread pool as workers are pulls, functions, or pools with a 'map': received ${inspectShort(worker)}`,
  );
}
