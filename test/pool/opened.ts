/**
 * Pools for tests: the kinds that there are, and a way to open one that is gone when the test is over, however
 * it ends.
 */

import { onTestFinished } from 'vitest';
import {
  openPool,
  type PoolKind,
  type PoolOptions,
  type StatefulWorker,
  type Task,
  type WorkerPool,
} from '../../src/index.ts';

export type { PoolKind };

/** All kinds; what is promised of maps holds for each. A new kind is added here. */
export const kinds: readonly PoolKind[] = ['threads', 'processes', 'inline'];

/** Kinds whose calls run elsewhere, where they can be lost. */
export const isolatedKinds: readonly PoolKind[] = kinds.filter((kind) => kind !== 'inline');

/** Opens a pool of two workers, or as many as are listed, unless told otherwise, for as long as the test lasts. */
export function opened<Args extends readonly unknown[], Result>(
  task: Task<Args, Result> | StatefulWorker<Args, Result> | readonly StatefulWorker<Args, Result>[],
  options: PoolOptions<Args> = {},
): WorkerPool<Args, Result> {
  const workers = Array.isArray(task) ? task.length : 2;
  const pool = openPool(task, { workers, ...options });
  onTestFinished(() => pool.dispose());
  return pool;
}
