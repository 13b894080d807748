/**
 * Functions that remember what they gave.
 *
 * A memoized function is called like any other, and runs in this thread. Leaves to the cache what is kept, and where.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { once } from '../base/once.ts';
import { siteAbove } from '../base/site.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import type { CacheHints } from '../task/cache-hints.ts';
import type { Hints } from '../task/hints.ts';
import { coreOfFunction, coreWith, type Task } from '../task/task.ts';
import { coreOf } from '../task/task-brand.ts';
import type { TaskCore } from '../task/task-core.ts';
import type { Cache } from './cache.ts';
import type { KeyedCall } from './call-cache.ts';
import { cacheHintsOf, NotKeyed } from './call-key.ts';
import { callRemembered, keyedCall } from './call-remembered.ts';
import { isCache } from './is-cache.ts';
import { brandMemoized } from './memoized-core.ts';
import { ownCache } from './own-cache.ts';
import { CallEntry } from './query/call-entry.ts';
import type { CallFilter } from './query/call-filter.ts';
import type { CallQuery } from './query/call-query.ts';
import { Rerun } from './rerun.ts';
import { surroundings, withSurroundings } from './surroundings.ts';

/** How a memoized function remembers. */
export interface MemoizeOptions extends CacheHints {
  /**
   * Where it remembers.
   *
   * @defaultValue that of `withCache`, if it is called inside; otherwise one in memory of its own, which keeps up to
   *   100,000 results of 64 MiB together, those used last
   */
  readonly cache?: Cache | undefined;
  /** @defaultValue the name of the function or task */
  readonly name?: string;
  /**
   * The version of what it computes. Results of another version are not taken for its own.
   *
   * @defaultValue of a task in a block, the digest of its module and of all that it imports; of a plain function, none:
   *   then a cache that outlives the process does not remember it, and says so
   */
  readonly version?: string | number;
  /**
   * The names of the arguments, in order, for `ignore`, `require` and `files`.
   *
   * @defaultValue the names in the function's source, where they can be read
   */
  readonly params?: readonly string[];
}

/** A function that remembers what it gave. Whether it had to compute cannot be told from what it returns. */
export interface Memoized<Args extends readonly unknown[], Result> {
  /**
   * Gives the result: the one remembered, or what the function gives now. Always in a promise, which rejects if the
   * function throws. Results that are remembered are copies, a new one each time.
   */
  (...args: Args): Promise<Result>;
  readonly name: string;
  /** Whether the result of a call is remembered. It is `undefined` itself, maybe: then `load` cannot tell. */
  contains(...args: Args): Promise<boolean>;
  /** Gives the result of a call if it is remembered, and computes nothing: `undefined` otherwise. */
  load(...args: Args): Promise<Result | undefined>;
  /**
   * Computes a call anew, and remembers the result in place of the old one. So are all calls of memoized functions, and
   * all runs, that the function makes meanwhile; each once.
   */
  rerun(...args: Args): Promise<Result>;
  /**
   * Gives the digest of a call, by which its result is remembered.
   *
   * @throws {TypeError} If it has none, saying why. Then the call is computed each time.
   */
  digest(...args: Args): Promise<Digest>;
  /** Gives what is known of a call, which loads its result when it is asked for; `undefined` if it is not remembered. */
  call(...args: Args): Promise<CallEntry | undefined>;
  /**
   * Asks for remembered calls of this function, in its version as it is now: `slow.query({ args: { x: 3 } })`. See
   * `Cache.query`.
   */
  query(filter?: Omit<CallFilter, 'task'>): CallQuery;
  /** Forgets the result of a call. @returns whether anything was known of the call */
  evict(...args: Args): Promise<boolean>;
}

const optionNames = [
  'cache',
  'name',
  'version',
  'params',
  'ignore',
  'key',
  'require',
  'files',
  'maxAgeMs',
  'errorsForMs',
];

/**
 * Makes a function that remembers what a function or task gave. It runs in this thread.
 *
 * - **Once:** equal calls at the same time are computed once, here and in all processes that share the cache. A call that
 *   others wait for, since it is made by a function that is being computed, waits for another process for half a minute at
 *   most, and for whoever started its worker for a second: then it is computed a second time, so that nothing hangs.
 * - **What counts:** the arguments, all of them, as `digestOf` tells them apart; and the version. Arguments are digested
 *   before the function runs: it may change them.
 * - **Recursion:** a function may call its memoized self. A call that would wait for itself is computed instead.
 * - **Failure:** errors are not remembered, unless `errorsForMs` says so. What cannot be remembered, such as the result of a
 *   call with a closure for an argument, is told to the cache's `onTrouble`, and computed.
 * - **Cost:** of a call that is remembered in memory, some microseconds for small arguments and results.
 *
 * @throws {TypeError} If it is given no function, or there is no such option.
 * @throws {RangeError} If an option makes no sense, naming it.
 *
 * @example
 * ```ts
 * import { memoize } from 'heddle';
 * let computed = 0;
 * const fib = memoize(async (n: number): Promise<number> => {
 *   computed++;
 *   return n < 2 ? n : (await fib(n - 1)) + (await fib(n - 2));
 * });
 * assert.equal(await fib(30), 832040);
 * assert.equal(computed, 31);
 * assert.equal(await fib.contains(29), true);
 * assert.equal(await fib.load(31), undefined);
 * ```
 */
export function memoize<Args extends readonly unknown[], Result>(
  task: Task<Args, Result>,
  options?: MemoizeOptions,
): Memoized<Args, Result>;
export function memoize<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
  options?: MemoizeOptions,
): Memoized<Args, Awaited<Result>>;
export function memoize(fn: unknown, options: MemoizeOptions = {}): unknown {
  refuseUnknownOptions(options, optionNames, 'memoize a function');
  const { cache, name, version, params, ...cacheHints } = options;
  if (cache !== undefined && !isCache(cache)) {
    throw new TypeError(
      `Cannot memoize a function as 'cache' must be one: received ${inspectShort(cache)}\n  await openCache('.heddle') opens one`,
    );
  }
  if (typeof fn !== 'function') {
    throw new TypeError(
      `Cannot memoize a value as it must be a function or a task: received ${inspectShort(fn)}`,
    );
  }
  const known = coreOf(fn);
  if (known?.stateful !== undefined) {
    throw new TypeError(
      `Cannot memoize '${known.name}' as its results depend on the state of a worker, too\n  memoize a function of all that they depend on`,
    );
  }
  const hints: Hints = {
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(params === undefined ? {} : { params }),
    cache: { ...(known === undefined ? {} : cacheHintsOf(known.hints)), ...cacheHints },
  };
  const core =
    known === undefined
      ? coreOfFunction(fn as TaskCore['fn'], hints, siteAbove(memoize as never))
      : coreWith(known, hints);
  return faceOf(new Memory(core, cache));
}

/** Calls of one function, and where they are remembered. */
class Memory {
  readonly core: TaskCore;
  readonly #given: Cache | undefined;
  readonly #own = once(ownCache);

  constructor(core: TaskCore, given: Cache | undefined) {
    this.core = core;
    this.#given = given;
  }

  get cache(): Cache {
    return this.#given ?? surroundings().cache ?? this.#own();
  }

  call(args: readonly unknown[]): Promise<unknown> {
    const { core } = this;
    const compute = (): unknown => core.fn(...(args as never[]));
    return callRemembered({ cache: this.cache, core, hints: core.hints, args }, { compute });
  }

  /** Does something with a call that has a digest. */
  async withKey<T>(
    args: readonly unknown[],
    act: (keyed: KeyedCall, cache: Cache) => T,
  ): Promise<T | undefined> {
    const { core, cache } = this;
    const keyed = keyedCall({ cache, core, hints: core.hints, args });
    return keyed instanceof NotKeyed ? undefined : act(keyed, cache);
  }
}

function faceOf(memory: Memory): unknown {
  const { core } = memory;
  const face = (...args: unknown[]): Promise<unknown> => memory.call(args);
  Object.defineProperty(face, 'name', { value: core.name });
  brandMemoized(face, core);
  return Object.assign(face, {
    contains: async (...args: unknown[]) =>
      (await memory.withKey(args, (keyed, { engine }) => engine.holds(keyed))) === true,
    load: (...args: unknown[]) =>
      memory.withKey(args, async (keyed, { engine }) => {
        const found = await engine.peek(keyed);
        return found?.is === 'success' ? found.value : undefined;
      }),
    rerun: (...args: unknown[]) => withSurroundings({ rerun: new Rerun() }, () => memory.call(args)),
    digest: async (...args: unknown[]) => memory.cache.digestOf(core, args),
    call: (...args: unknown[]) =>
      memory.withKey(args, async ({ key }, { engine }) => {
        // What is on its way to where it is kept is known, too.
        await engine.whenKept(key.digest);
        const record = await engine.parts.backend.calls.get(key.digest);
        return record === undefined ? undefined : new CallEntry(engine, record);
      }),
    query: (filter: Omit<CallFilter, 'task'> = {}) =>
      memory.cache.query({ ...filter, task: face as unknown as (...args: never[]) => unknown }),
    evict: async (...args: unknown[]) =>
      (await memory.withKey(args, ({ key }, cache) => cache.evict(key.digest))) === true,
  });
}
