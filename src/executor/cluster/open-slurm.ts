/**
 * The executor over SLURM.
 */

import { type ClusterExecutor, openPilots } from './cluster-executor.ts';
import { type ClusterOptions, clusterPartsOf } from './cluster-options.ts';
import { slurmEngine } from './slurm-engine.ts';

export interface SlurmOptions extends ClusterOptions {
  /** Further options of `sbatch`: `['--qos=long', '--exclude=n7']`. They come last, so that they count. @defaultValue none */
  readonly sbatchOptions?: readonly string[];
}

/**
 * Opens an executor whose workers are jobs of SLURM, from where `sbatch`, `squeue` and `scancel` are at hand. Jobs are
 * submitted as there is work, connect back to this program, take calls one after the other, and end when there is no more.
 *
 * - **Values:** as for `openProcesses`. The modules of tasks must be at the same paths on nodes, and made of the same source,
 *   or calls fail and say what differs. heddle must speak the same protocol there.
 * - **Large arrays** go by files of the shared folder, not by this program: `references` says how.
 * - **Lost jobs:** the end of a connection is seen in milliseconds, silence after three beats. What had not begun is run by
 *   others; what had is run again, unless its task has the hint `retries`, until it has lost `maxLosses` workers.
 * - **Time limits:** a job takes no calls shortly before its time is over; another one is submitted if there is work.
 * - **Secret:** each job proves that it knows the secret of this run, which is in a file for its owner alone, and is proved to
 *   in turn. What goes over the network is not encrypted: it is meant for the network of a cluster.
 * - **Ends with you:** disposing of it cancels its jobs; if this program is killed, they end after `graceMs`.
 * - **At rest:** jobs without calls do not keep this process alive.
 *
 * @throws {RangeError | TypeError} If an option makes no sense, naming it.
 * @throws {Error} If it cannot be listened at the address, or the folder cannot be made.
 *
 * @example
 * ```ts no-run
 * import { run, tasks } from 'heddle';
 * import { openSlurm } from 'heddle/cluster';
 * export const { simulate } = tasks(import.meta, { simulate: (seed: number) => seed ** 2 });
 * if (import.meta.main) {
 *   await using slurm = await openSlurm({ workers: 8, cpusPerWorker: 4, time: '01:00:00', partition: 'main' });
 *   console.log(await run([simulate(1), simulate(2)], { executor: slurm }));
 * }
 * ```
 */
export async function openSlurm(options: SlurmOptions): Promise<ClusterExecutor> {
  const { sbatchOptions: words } = options;
  return await openPilots(
    clusterPartsOf(options, slurmEngine(), 'SLURM', { option: 'sbatchOptions', words }),
  );
}
