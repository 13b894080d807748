/**
 * `heddle/cluster`: executors over engines that exist.
 */

export { CodeMismatchError } from './executor/cluster/code-version.ts';
export { openQueue, type QueueOptions, type QueueValues } from './executor/cluster/queue/open-queue.ts';
export { QueueError } from './executor/cluster/queue/queue-errors.ts';
export type { QueueExecutor } from './executor/cluster/queue/queue-executor.ts';
export {
  openQueueWorker,
  type QueueWorker,
  type QueueWorkerOptions,
} from './executor/cluster/queue/queue-worker.ts';
