/**
 * The executor over any engine.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { type ClusterExecutor, openPilots } from './cluster-executor.ts';
import { type ClusterOptions, clusterPartsOf } from './cluster-options.ts';
import type { Engine } from './engine.ts';

export interface AnyClusterOptions extends ClusterOptions {
  /** What submits jobs: `slurmEngine()`, `pbsEngine()`, `lsfEngine()`, a `LocalEngine`, or one of your own. */
  readonly engine: Engine;
  /** Further words for the command that submits. They come last, so that they count. @defaultValue none */
  readonly submitOptions?: readonly string[];
}

/**
 * Opens an executor whose workers are jobs of an engine; it promises what `openSlurm` does.
 *
 * @throws {RangeError | TypeError} If an option makes no sense, naming it.
 * @throws {Error} If it cannot be listened at the address, or the folder cannot be made.
 *
 * @example
 * ```ts
 * import { run, tasks } from 'heddle';
 * import { LocalEngine, openCluster } from 'heddle/cluster';
 * export const { add } = tasks(import.meta, { add: (a: number, b: number) => a + b });
 * if (import.meta.main) {
 *   // Jobs are processes of this machine: to try a program before it goes to a cluster.
 *   const cluster = await openCluster({ engine: new LocalEngine(), workers: 2 });
 *   assert.equal(await run(add(1, add(2, 3)), { executor: cluster }), 6);
 *   await cluster.dispose();
 * }
 * ```
 */
export async function openCluster(options: AnyClusterOptions): Promise<ClusterExecutor> {
  const { engine, submitOptions: words, ...others } = options;
  if (typeof (engine as Partial<Engine> | undefined)?.submit !== 'function') {
    throw new TypeError(
      `Cannot open workers by an engine as 'engine' must be one: received ${inspectShort(engine)}\n  such as slurmEngine()`,
    );
  }
  return await openPilots(
    clusterPartsOf(
      { ...others, ...(words === undefined ? {} : { submitOptions: words }) },
      engine,
      engine.name,
      {
        option: 'submitOptions',
        words,
      },
    ),
  );
}
