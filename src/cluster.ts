/**
 * Executors over clusters: the same calls, in jobs of a scheduler that is there.
 */

export type { ClusterExecutor } from './executor/cluster/cluster-executor.ts';
export type { ClusterOptions } from './executor/cluster/cluster-options.ts';
export {
  type Engine,
  EngineError,
  type EngineTraits,
  type JobResources,
  type JobStatus,
  type JobsRequest,
} from './executor/cluster/engine.ts';
export type { ClusterJob } from './executor/cluster/fleet.ts';
export { LocalEngine, type LocalEngineOptions } from './executor/cluster/local-engine.ts';
export { lsfEngine } from './executor/cluster/lsf-engine.ts';
export { type AnyClusterOptions, openCluster } from './executor/cluster/open-cluster.ts';
export { openSlurm, type SlurmOptions } from './executor/cluster/open-slurm.ts';
export { type PbsOptions, pbsEngine } from './executor/cluster/pbs-engine.ts';
export { slurmEngine } from './executor/cluster/slurm-engine.ts';
