/**
 * Pools of which calls are remembered: what is known never reaches the pool.
 *
 * Promises one way to submit calls for all kinds of pools. Leaves to the cache what is kept, and to the pool where calls run
 * and how many at once.
 */

import { isHeddleError } from '../base/errors.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { once } from '../base/once.ts';
import type { Cache } from '../cache/cache.ts';
import { isCache } from '../cache/is-cache.ts';
import { ownCache } from '../cache/own-cache.ts';
import { surroundings } from '../cache/surroundings.ts';
import type { Executor } from '../executor/executor.ts';
import type { WorkerPool } from '../parallel/worker-pool.ts';
import type { Hints } from '../task/hints.ts';
import { coreWith, faceOf, type Task } from '../task/task.ts';
import { coreOf } from '../task/task-brand.ts';
import type { TaskCore } from '../task/task-core.ts';
import { isExecutor, kindOf } from './pool-kinds.ts';
import { type Inputs, mapInOrder, type Place, submitRemembered } from './submit-remembered.ts';

export interface CachedExecutorOptions {
  /**
   * Where calls are remembered.
   *
   * @defaultValue that of `withCache`, if a call is submitted inside; otherwise one in memory of its own, which keeps up to
   *   100,000 results of 64 MiB together, those used last
   */
  readonly cache?: Cache | undefined;
}

/** The ways to submit calls. */
export interface CachedSubmit<Options> {
  /**
   * Gives the value of one call: what is remembered, or what the pool computes, which is then remembered. Always in a
   * promise, and the same whether it was computed.
   *
   * @throws what the task throws; what the pool throws if the call could not be run
   */
  submit<Args extends readonly unknown[], Result>(task: Task<Args, Result>, ...args: Args): Promise<Result>;
  /** Submits one call like `submit`, with options of the pool: hints for heddle's executors. A hit needs none. */
  submitWith<Args extends readonly unknown[], Result>(
    options: Options,
    task: Task<Args, Result>,
    ...args: Args
  ): Promise<Result>;
}

/** The options that a pool takes for one call. */
export type PoolCallOptions<Pool> = Pool extends Executor
  ? Hints
  : Pool extends { submit(...args: infer Args): unknown }
    ? OptionsAt<Args, '1'>
    : Pool extends { run(...args: infer Args): unknown }
      ? Omit<OptionsAt<Args, '1'>, 'filename' | 'name'>
      : Pool extends { exec(...args: infer Args): unknown }
        ? OptionsAt<Args, '2'>
        : Pool extends { add(...args: infer Args): unknown }
          ? OptionsAt<Args, '1'>
          : never;

type OptionsAt<Args, Index extends string> = Index extends keyof Args
  ? Exclude<Args[Index], undefined | null>
  : '0' extends keyof Args
    ? Index extends keyof Required<Args>
      ? Exclude<Required<Args>[Index], undefined | null>
      : never
    : never;

/** A pool of which calls are remembered. All else it does as the pool does. */
export type CachedExecutor<Pool> = CachedSubmit<PoolCallOptions<Pool>> &
  Omit<Pool, 'submit' | 'submitWith' | 'map'> &
  (Pool extends Executor ? Pick<Executor, 'map'> : unknown);

/** A pool for one task, of which calls are remembered. */
export interface CachedPool<Args extends readonly unknown[], Result>
  extends Omit<WorkerPool<Args, Result>, 'submit' | 'map'> {
  /** Gives the value of one call: what is remembered, or what a worker computes. */
  submit(...args: Args): Promise<Result>;
  /**
   * Applies the task to each input that is not remembered.
   *
   * - **Order:** results come in the order of the inputs.
   * - **Bound:** at most `window` inputs are taken beyond the results given out.
   * - **Failure:** the first failed call throws at its place in the order.
   */
  map(
    inputs: Iterable<Args[0]> | AsyncIterable<Args[0]>,
    options?: { readonly window?: number },
  ): AsyncGenerator<Result, void, undefined>;
}

/** How many inputs are taken beyond the results given out, where nothing else says. Arbitrary. */
const defaultWindow = 64;

/**
 * Makes a pool remember its calls. The pool itself is not changed, and may be used beside: this is another face of it.
 *
 * - **Which pools:** executors of heddle; pools of `openPool`, with the task that they are for; and what has, in this order,
 *   `submit(fn)`; `run(data, { filename, name })`, as piscina and tinypool; `exec(fn, args, options)`, as workerpool;
 *   `add(fn, options)`, as p-queue; or what is a function that takes a function, as p-limit. With `run` and `exec` the call
 *   goes to where the pool's threads or processes are, which import the module of the task; else it runs in this thread.
 * - **Hits** never reach the pool. **Equal calls** at the same time are computed once, here and in all processes that share
 *   the cache.
 * - **Misses** take the cache with them, if workers can open it: memoized functions and runs inside remember there, too.
 * - **The same value** comes back, hit or miss: arguments and results cross to other pools as to heddle's own workers, with
 *   the codecs of the cache, and errors keep their class.
 * - **Failure:** what the pool itself rejects with, such as that a signal was aborted, is no result: an equal call that waited
 *   is computed now.
 *
 * @throws {TypeError} If nothing can be submitted to the pool, or it is one for workers with a state.
 *
 * @example
 * ```ts
 * import { cachedExecutor, openThreads, tasks } from 'heddle';
 * export const { square } = tasks(import.meta, { square: (x: number) => x ** 2 });
 * if (import.meta.main) {
 *   const pool = cachedExecutor(openThreads({ workers: 2 }));
 *   assert.deepEqual(await Promise.all([3, 3, 3].map((x) => pool.submit(square, x))), [9, 9, 9]);
 *   assert.equal(pool.stats().succeeded, 1);
 *   assert.equal(await pool.submitWith({ timeoutMs: 1000 }, square, 4), 16);
 *   await pool.dispose();
 * }
 * ```
 */
export function cachedExecutor<Args extends readonly unknown[], Result>(
  pool: WorkerPool<Args, Result>,
  options?: CachedExecutorOptions,
): CachedPool<Args, Result>;
export function cachedExecutor<Pool extends object>(
  pool: Pool,
  options?: CachedExecutorOptions,
): CachedExecutor<Pool>;
export function cachedExecutor(pool: object, options: CachedExecutorOptions = {}): unknown {
  refuseUnknownOptions(options, ['cache'], 'cache the calls of a pool');
  if (options.cache !== undefined && !isCache(options.cache)) {
    throw new TypeError(
      `Cannot cache the calls of a pool as 'cache' must be one: received ${inspectShort(options.cache)}\n  await openCache('.heddle') opens one`,
    );
  }
  const own = once(ownCache);
  const cacheNow = (): Cache => options.cache ?? surroundings().cache ?? own();
  const task = taskOfPool(pool);
  return withMembers(
    pool,
    task === undefined ? anyTask(pool, cacheNow) : oneTask(pool as OneTaskPool, task, cacheNow),
  );
}

/** The face of a pool: the given members in place of its own, or beside them. */
function withMembers(pool: object, members: Readonly<Record<string, unknown>>): object {
  const bound = new Map<PropertyKey, unknown>();
  return new Proxy(pool, {
    get(target, key) {
      if (typeof key === 'string' && Object.hasOwn(members, key)) return members[key];
      // As if it were called on the pool: what is private is found only there.
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      // No bound function: V8 takes none for the method by which `using` disposes.
      if (!bound.has(key))
        bound.set(key, (...args: unknown[]): unknown => Reflect.apply(value, target, args));
      return bound.get(key);
    },
    has: (target, key) => Object.hasOwn(members, key) || Reflect.has(target, key),
  });
}

type CacheNow = () => Cache;
type PoolOptions = Readonly<Record<string, unknown>>;

function anyTask(pool: object, cacheNow: CacheNow): Readonly<Record<string, unknown>> {
  const kind = kindOf(pool);
  const submitWith = async (
    options: PoolOptions | undefined,
    task: unknown,
    args: readonly unknown[],
  ): Promise<unknown> => {
    const core = coreOf(task);
    if (core === undefined || core.stateful !== undefined) {
      throw new TypeError(
        `Cannot submit a value as it must be a task: received ${inspectShort(task)}\n  make it one with task(fn) or tasks(import.meta, { fn })`,
      );
    }
    if (options !== undefined && !kind.takesOptions)
      throw new TypeError(`Cannot submit task '${core.name}' with options as its pool takes none`);
    // The options of heddle's executors are hints, of which some say what is remembered.
    if (options !== undefined && isExecutor(pool))
      return submitWith(undefined, faceOf(coreWith(core, options)), args);
    const start: Place['start'] = (call) => kind.start(pool, { ...call, options });
    return submitRemembered(core, args, cacheNow(), { start, isHere: kind.isHere(pool) });
  };
  const submit = (task: unknown, ...args: unknown[]): Promise<unknown> => submitWith(undefined, task, args);
  const members = {
    submit,
    submitWith: (options: PoolOptions, task: unknown, ...args: unknown[]) => submitWith(options, task, args),
  };
  if (!isExecutor(pool)) return members;
  const map = (task: unknown, inputs: Inputs): AsyncGenerator<unknown, void, undefined> =>
    mapInOrder((input) => submit(task, input), inputs, 2 * pool.slots);
  return { ...members, map };
}

/** A pool that knows its task. */
interface OneTaskPool {
  submit(...args: readonly unknown[]): Promise<unknown>;
}

/** The task of a pool of `openPool`. */
function taskOfPool(pool: object): TaskCore | undefined {
  const { core } = pool as { readonly core?: Partial<TaskCore> };
  if (typeof core?.fn !== 'function' || core.hints === undefined) return undefined;
  if (core.stateful !== undefined) {
    throw new TypeError(
      `Cannot cache the calls of a pool for '${core.name}' as its results depend on the state of a worker, too\n  memoize a function of all that they depend on`,
    );
  }
  return core as TaskCore;
}

function oneTask(pool: OneTaskPool, core: TaskCore, cacheNow: CacheNow): Readonly<Record<string, unknown>> {
  const submit = (...args: unknown[]): Promise<unknown> =>
    submitRemembered(core, args, cacheNow(), {
      // It may be one of workers in this thread.
      isHere: true,
      async start({ blame }) {
        try {
          return await pool.submit(...args);
        } catch (error) {
          throw isHeddleError(error) ? error : blame(error);
        }
      },
    });
  const map = (
    inputs: Inputs,
    { window = defaultWindow }: { readonly window?: number } = {},
  ): AsyncGenerator<unknown, void, undefined> => {
    if (!Number.isInteger(window) || window < 1)
      throw new RangeError(`Cannot map as 'window' must be a positive integer: received ${String(window)}`);
    return mapInOrder(submit, inputs, window);
  };
  return { submit, map };
}
