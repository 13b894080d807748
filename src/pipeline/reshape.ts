/**
 * Stages that change how items are grouped, or only look at them, of whatever type these are.
 *
 * Their types follow from what the stage before gives: see `Chained`.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { coreOfFunction } from '../task/task.ts';
import { itemsOf } from './items-of.ts';
import type { Stage, StageParts } from './stage.ts';

/** Gathers items to lists. */
export interface Batch<in out Item = unknown> extends Stage<Item, readonly Item[]> {
  readonly reshapes: 'batch';
}

/** Gives the items of lists one by one. */
export interface Unbatch<in out Item = unknown> extends Stage<Iterable<Item>, Item> {
  readonly reshapes: 'unbatch';
}

/** Gives items on unchanged. */
export interface Tee<in out Item = unknown> extends Stage<Item, Item> {
  readonly reshapes: 'tee';
}

/**
 * A stage that gathers items to lists of `size`; the last may be shorter.
 *
 * It runs in this thread. As the first stage of a pipeline it is told its type: `batch<string>(100)`. To have items travel to
 * workers together, which changes nothing for the stages, give them `batchSize`.
 *
 * @param size - an integer, at least 1
 * @throws {RangeError} If the size is none.
 *
 * @example
 * ```ts
 * import { batch, openPipeline } from 'heddle';
 * await using pipeline = openPipeline([batch<number>(2)]);
 * assert.deepEqual(await pipeline.apply([1, 2, 3]).toArray(), [[1, 2], [3]]);
 * ```
 */
export function batch<Item = unknown>(size: number): Batch<NoInfer<Item>> {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(
      `Cannot make stage 'batch' as its size must be a positive integer: received ${inspectShort(size)}`,
    );
  }
  return made('batch', { core: undefined, fn: undefined, args: undefined, reshape: { is: 'batch', size } });
}

/**
 * A stage that gives the items of each list that it takes, or of whatever else can be iterated, one by one.
 *
 * It runs where the stage before runs, if stages share workers there; else in this thread.
 *
 * @example
 * ```ts
 * import { openPipeline, unbatch } from 'heddle';
 * await using pipeline = openPipeline([unbatch<number>()]);
 * assert.deepEqual(await pipeline.apply([[1, 2], [], [3]]).toArray(), [1, 2, 3]);
 * ```
 */
export function unbatch<Item = unknown>(): Unbatch<NoInfer<Item>> {
  // It is the same file as that which workers import, and loading that here would cost.
  const url = new URL(`../stages${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).href;
  const core = {
    ...coreOfFunction(itemsOf as never, { name: 'unbatch' }, undefined),
    module: { url, name: 'unbatch' },
  };
  return made('unbatch', { core, fn: itemsOf, args: undefined, reshape: { is: 'unbatch' } });
}

/**
 * A stage that hands each item to a function, too, and gives it on unchanged: to log it, count it, or send it elsewhere.
 *
 * It runs in this thread, and waits for the function: an item is given on when that is done. What it throws ends the run.
 *
 * @throws {TypeError} If it is no function.
 *
 * @example
 * ```ts
 * import { openPipeline, tee } from 'heddle';
 * const seen: number[] = [];
 * await using pipeline = openPipeline([tee((x: number) => seen.push(x))]);
 * assert.deepEqual(await pipeline.apply([1, 2]).toArray(), seen);
 * ```
 */
export function tee<Item = unknown>(look: (item: Item) => unknown): Tee<NoInfer<Item>> {
  if (typeof look !== 'function') {
    throw new TypeError(
      `Cannot make stage 'tee' as it must be given a function: received ${inspectShort(look)}`,
    );
  }
  return made(look.name === '' ? 'tee' : `tee ${look.name}`, {
    core: undefined,
    fn: look,
    args: undefined,
    reshape: { is: 'tee' },
  });
}

function made<S>(name: string, parts: StageParts): S {
  const options = Object.freeze(parts.reshape?.is === 'unbatch' ? { stateful: false } : { inMaster: true });
  return Object.freeze({ name, options, parts, reshapes: parts.reshape?.is }) as S;
}
