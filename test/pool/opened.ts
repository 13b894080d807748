/**
 * Pools for tests: the kinds that there are, and a way to open one that is gone when the test is over, however
 * it ends.
 */

import { onTestFinished } from 'vitest';
import { openPool, type PoolOptions, type Task, type WorkerPool } from '../../src/index.ts';

export type PoolKind = NonNullable<PoolOptions['kind']>;

/** All kinds; what is promised of maps holds for each. A new kind is added here. */
export const kinds: readonly PoolKind[] = ['threads', 'inline'];

/** Kinds whose calls run elsewhere, where they can be lost. */
export const isolatedKinds: readonly PoolKind[] = kinds.filter((kind) => kind !== 'inline');

/** Opens a pool of two workers, unless told otherwise, for as long as the test lasts. */
export function opened<Args extends readonly unknown[], Result>(
  task: Task<Args, Result>,
  options: PoolOptions = {},
): WorkerPool<Args, Result> {
  const pool = openPool(task, { workers: 2, ...options });
  onTestFinished(() => pool.dispose());
  return pool;
}
