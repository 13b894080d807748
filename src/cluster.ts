/**
 * Executors over clusters: the same calls, in jobs of a scheduler that is there.
 */

export type { ClusterExecutor } from './executor/cluster/cluster-executor.ts';
export type { ClusterOptions } from './executor/cluster/cluster-options.ts';
export { EngineError } from './executor/cluster/engine.ts';
export type { ClusterJob } from './executor/cluster/fleet.ts';
export { openSlurm, type SlurmOptions } from './executor/cluster/open-slurm.ts';
