/**
 * Tasks that take a cache with them, wherever they are run.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { isDelayed } from '../task/delayed.ts';
import { faceOf, type Task } from '../task/task.ts';
import { coreOf } from '../task/task-brand.ts';
import type { TaskCore, TaskModule } from '../task/task-core.ts';
import { type Cache, isCache } from './cache.ts';
import { describeCache } from './cache-descriptor.ts';
import { callRemembered } from './call-remembered.ts';
import { type Carried, hintsToCarry, moduleOfCarried } from './carried.ts';
import type { HookDescriptor } from './carried-hook.ts';
import { fromText, toText } from './foreign-call.ts';
import type { MetadataHook } from './metadata.ts';
import { surroundings, withSurroundings } from './surroundings.ts';

/** What travels with a task. */
export interface BindOptions<Given extends readonly unknown[] = readonly unknown[]> {
  /**
   * The cache.
   *
   * @defaultValue that of `withCache`, if the task is bound inside
   */
  readonly cache?: Cache | undefined;
  /**
   * The first arguments, which the task is given in each call. They are copied now, and again for each call; they travel to
   * each worker once.
   */
  readonly args?: Given;
}

/** The arguments that are left when the first ones are given. */
export type ArgumentsAfter<
  Args extends readonly unknown[],
  Given extends readonly unknown[],
> = Args extends readonly [...{ [Key in keyof Given]: unknown }, ...infer Rest] ? Rest : never;

/**
 * Makes a task that takes a cache with it, wherever it is run: in threads, in processes, on other machines that have the
 * same files. There the cache is opened once, and all memoized functions and runs inside the task remember in it, too.
 *
 * - **Calls** of the task itself are remembered, as those of the task that is bound: they are found by either.
 * - **What is noted** of calls by `withCache` and its like, where the task is bound, is noted there. Not by hooks that are
 *   functions of this process.
 * - **Kept:** what a call remembers is kept before its result is told.
 *
 * @throws {TypeError} If there is no cache; if no worker can open it, since it is in memory; or if the task stays in its
 *   process.
 *
 * @example
 * ```ts
 * import { mkdtempSync, rmSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { bind, openCache, openThreads, tasks } from 'heddle';
 * export const { power } = tasks(import.meta, { power: (exponent: number, base: number) => base ** exponent });
 * if (import.meta.main) {
 *   const folder = mkdtempSync(`${tmpdir()}/heddle-`);
 *   const cache = await openCache(folder);
 *   const square = bind(power, { cache, args: [2] });
 *   const pool = openThreads({ workers: 2 });
 *   assert.equal(await pool.submit(square, 5), 25);
 *   assert.equal(await pool.submit(square, 5), 25); // Not computed again, whichever thread it is.
 *   await pool.dispose();
 *   await cache.close();
 *   rmSync(folder, { recursive: true });
 * }
 * ```
 */
export function bind<
  Args extends readonly unknown[],
  Result,
  const Given extends readonly unknown[] = readonly [],
>(
  task: Task<Args, Result>,
  options: BindOptions<Given & Readonly<Partial<Args>>> = {},
): Task<ArgumentsAfter<Args, Given>, Result> {
  refuseUnknownOptions(options, ['cache', 'args'], 'bind a task');
  const core = coreOf(task);
  if (core === undefined || core.stateful !== undefined) {
    throw new TypeError(
      `Cannot bind a value as it must be a task: received ${inspectShort(task)}\n  make it one with tasks(import.meta, { fn })`,
    );
  }
  const around = surroundings();
  const cache = options.cache ?? around.cache;
  if (!isCache(cache)) {
    throw new TypeError(
      `Cannot bind task '${core.name}' as there is no cache: received ${inspectShort(cache)}\n  give it one: bind(${core.name}, { cache })`,
    );
  }
  const given = options.args === undefined || options.args.length === 0 ? undefined : options.args;
  const carried = carriedOf(core, cache, { given, metadata: around.metadata, isRemembered: true });
  if (typeof carried === 'string') throw new TypeError(`Cannot bind task '${core.name}' as ${carried}`);
  return faceOf(boundCore(core, cache, carried, around.metadata)) as unknown as Task<
    ArgumentsAfter<Args, Given>,
    Result
  >;
}

/** What is to be known besides the task and the cache. */
interface CarryOptions {
  readonly given: readonly unknown[] | undefined;
  readonly metadata: readonly MetadataHook[];
  /** Whether calls of the task itself are remembered where they run. If not, hooks that cannot travel matter less. */
  readonly isRemembered: boolean;
}

/** Tells what travels with a task; or, as text, why it cannot. */
export function carriedOf(
  core: TaskCore,
  cache: Cache,
  { given, metadata, isRemembered }: CarryOptions,
): Carried | string {
  const { module, hints, name } = core;
  if (module === undefined) {
    return 'it stays in its process: it was made with task(fn) alone\n  define it in a module, with export const { … } = tasks(import.meta, { … })';
  }
  if (core.carries !== undefined) return 'it is bound already\n  bind the task that it was made of';
  const described = describeCache(cache);
  if (typeof described === 'string') return described;
  if (given?.some(isDelayed) === true)
    return `an argument is delayed\n  give it to the task that is bound: bind(${name})(…)`;
  return {
    task: module as TaskModule,
    hints: hintsToCarry(hints),
    cache: described,
    metadata: hooksToCarry(cache, metadata, isRemembered),
    given: given === undefined ? undefined : toText(cache.engine.parts.codec, given, 'args'),
    isRemembered,
  };
}

/** Hooks as data. Those that cannot be are told as trouble. */
function hooksToCarry(
  { engine, metadata: ofCache }: Cache,
  around: readonly MetadataHook[],
  isTold: boolean,
): HookDescriptor[] {
  const carried: HookDescriptor[] = [];
  for (const { name, descriptor } of new Set([...ofCache, ...around])) {
    if (descriptor !== undefined) carried.push(descriptor);
    else if (isTold) {
      const cause = new TypeError('it is a function of this process');
      engine.parts.trouble(`note '${name}' of calls in workers`, cause);
    }
  }
  return carried;
}

function boundCore(
  core: TaskCore,
  cache: Cache,
  carried: Carried,
  metadata: readonly MetadataHook[],
): TaskCore {
  const given = (): readonly unknown[] =>
    carried.given === undefined ? [] : (fromText(cache.engine.parts.codec, carried.given) as unknown[]);
  /** Where it runs in this thread, it needs no other cache than this one. */
  const fn = (...rest: unknown[]): Promise<unknown> => {
    const args = [...given(), ...rest];
    return withSurroundings({ cache, metadata }, () =>
      callRemembered(
        { cache, core, hints: core.hints, args },
        { compute: () => core.fn(...(args as never[])) },
      ),
    );
  };
  return {
    ...core,
    fn,
    // It remembers by itself.
    hints: { ...core.hints, cache: false },
    params: carried.given === undefined ? core.params : core.params.slice(given().length),
    module: moduleOfCarried(carried),
    carries: { core, given, isGiven: carried.given ?? '' },
  };
}
