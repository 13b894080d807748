/**
 * heddle runs ordinary typed functions in parallel on Node.js, as graphs of calls.
 *
 * This module is the public face. Everything below `src/` that is not exported here, or from another
 * entry of the package, is internal.
 */

import { requireNode } from './base/node-version.ts';
import { giveCallDigests } from './cache/call-digests.ts';
import { openInline } from './executor/inline.ts';
import { openProcesses } from './executor/processes.ts';
import { openThreads } from './executor/threads.ts';
import { showBarsOfWorkers } from './progress/received-bars.ts';
import { type Run, runWith } from './run/run.ts';

export { type Clock, type SleepOptions, systemClock, type TimerOptions } from './base/clock.ts';
export { ClosedError, HeddleError, InternalError, isHeddleError, TimedOutError } from './base/errors.ts';
export type { Chance } from './base/random.ts';
export type { Place } from './base/site.ts';
export { type ArgumentsAfter, type BindOptions, bind } from './cache/bind.ts';
export type { Cache } from './cache/cache.ts';
export type { LineageOptions } from './cache/lineage/lineage.ts';
export type { Lineage, LineageCall, LineageEdge, LineageValue } from './cache/lineage/lineage-graph.ts';
export type { RoCrate, RoCrateEntity, RoCrateOptions } from './cache/lineage/ro-crate.ts';
export type { Lookups } from './cache/lookup-counter.ts';
export { type Memoized, type MemoizeOptions, memoize } from './cache/memoize.ts';
export type { MetadataHook, NotedCall } from './cache/metadata.ts';
export { environment } from './cache/notes/environment.ts';
export { type GitOptions, git } from './cache/notes/git.ts';
export { machine } from './cache/notes/machine.ts';
export { runtime } from './cache/notes/runtime.ts';
export { project, tags } from './cache/notes/tags.ts';
export { withMetadata, withTags } from './cache/notes/with-metadata.ts';
export { type CacheOptions, openCache } from './cache/open-cache.ts';
export { anything } from './cache/query/anything.ts';
export type { CallEntry } from './cache/query/call-entry.ts';
export type { CallFilter } from './cache/query/call-filter.ts';
export {
  type CallAspect,
  type CallQuery,
  SeveralCallsError,
  type SortOptions,
} from './cache/query/call-query.ts';
export type { CallRow, TableOptions } from './cache/query/call-table.ts';
export { NotFoundError } from './cache/query/not-found-error.ts';
export type { PastRun, RunCounts } from './cache/query/past-run.ts';
export type {
  ArgumentRecord,
  CallRecord,
  FailureRecord,
  RecordState,
  RunEntry,
  RunRecord,
  ValueRef,
} from './cache/record.ts';
export type { CacheTrouble, TroubleListener } from './cache/trouble.ts';
export type { Garbage, GarbageOptions } from './cache/upkeep/collect-garbage.ts';
export type { Redigested, RedigestOptions } from './cache/upkeep/redigest.ts';
export type { CacheStatistics } from './cache/upkeep/statistics.ts';
export type { TransferOptions, Transferred } from './cache/upkeep/transfer.ts';
export type { BrokenRecord, Verified, VerifyOptions } from './cache/upkeep/verify.ts';
export { withCache } from './cache/with-cache.ts';
export {
  type CachedExecutor,
  type CachedExecutorOptions,
  type CachedPool,
  type CachedSubmit,
  cachedExecutor,
  type PoolCallOptions,
} from './cached/cached-executor.ts';
export { type DigestCodec, type DigestStandIn, digestSymbol } from './codec/canonical/digest-codec.ts';
export type { Digest, DigestOptions } from './codec/canonical/digester.ts';
export { NotDigestibleError } from './codec/canonical/not-digestible-error.ts';
export {
  type AnyClass,
  asObject,
  type Codec,
  type Codecs,
  decodeSymbol,
  encodeSymbol,
  type NamedCodec,
  type RegisterOptions,
} from './codec/codecs.ts';
export { codecs } from './codec/codecs-registry.ts';
export { DecodeError } from './codec/decode-error.ts';
export { type FilePath, path } from './codec/file-path.ts';
export type { Json } from './codec/json-writer.ts';
export { transfer } from './codec/moved.ts';
export { NotCloneableError } from './codec/pack.ts';
export { Reference } from './codec/references.ts';
export type * from './events/event.ts';
export type { FailureFact } from './events/failure-fact.ts';
export type {
  PipelineEvent,
  PipelineProgressed,
  PipelineSettled,
  PipelineStarted,
  StageFact,
  StageSums,
} from './events/pipeline-event.ts';
export { type CallToPlace, type CombinedOptions, combined } from './executor/combined.ts';
export type { Executor, ExecutorStatistics } from './executor/executor.ts';
export { type InlineOptions, openInline } from './executor/inline.ts';
export { openProcesses, type ProcessesExecutor, type ProcessesOptions } from './executor/processes.ts';
export { openThreads, type ThreadsExecutor, type ThreadsOptions } from './executor/threads.ts';
export { conditional } from './graph/conditional.ts';
export { type DrawGraphOptions, drawGraph } from './graph/draw-graph.ts';
export { fold, reduce, treeReduce } from './graph/fold.ts';
export { gather, gatherAll, gatherObject, type Lifted, lift, type Unpacked, unpack } from './graph/gather.ts';
export { filter, map, zipWith } from './graph/lists.ts';
export { quote, unquote } from './graph/quote.ts';
export { all, any, every, type FindOptions, findFirst } from './graph/search.ts';
export type { Items, Step } from './graph/sequence.ts';
export type { Bottleneck } from './observe/bottleneck.ts';
export type { Line, Span, Tone } from './observe/line.ts';
export { type PipelineSnapshot, PipelineWatch, type StageSnapshot } from './observe/pipeline-watch.ts';
export { type RunSnapshot, RunWatch, type Snapshot } from './observe/snapshot.ts';
export { openPool } from './parallel/open-pool.ts';
export type {
  CommonPoolOptions,
  InlinePoolOptions,
  PoolKind,
  PoolOptions,
  ProcessPoolOptions,
  ThreadPoolOptions,
} from './parallel/pool-options.ts';
export type { PoolMapOptions, WorkerPool } from './parallel/worker-pool.ts';
export {
  type Chained,
  openPipeline,
  type Pipeline,
  type PipelineInput,
  type PipelineOutput,
} from './pipeline/open-pipeline.ts';
export type { ApplyOptions, CommonPipelineOptions, PipelineOptions } from './pipeline/pipeline-options.ts';
export type { PipelineResults, StageProgress } from './pipeline/pipeline-results.ts';
export type { PipelinePlan, PlannedStage } from './pipeline/plan.ts';
export { type Batch, batch, type Tee, tee, type Unbatch, unbatch } from './pipeline/reshape.ts';
export type { AnyStage } from './pipeline/segments.ts';
export { skip } from './pipeline/skip.ts';
export { type Stage, type Stageable, type StageInput, type StageOutput, stage } from './pipeline/stage.ts';
export { StageFailedError, type StageFailure } from './pipeline/stage-failed-error.ts';
export type { StageOptions } from './pipeline/stage-options.ts';
export type { Durations } from './pool/histogram.ts';
export type { MapOptions } from './pool/map-options.ts';
export type { MapResults } from './pool/map-results.ts';
export type { PoolStatistics } from './pool/tally.ts';
export type { WorkerLimits } from './pool/worker-limits.ts';
export type { ProgressBar } from './progress/bar.ts';
export type { LoopProgress, ProgressAsyncIterable, ProgressIterable } from './progress/loop.ts';
export { openProgress } from './progress/open-bar.ts';
export type { ProgressOptions } from './progress/options.ts';
export type { Postfix } from './progress/postfix.ts';
export { progress } from './progress/progress.ts';
export type { ProgressSnapshot, ProgressStatistics } from './progress/snapshot.ts';
export { CallFailedError, type ChainLink } from './run/call-failed-error.ts';
export type { FailureMode, RunBehaviour, RunOptions } from './run/options.ts';
export { merge } from './streams/merge.ts';
export { Quoted } from './task/call.ts';
export type { CallEmission, CallEvent, CallProgress } from './task/call-event.ts';
export { delay, hint, omit, set } from './task/copies.ts';
export { type CurrentCall, currentCall } from './task/current-call.ts';
export { isDelayed } from './task/delayed.ts';
export {
  type CallableClass,
  type DelayedInit,
  delayedInit,
  type StatefulWorker,
  type WorkerFactory,
} from './task/delayed-init.ts';
export { digestBytesOf, digestOf } from './task/digest-of.ts';
export {
  type FailedArgument,
  Failure,
  failed,
  type Maybe,
  type MaybeOptions,
  maybe,
} from './task/failure.ts';
export type { Hints, Resources, RetryPolicy } from './task/hints.ts';
export { type Ops, ops } from './task/ops.ts';
export type { FailureReason } from './task/outcome.ts';
export { type BlockEntry, type Task, type TaskOf, type TasksOf, task, tasks } from './task/task.ts';
export type {
  Delayed,
  DelayedFunction,
  DelayedMark,
  DelayedMembers,
  DelayedParts,
  Input,
  InputList,
  Inputs,
  Value,
} from './task/types.ts';
export { type CallLogOptions, callLog } from './terminal/call-log.ts';
export { type PlainOptions, plain } from './terminal/plain.ts';
export type { TextStream } from './terminal/stream-writer.ts';
export { type TerminalOptions, terminal } from './terminal/terminal.ts';
export { IncompatibleWorkerError } from './worker/greeting.ts';
export { type FromJsonOptions, fromJSON, type ToJsonOptions, toJSON } from './worker/json-text.ts';
export type { Output, OutputLine, OutputOptions } from './worker/output.ts';
export type { ProcessOptions } from './worker/process-transport.ts';
export type { ReferencesOption, ReferencesOptions } from './worker/references-option.ts';
export type { SetupOptions } from './worker/setup.ts';
export type { ThreadOptions } from './worker/thread-transport.ts';
export type { VerboseOptions } from './worker/verbose.ts';
export { WorkerLostError } from './worker/worker-lost-error.ts';

requireNode(process.versions.node);
showBarsOfWorkers();
giveCallDigests();

/**
 * Runs a graph and gives its value: that of a delayed value, of data in which parts are delayed, or of
 * plain data, which is its own value.
 *
 * - **Where:** in this thread unless told otherwise, with asynchronous calls overlapping; on worker
 *   threads with `threads`, on child processes with `processes`; on an executor that is kept with `executor`.
 * - **Once:** a call that is needed in several places is run once.
 * - **Isolation:** each call gets its own copy of what it is given, so none can change what another gets.
 * - **Settles:** always; to the value or to an error, never to a wrong value.
 * - **Cost:** some microseconds a call; a value is dropped as soon as the last call that needs it has it.
 *
 * @throws {CallFailedError} If a call failed: with what it threw as `cause`, where it was made, and why it
 *   was needed.
 * @throws {RangeError} If a call needs more than there is, such as 4 threads of 2.
 * @throws The signal's reason, if it aborts.
 *
 * @example
 * ```ts
 * import { gather, run, task } from 'heddle';
 * const square = task((x: number) => x * x);
 * assert.deepEqual(await run(gather(square(2), square(3))), [4, 9]);
 * assert.deepEqual(await run({ four: square(2), list: [square(3), 'plain'] }), { four: 4, list: [9, 'plain'] });
 * ```
 */
export const run: Run = runWith({
  inline: (concurrency, clock) => openInline(concurrency === undefined ? { clock } : { concurrency, clock }),
  threads: (workers, clock, codecs) => openThreads({ workers, clock, ...codecs }),
  processes: (workers, clock, codecs) => openProcesses({ workers, clock, ...codecs }),
});
