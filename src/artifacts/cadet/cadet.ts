/**
 * Cadets: functions whose calls take artifacts by name, and as many threads as they need.
 *
 * `cadet(fn)` alone makes one whose calls run in this process; in a `tasks` block it makes one whose calls run in worker
 * threads. Leaves one call to `cadet-thread.ts`, and where it runs to `cadet-place.ts`.
 */

import { siteAbove } from '../../base/site.ts';
import type { Hints } from '../../task/hints.ts';
import { coreOfFunction, type Task, type TaskFace, taskFaceOf } from '../../task/task.ts';
import { brandTask, coreOf } from '../../task/task-brand.ts';
import type { TaskCore } from '../../task/task-core.ts';
import type { Input, Value } from '../../task/types.ts';
import { type CadetOptions, type CadetThreadOptions, checkCadetOptions } from './cadet-options.ts';
import { CadetThread } from './cadet-thread.ts';

type AnyFunction = (...args: never[]) => unknown;

/**
 * What may stand for an argument: a value, `artifact('x')`, `literal('x')` for a text, and any text, which may be the name of
 * an artifact.
 */
export type CadetInput<T> = Input<T> | string;

/** What a cadet is called with. Optional and rest parameters stay so. */
export type CadetInputs<Args extends readonly unknown[]> = { [Key in keyof Args]: CadetInput<Args[Key]> };

/** A function whose calls take artifacts by name, and as many threads as they need. Made by `cadet`. */
export interface Cadet<
  Args extends readonly unknown[],
  Result,
  Fn extends AnyFunction = (...args: [...Args]) => Result | Promise<Result>,
> extends TaskFace<Cadet<Args, Result, Fn>> {
  /**
   * Makes a call, which has not started. Plain data among the arguments is copied now.
   *
   * @throws {RangeError} If it is nested too deep to be copied.
   */
  (...args: CadetInputs<Args>): CadetThread<Result>;
  /** Its name, as in displays and messages. */
  readonly name: string;
  /** The plain function. */
  readonly fn: Fn;
  /** The same function as a task, for graphs and pools. */
  readonly task: Task<Args, Result, Fn>;
}

/** The cadet that a function makes. */
export type CadetOf<Fn extends AnyFunction> = Fn extends (
  ...args: infer Args extends readonly unknown[]
) => infer Result
  ? Cadet<[...Args], Value<Result>, Fn>
  : never;

/**
 * Makes a cadet of a function: called, it gives a call that has not started.
 *
 * - **Where:** alone, in this process, where calls of asynchronous functions overlap; in a `tasks` block in worker threads
 *   that all cadets share, each call in one of its own.
 * - **Arguments:** a text that equals the name of an artifact of its source is replaced by the artifact's value: an argument,
 *   or a member of a plain object that is one. `artifact('x')` must be one, anywhere; `literal('x')` is none.
 * - **By value:** arguments are copied when the call is made, as those of tasks are: plain data, at any depth; an instance of
 *   a class is passed on as it is in this process.
 * - **Threads:** each call takes as many as `threads` says of those that the process has, first come first served.
 *
 * @param options - `threads`: how many it takes, 1 unless given; `source`, `logTo` and others for all of its calls
 * @throws {TypeError | RangeError} If it is not given a plain function, or an option makes no sense.
 *
 * @example
 * ```ts
 * import { cadet } from 'heddle/artifacts';
 * const modelReport = cadet((name: string, features: string[]) => `${name} uses ${features.join(', ')}`);
 * const thread = modelReport('My model', 'features').options({ source: new Map([['features', ['a', 'b']]]) });
 * thread.start();
 * await thread.join();
 * assert.equal(thread.result, 'My model uses a, b');
 * ```
 */
export function cadet<Fn extends AnyFunction>(fn: Fn, options: CadetOptions = {}): CadetOf<Fn> {
  checkCadetOptions(options);
  const { name, timeoutMs, threads, ...ofThread } = options;
  const hints: Hints = {
    ...(name === undefined ? {} : { name }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(threads === undefined ? {} : { resources: { threads } }),
  };
  const known = coreOf(fn);
  if (known !== undefined) {
    throw new TypeError(
      `Cannot define a cadet as it must be a plain function: received task '${known.name}'\n  its function is ${known.name}.fn`,
    );
  }
  return faceOfCadet(coreOfFunction(fn, hints, siteAbove(cadet)), ofThread) as CadetOf<Fn>;
}

/** Makes the function that users call; again, when a `tasks` block has told the name and the module. */
function faceOfCadet(made: TaskCore, options: CadetThreadOptions): AnyFunction {
  const core: TaskCore = { ...made, face: (known) => faceOfCadet(known, options) };
  const face = (...args: unknown[]): CadetThread<unknown> => new CadetThread(core, args, options);
  Object.defineProperty(face, 'name', { value: core.name });
  Object.defineProperty(face, 'fn', { value: core.fn, enumerable: true });
  Object.defineProperty(face, 'task', {
    get: () => taskFaceOf({ ...core, face: undefined }),
    enumerable: true,
  });
  brandTask(face, core);
  return face as AnyFunction;
}
