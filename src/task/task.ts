/**
 * Defining tasks: named, typed functions that heddle can call elsewhere.
 *
 * `task(fn)` makes one that stays in this process. `tasks(import.meta, { … })` makes a block of tasks
 * that can travel: a worker imports the module and finds them by name.
 */

import { siteAbove } from '../base/site.ts';
import { buildCall } from './build-call.ts';
import { namesInCacheHints } from './cache-hints.ts';
import { type CallDigests, digestOfCall } from './call-digest.ts';
import {
  type CallableClass,
  classOf,
  type DelayedInit,
  factoryOf,
  type WorkerFactory,
} from './delayed-init.ts';
import { displayOf } from './display.ts';
import { maybePartsOf, namedMaybe } from './failure.ts';
import { checkHints, type Hints } from './hints.ts';
import { paramsOf } from './params.ts';
import { registerTasks } from './registry.ts';
import { brandTask, coreOf } from './task-brand.ts';
import type { BuiltinTraits, TaskCore, TaskModule } from './task-core.ts';
import type { Delayed, Inputs, Value } from './types.ts';

type AnyFunction = (...args: never[]) => unknown;

declare const taskTypes: unique symbol;

/**
 * A named function that heddle can call elsewhere. Calling it computes nothing: it makes a call of a
 * graph, whose value `run` gives.
 */
export interface Task<
  Args extends readonly unknown[],
  Result,
  Fn extends AnyFunction = (...args: [...Args]) => Result | Promise<Result>,
> {
  /**
   * Makes a call. Each argument may be delayed, wholly or in part; plain data is copied now.
   *
   * @throws {TypeError} If a delayed value is hidden where a run does not look, naming the way to it.
   */
  (...args: Inputs<Args>): Delayed<Result>;
  /** The task's name, as in displays and messages. */
  readonly name: string;
  /** The plain function. */
  readonly fn: Fn;
  /** The hints, checked; a `display` template is a function by now. */
  readonly options: Hints;
  /**
   * Makes a task that differs in some hints. It stays what it is elsewhere: workers find it as before.
   *
   * @throws {RangeError} If a hint makes no sense.
   */
  with(options: Hints): Task<Args, Result, Fn>;
  /**
   * Gives the digest of a call, by which its result is remembered: the same in every process, for as long as neither the
   * arguments nor the version or source of the task change.
   *
   * @throws {TypeError} If it has none, saying why.
   */
  digest(...args: Args): ReturnType<CallDigests>;
  /** @internal */
  readonly [taskTypes]: readonly [Args, Result];
}

/** The task that a function makes. Functions with type parameters lose them: see the guide. */
export type TaskOf<Fn> = Fn extends {
  readonly [taskTypes]: readonly [infer Args, infer Result];
  readonly fn: infer Inner;
}
  ? Task<Extract<Args, readonly unknown[]>, Result, Extract<Inner, AnyFunction>>
  : Fn extends (...args: infer Args extends readonly unknown[]) => infer Result
    ? Task<[...Args], Value<Result>, Fn>
    : never;

/**
 * Makes a task that stays in this process: for closures, and for what only this thread can do.
 * Inside a `tasks` block it gives hints to a task of the block.
 *
 * @throws {TypeError} If it is not given a function.
 * @throws {RangeError} If a hint makes no sense, naming it.
 *
 * @example
 * ```ts
 * import { run, task } from 'heddle';
 * const factor = 3;
 * const scale = task((x: number) => x * factor, { name: 'scale' });
 * assert.equal(await run(scale(scale(1))), 9);
 * ```
 */
export function task<Fn extends AnyFunction>(fn: Fn, hints: Hints = {}): TaskOf<Fn> {
  const core = coreOf(fn);
  if (core !== undefined) return faceOf(withHints(core, hints)) as TaskOf<Fn>;
  return faceOf(
    makeCore({ fn, hints, site: siteAbove(task), key: undefined, module: undefined }),
  ) as TaskOf<Fn>;
}

/** What is known of a plain function, as of a task that stays in this process. @internal */
export function coreOfFunction(fn: AnyFunction, hints: Hints, site: TaskCore['site']): TaskCore {
  return makeCore({ fn, hints, site, key: undefined, module: undefined });
}

/** The core of a task with other hints over its own. @internal */
export function coreWith(core: TaskCore, hints: Hints): TaskCore {
  return withHints(core, hints);
}

/** What a block may hold: functions, tasks, and classes that workers build. */
export type BlockEntry = AnyFunction | DelayedInit<CallableClass>;

declare const faceType: unique symbol;

/** An entry of a block that says itself what it is there, as a cadet does. */
export interface TaskFace<out Face> {
  /** @internal */
  readonly [faceType]?: Face;
}

/** The tasks that a block makes, under the same names. */
export type TasksOf<Block> = {
  readonly [Key in keyof Block]: Block[Key] extends DelayedInit<infer Class>
    ? WorkerFactory<Class>
    : typeof faceType extends keyof Block[Key]
      ? Block[Key]
      : TaskOf<Block[Key]>;
};

/**
 * Makes tasks that can travel: a worker imports the module and finds each by its key in the block.
 *
 * Call it at the top level of a module, so that importing the module is enough to find them again. A
 * task's identity is the module and the key; the hint `name` changes what is shown of it.
 *
 * @param meta - `import.meta` of the module
 * @throws {TypeError} If the block is not at hand for an import: `meta` has no URL, or the module has a
 *   task of that name already.
 * @throws {RangeError} If a hint makes no sense, naming it.
 *
 * @example
 * ```ts
 * import { run, tasks } from 'heddle';
 * const { add, sub, mul } = tasks(import.meta, {
 *   add: (a: number, b: number) => a + b,
 *   sub: (a: number, b: number) => a - b,
 *   mul: (a: number, b: number) => a * b,
 * });
 * const u = add(5, 4);
 * assert.equal(await run(mul(sub(u, 3), sub(u, 2))), 42);
 * ```
 */
export function tasks<const Block extends Readonly<Record<string, BlockEntry>>>(
  meta: { readonly url: string },
  block: Block,
): TasksOf<Block> {
  const url = (meta as { readonly url?: unknown } | undefined)?.url;
  if (typeof url !== 'string' || url === '') {
    throw new TypeError(
      `Cannot define tasks as 'import.meta' gives no URL of the module: received ${String(url)}\n` +
        '  pass import.meta of an ES module; in a bundle, keep import.meta.url',
    );
  }
  const site = siteAbove(tasks);
  if (typeof block !== 'object' || block === null) {
    throw new TypeError(
      `Cannot define tasks as they must be given in an object, by name: received ${String(block)}`,
    );
  }
  const cores = new Map(
    Object.entries(block).map(([key, entry]) => [key, coreInBlock({ url, name: key }, entry, site)]),
  );
  // Only when all of them are right: a block that fails leaves nothing behind.
  registerTasks(url, cores);
  return Object.fromEntries(
    [...cores].map(([key, core]) => [key, core.stateful === undefined ? faceOf(core) : factoryOf(core)]),
  ) as TasksOf<Block>;
}

function coreInBlock(module: TaskModule, entry: BlockEntry, site: TaskCore['site']): TaskCore {
  const Class = classOf(entry);
  if (Class !== undefined) {
    const call = (Class.prototype as { call: AnyFunction }).call;
    return { ...makeCore({ fn: call, hints: {}, site, key: module.name, module }), stateful: Class };
  }
  const core = coreOf(entry);
  if (core === undefined)
    return makeCore({ fn: entry as AnyFunction, hints: {}, site, key: module.name, module });
  const name = core.hints.name ?? module.name;
  return { ...core, name, fn: namedFor(core.fn, name), module };
}

interface CoreParts {
  readonly fn: AnyFunction;
  readonly hints: Hints;
  readonly site: TaskCore['site'];
  /** The key in a block. */
  readonly key: string | undefined;
  readonly module: TaskModule | undefined;
  readonly builtin?: BuiltinTraits;
}

function makeCore({ fn, hints, site, key, module, builtin }: CoreParts): TaskCore {
  if (typeof fn !== 'function') {
    throw new TypeError(
      `Cannot define task '${key ?? 'anonymous'}' as it must be a function: received ${String(fn)}`,
    );
  }
  const maybeParts = maybePartsOf(fn);
  const name = hints.name ?? key ?? maybeParts?.name ?? fn.name;
  const named = name === '' ? 'anonymous' : name;
  const params = hints.params ?? paramsOf(maybeParts?.fn ?? fn);
  return {
    name: named,
    fn: namedFor(fn, named),
    hints: readyHints(hints, params, `task '${named}'`),
    params,
    site: maybeParts?.site ?? site,
    module,
    builtin,
    givesFailures: maybeParts !== undefined,
    stateful: undefined,
  };
}

/** A function made by `maybe` tells in its failures which task it is. */
function namedFor(fn: AnyFunction, name: string): AnyFunction {
  const parts = maybePartsOf(fn);
  return parts === undefined ? fn : namedMaybe(parts, name);
}

/** Checks hints, and makes a display template a function, so that a wrong one is told now. */
export function readyHints(hints: Hints, params: TaskCore['params'], subject: string): Hints {
  if (typeof hints !== 'object' || hints === null) return checkHints(hints, subject);
  const { display, byReference } = hints;
  if (Array.isArray(byReference)) refuseUnknownNames('byReference', byReference, params, subject);
  const ready =
    typeof display === 'string' ? { ...hints, display: displayOf(display, params, subject) } : hints;
  const checked = checkHints(ready, subject);
  // After the check: only then the hint is of the right form.
  if (typeof checked.cache === 'object')
    refuseUnknownNames('cache', namesInCacheHints(checked.cache), params, subject);
  return checked;
}

function refuseUnknownNames(
  hint: 'byReference' | 'cache',
  names: readonly string[],
  params: TaskCore['params'],
  subject: string,
): void {
  const unknown = names.find((name) => !params.includes(name));
  if (unknown === undefined) return;
  const known = params.filter((name) => name !== undefined).map((name) => `'${name}'`);
  throw new RangeError(
    `Cannot give ${subject} the hint '${hint}' as '${unknown}' names no argument: received ${known.join(', ') || 'no names'}\n` +
      `  name the arguments with the hint 'params'${hint === 'byReference' ? ', or pass all by reference with true' : ''}`,
  );
}

function withHints(core: TaskCore, given: Hints): TaskCore {
  if (typeof given !== 'object' || given === null) checkHints(given, `task '${core.name}'`);
  const params = given.params ?? core.params;
  const name = given.name ?? core.name;
  const hints = readyHints({ ...core.hints, ...given }, params, `task '${name}'`);
  return { ...core, name, params, hints, fn: namedFor(core.fn, name) };
}

/** Makes the function that users call. @internal */
export function faceOf(core: TaskCore): AnyFunction {
  return core.face === undefined ? taskFaceOf(core) : core.face(core);
}

/** Makes the function that makes calls of a task. @internal */
export function taskFaceOf(core: TaskCore): AnyFunction {
  const face = (...given: unknown[]): unknown => buildCall(core, given, siteAbove(face));
  Object.defineProperty(face, 'name', { value: core.name });
  Object.defineProperty(face, 'fn', { value: core.fn, enumerable: true });
  Object.defineProperty(face, 'options', { value: core.hints, enumerable: true });
  Object.defineProperty(face, 'with', { value: (hints: Hints) => faceOf(withHints(core, hints)) });
  Object.defineProperty(face, 'digest', { value: (...args: unknown[]) => digestOfCall(core, args) });
  brandTask(face, core);
  return face as AnyFunction;
}

/**
 * The task for whatever function a user gave to a combinator: the task itself, or one that runs the
 * function in the host. @internal
 */
export function coreFor(fn: AnyFunction): TaskCore {
  return (
    coreOf(fn) ??
    makeCore({
      fn,
      hints: {},
      site: undefined,
      key: undefined,
      module: undefined,
      builtin: { reads: false, takesList: false, isStep: true },
    })
  );
}
