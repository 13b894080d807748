/**
 * What may be said of a stage: beside its function, or as properties of the function or class itself.
 *
 * Promises that a value that makes no sense is refused when the stage is made. Leaves to `segments.ts` where a stage runs.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';

/** How a stage is run. None of these changes what a stateless stage gives. */
export interface StageOptions {
  /**
   * What the stage must see of its input.
   *
   * - `false`: single items, in any order. It runs in parallel.
   * - `true`: all items, one after the other. It has a worker to itself, or runs in this thread with `inMaster`.
   * - an integer `k`, at least 1: the last `k` items, as a list. It runs in parallel over the overlapping windows of its
   *   input: of fewer than `k` items there is none.
   *
   * @defaultValue `true` for a class made with `delayedInit`, `false` for a function
   */
  readonly stateful?: boolean | number;
  /**
   * How many items travel to a worker together; an integer, at least 1. Neighbours that run at one place travel in
   * batches of the largest.
   *
   * @defaultValue learned: one while items take long, up to 1,024 for short ones
   */
  readonly batchSize?: number;
  /** Whether it runs in this thread. Then it may be any function. @defaultValue `false` */
  readonly inMaster?: boolean;
  /**
   * The most items taken by the stage, and by neighbours that run at one place with it, beyond those whose results it
   * has given on; an integer, at least 1. Batches are no larger.
   *
   * @defaultValue four batches for each worker
   */
  readonly window?: number;
  /** Whether an item, or a window of items, is the list of arguments. @defaultValue `false` */
  readonly spread?: boolean;
}

const names = ['stateful', 'batchSize', 'inMaster', 'window', 'spread'] as const;

/**
 * The options of a stage: those given, then those that its function or class has as properties.
 *
 * @throws {TypeError | RangeError} Naming the option and the stage.
 */
export function readStageOptions(given: StageOptions, holder: object, name: string): StageOptions {
  const verb = `make stage '${name}'`;
  refuseUnknownOptions(given, names, verb);
  const read: Record<string, unknown> = {};
  for (const option of names) {
    const value: unknown = given[option] ?? (holder as StageOptions)[option];
    if (value === undefined) continue;
    check(option, value, verb);
    read[option] = value;
  }
  return read;
}

function check(option: (typeof names)[number], value: unknown, verb: string): void {
  const isCount = Number.isInteger(value) && (value as number) >= 1;
  const isFlag = typeof value === 'boolean';
  const [fits, must] =
    option === 'stateful'
      ? [isFlag || isCount, 'true, false, or a positive integer']
      : option === 'batchSize' || option === 'window'
        ? [isCount, 'a positive integer']
        : [isFlag, 'true or false'];
  if (fits) return;
  throw new RangeError(`Cannot ${verb} as '${option}' must be ${must}: received ${inspectShort(value)}`);
}
