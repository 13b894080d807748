/**
 * Stages: what a pipeline is made of, with their types.
 *
 * Promises that a stage knows what it takes and gives, so that a wrong neighbour does not compile. Leaves running it to
 * the pipeline.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { isStatefulWorker, type StatefulWorker } from '../task/delayed-init.ts';
import type { Hints } from '../task/hints.ts';
import { coreOf } from '../task/task-brand.ts';
import type { TaskCore } from '../task/task-core.ts';
import type { skip } from './skip.ts';
import { readStageOptions, type StageOptions } from './stage-options.ts';

type AnyFunction = (...args: never[]) => unknown;

/** What can be a stage: a task, a worker with a state, or, in this thread, any function. */
export type Stageable = AnyFunction | StatefulWorker<never, unknown>;

/** One step of a pipeline, which takes items of one type and gives items of another. */
export interface Stage<in Input, out Output> {
  /** The name of its function, as in messages. */
  readonly name: string;
  /** Its options, checked: those given, and those that the function or class has as properties. */
  readonly options: StageOptions;
  /** @internal */
  readonly parts: StageParts;
  /** @internal */
  readonly '#types'?: (item: Input) => Output;
}

/** What a pipeline knows of a stage. @internal */
export interface StageParts {
  /** Of a task or of a worker with a state. */
  readonly core: TaskCore | undefined;
  /** The function; of a class, `undefined`. */
  readonly fn: AnyFunction | undefined;
  /** For the constructor; of a function, `undefined`. */
  readonly args: readonly unknown[] | undefined;
  /** Of a stage that takes items of any type, see `reshape.ts`. */
  readonly reshape?: Reshape;
}

/** What such a stage does. @internal */
export type Reshape =
  | { readonly is: 'batch'; readonly size: number }
  | { readonly is: 'unbatch' }
  | { readonly is: 'tee' };

/** The function that is called, whose properties may be options. */
type FunctionOf<F> = F extends { readonly fn: infer Fn extends AnyFunction; readonly options: Hints }
  ? Fn
  : F;

type ArgumentsOf<F> =
  F extends StatefulWorker<infer Args, unknown>
    ? Args
    : FunctionOf<F> extends (...args: infer Args) => unknown
      ? Args
      : never;

type ResultOf<F> =
  F extends StatefulWorker<never, infer Result>
    ? Result
    : FunctionOf<F> extends (...args: never[]) => infer Result
      ? Result
      : never;

type OptionOf<F, Options, Name extends keyof StageOptions> =
  Options extends Readonly<Record<Name, infer Given>>
    ? Given
    : FunctionOf<F> extends Readonly<Record<Name, infer Own>>
      ? Own
      : undefined;

/** What the function makes of one item or window: its first argument, or the list of its arguments. */
type TakenBy<F, Options> =
  OptionOf<F, Options, 'spread'> extends true ? Readonly<ArgumentsOf<F>> : ArgumentsOf<F>[0];

/** The type of the items that a stage takes. */
export type StageInput<F, Options = unknown> =
  OptionOf<F, Options, 'stateful'> extends number
    ? TakenBy<F, Options> extends readonly (infer Item)[]
      ? Item
      : never
    : TakenBy<F, Options>;

type Items<Result> = Result extends
  | Iterator<infer Item, unknown, never>
  | AsyncIterator<infer Item, unknown, never>
  ? Item
  : Result;

/** The type of the items that a stage gives: what it returns, or yields, and does not skip. */
export type StageOutput<F> = Exclude<Items<Awaited<ResultOf<F>>>, typeof skip>;

/**
 * Makes a stage of a pipeline.
 *
 * - **Returns:** what it returns is the next stage's item; promises are awaited. `skip` drops the item; a generator
 *   gives each item that it yields, and is run to its end for each item that it takes, if it runs on a worker.
 * - **Where:** on workers, in parallel, unless the options say otherwise. Then it is a task of a block
 *   `tasks(import.meta, { … })`, as workers have to find it.
 * - **State:** each `apply` of the pipeline has its own, built anew: an object of a class made with `delayedInit`, or
 *   what the module of a task keeps.
 *
 * @throws {TypeError | RangeError} If it is no function, task or worker, or an option makes no sense.
 *
 * @example
 * ```ts
 * import { openPipeline, stage } from 'heddle';
 * const half = stage((n: number) => n / 2, { inMaster: true });
 * const show = stage((n: number) => n.toFixed(1), { inMaster: true });
 * const pipeline = openPipeline([half, show]);
 * assert.deepEqual(await pipeline.apply([1, 2]).toArray(), ['0.5', '1.0']);
 * await pipeline.dispose();
 * ```
 */
export function stage<const F extends Stageable, const Options extends StageOptions = StageOptions>(
  work: F,
  options?: Options,
): Stage<StageInput<F, Options>, StageOutput<F>> {
  const parts = partsOf(work);
  const name = parts.core?.name ?? (parts.fn?.name || 'anonymous');
  const holder = parts.core?.stateful ?? parts.core?.fn ?? parts.fn ?? {};
  const read = readStageOptions(options === undefined ? {} : options, holder, name);
  const stateful = read.stateful ?? parts.args !== undefined;
  return Object.freeze({ name, options: Object.freeze({ ...read, stateful }), parts });
}

function partsOf(work: unknown): StageParts {
  if (isStatefulWorker(work)) return { core: work.core, fn: undefined, args: work.args };
  if (typeof work !== 'function') {
    throw new TypeError(
      `Cannot make a stage as it must be a task, a worker or a function: received ${inspectShort(work)}`,
    );
  }
  const core = coreOf(work);
  if (core?.stateful !== undefined) {
    throw new TypeError(
      `Cannot make a stage as '${core.name}' is a class: received no worker of it\n  call it: stage(${core.name}(…))`,
    );
  }
  return { core, fn: (core?.fn ?? work) as AnyFunction, args: undefined };
}
