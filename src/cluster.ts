/**
 * Executors over clusters: the same calls, in jobs of a scheduler that is there, or on workers behind a queue.
 */

export type { ClusterExecutor } from './executor/cluster/cluster-executor.ts';
export type { ClusterOptions } from './executor/cluster/cluster-options.ts';
export { CodeMismatchError } from './executor/cluster/code-version.ts';
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
export { openQueue, type QueueOptions, type QueueValues } from './executor/cluster/queue/open-queue.ts';
export { QueueError } from './executor/cluster/queue/queue-errors.ts';
export type { QueueExecutor } from './executor/cluster/queue/queue-executor.ts';
export {
  openQueueWorker,
  type QueueWorker,
  type QueueWorkerOptions,
} from './executor/cluster/queue/queue-worker.ts';
export { slurmEngine } from './executor/cluster/slurm-engine.ts';
