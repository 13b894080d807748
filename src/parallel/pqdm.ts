/**
 * pqdm for TypeScript: a parallel loop with a bar, in one call.
 */

import { refuseUnknownOptions } from '../base/known-options.ts';
import type { MapResults } from '../pool/map-results.ts';
import type { ProgressOptions } from '../progress/options.ts';
import type { StatefulWorker } from '../task/delayed-init.ts';
import type { Failure } from '../task/failure.ts';
import type { Task } from '../task/task.ts';
import { openPool } from './open-pool.ts';
import type { PoolKind } from './pool-options.ts';

/** Options of `pqdm`: how inputs are given, what errors do, and those of the bar. */
export interface PqdmOptions extends ProgressOptions {
  /**
   * - `single`: each input is the only argument.
   * - `args`: each input is the list of arguments.
   *
   * @defaultValue `'single'`
   */
  readonly argumentType?: 'single' | 'args';
  /**
   * - `ignore`: a `Failure` stands in the place of the value.
   * - `immediate`: the results before the failed one still come, then the loop throws.
   * - `deferred`: all other results come, then the loop throws an `AggregateError`.
   *
   * @defaultValue `'ignore'`, as in pqdm
   */
  readonly exceptionBehaviour?: 'ignore' | 'immediate' | 'deferred';
  /**
   * Whether inputs are taken only as results are asked for. Otherwise they are all taken at once.
   *
   * @defaultValue `true`
   */
  readonly bounded?: boolean;
  /** Whether results come as they settle, not in the order of the inputs. @defaultValue `false` */
  readonly isUnordered?: boolean;
}

const errorsOf = { ignore: 'yield', immediate: 'throw', deferred: 'collect' } as const;

const barOptionNames = [
  'total',
  'desc',
  'unit',
  'unitScale',
  'unitDivisor',
  'initial',
  'postfix',
  'smoothing',
  'minIntervalMs',
  'leave',
  'disable',
  'stream',
  'clock',
  'render',
  'width',
];

/**
 * What `pqdm` is; see the modules `heddle/threads` and `heddle/processes`. The third argument is how many workers there
 * are: as many as are listed, if they are.
 *
 * @throws {RangeError | TypeError} At once, if an option makes no sense or there is none of that name.
 */
export interface Pqdm {
  <Input, Result>(
    inputs: Iterable<Input> | AsyncIterable<Input>,
    worker:
      | Task<[Input], Result>
      | StatefulWorker<[Input], Result>
      | readonly StatefulWorker<[Input], Result>[],
    workers: number,
    options: PqdmOptions & {
      readonly argumentType?: 'single';
      readonly exceptionBehaviour: 'immediate' | 'deferred';
    },
  ): MapResults<Result>;
  <Input, Result>(
    inputs: Iterable<Input> | AsyncIterable<Input>,
    worker:
      | Task<[Input], Result>
      | StatefulWorker<[Input], Result>
      | readonly StatefulWorker<[Input], Result>[],
    workers: number,
    options?: PqdmOptions & { readonly argumentType?: 'single' },
  ): MapResults<Result | Failure>;
  <Args extends readonly unknown[], Result>(
    inputs: Iterable<Args> | AsyncIterable<Args>,
    worker: Task<Args, Result> | StatefulWorker<Args, Result> | readonly StatefulWorker<Args, Result>[],
    workers: number,
    options: PqdmOptions & { readonly argumentType: 'args' },
  ): MapResults<Result | Failure>;
}

/** Makes `pqdm` for one kind of worker. */
export function pqdmOver(kind: PoolKind): Pqdm {
  const pqdm = (
    inputs: Iterable<unknown>,
    worker: Task<unknown[], unknown>,
    workers: number,
    options: PqdmOptions = {},
  ): MapResults<unknown> => {
    const own = ['argumentType', 'exceptionBehaviour', 'bounded', 'isUnordered'];
    refuseUnknownOptions(options, [...own, ...barOptionNames], 'loop');
    const {
      argumentType = 'single',
      exceptionBehaviour = 'ignore',
      bounded = true,
      isUnordered = false,
      ...bar
    } = options;
    const errors = errorsOf[exceptionBehaviour];
    if (errors === undefined || !['single', 'args'].includes(argumentType)) {
      throw new RangeError(
        `Cannot loop with 'exceptionBehaviour' '${String(exceptionBehaviour)}' and 'argumentType' '${String(argumentType)}'\n` +
          "  they are one of 'ignore', 'immediate', 'deferred', and of 'single', 'args'",
      );
    }
    const pool = openPool(worker, { workers, kind });
    const results = pool.map(inputs as Iterable<unknown[]>, {
      errors,
      ordered: !isUnordered,
      spread: (argumentType === 'args') as true,
      progress: bar,
      ...(bounded ? {} : { window: Number.MAX_SAFE_INTEGER }),
    });
    return ending(results, () => pool.dispose());
  };
  return pqdm as unknown as Pqdm; // The overloads say which inputs go with which options.
}

/** Results that give up something when they end, however they do. */
function ending(results: MapResults<unknown>, whenEnded: () => Promise<void>): MapResults<unknown> {
  const watched: MapResults<unknown> = {
    size: results.size,
    async next() {
      try {
        const result = await results.next();
        if (result.done === true) await whenEnded();
        return result;
      } catch (error) {
        await whenEnded();
        throw error;
      }
    },
    async return() {
      const result = await results.return();
      await whenEnded();
      return result;
    },
    async toArray() {
      const all: unknown[] = [];
      for await (const result of watched) all.push(result);
      return all;
    },
    [Symbol.asyncIterator]: () => watched,
    async [Symbol.asyncDispose]() {
      await watched.return();
    },
  };
  return watched;
}
