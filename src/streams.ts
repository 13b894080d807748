/**
 * Streams of small parts: bounded queues, transformers that pull or push, and what joins them.
 */

export { branch } from './streams/branch.ts';
export { broadcast } from './streams/broadcast.ts';
export { Connection } from './streams/connection.ts';
export type { Coroutine, Outlet } from './streams/coroutine-writer.ts';
export { fromTransform, type TransformPair } from './streams/from-transform.ts';
export { fromWritable } from './streams/from-writable.ts';
export { keepOpen, keepSource } from './streams/keep-open.ts';
export { merge } from './streams/merge.ts';
export type { Pullable } from './streams/open-source.ts';
export { type PatchOptions, patch } from './streams/patch.ts';
export { type Pull, type PullNext, pull } from './streams/pull.ts';
export { pullFrom } from './streams/pull-from.ts';
export { type PullMapOptions, pullMap } from './streams/pull-map.ts';
export { type Push, push } from './streams/push.ts';
export { type Pushing, pushFrom } from './streams/push-from.ts';
export { pushMap } from './streams/push-map.ts';
export { Queue, type QueueOptions, type WaitOptions } from './streams/queue.ts';
export { sinkMap } from './streams/sink-map.ts';
export type { Source } from './streams/source.ts';
export { type MappingPool, type PoolWorker, threadPool } from './streams/thread-pool.ts';
export { toReadable } from './streams/to-readable.ts';
export { toWritable } from './streams/to-writable.ts';
export type { Ending, Sink, Writer } from './streams/writer.ts';
