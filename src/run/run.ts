/**
 * `run`: from a delayed value to a value.
 */

import { type ArtifactSourceLike, sourceOf } from '../artifacts/source.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { randomSerial, systemChance } from '../base/random.ts';
import { isCache } from '../cache/is-cache.ts';
import { RunLog } from '../cache/run-log.ts';
import { surroundings } from '../cache/surroundings.ts';
import type { Executor } from '../executor/executor.ts';
import { lift } from '../graph/gather.ts';
import { Call } from '../task/call.ts';
import { callOf, isDelayed } from '../task/delayed.ts';
import type { Value } from '../task/types.ts';
import { refuseWhileImporting } from '../worker/importing.ts';
import { GraphRun } from './graph-run.ts';
import { checkSinks, listOfSinks } from './listeners.ts';
import type { FailureMode, RunOptions } from './options.ts';
import { Reporter } from './reporter.ts';
import { RunArtifacts } from './run-artifacts.ts';
import { RunMemory } from './run-memory.ts';

/** Opens the executor that a run has for itself. Handed in, since `run/` knows no executor. */
export interface OwnExecutors {
  threads(workers: number, clock: Clock, codecs: Pick<RunOptions, 'codecs'>): Executor;
  processes(workers: number, clock: Clock, codecs: Pick<RunOptions, 'codecs'>): Executor;
  inline(concurrency: number | undefined, clock: Clock): Executor;
}

/** What `run` is: see the façade, where its executors are filled in. */
export type Run = <const T>(target: T, options?: RunOptions) => Promise<Value<T>>;

const failureModes: readonly FailureMode[] = ['stop-starting', 'carry-on', 'cancel-rest'];

/** Makes `run`, given what opens the executors that it may own. */
export function runWith(own: OwnExecutors): Run {
  return async <const T>(target: T, options: RunOptions = {}): Promise<Value<T>> => {
    refuseWhileImporting('run a graph');
    checkOptions(options);
    const lifted: unknown = lift(target);
    // Plain data without a delayed part is its own value.
    if (!isDelayed(lifted)) {
      options.signal?.throwIfAborted();
      return lifted as Value<T>;
    }
    const { clock = systemClock } = options;
    const { executor } = options;
    const open = (): Executor => executor ?? openOwn(own, options, clock);
    return (await runRemembering(options, callOf(lifted), open)) as Value<T>;
  };
}

/** Runs on an executor, and disposes of it if the run has opened it. */
async function runOn(
  executor: Executor,
  target: Call,
  options: RunOptions,
  memory?: RunMemory,
): Promise<unknown> {
  try {
    return await runGraph(executor, target, options, memory);
  } finally {
    if (executor !== options.executor) await executor[Symbol.asyncDispose]();
  }
}

/** Waits for a value, or for the signal: then it gives `undefined` at once. */
async function unlessAborted<T>(value: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (signal === undefined) return await value;
  const aborted = Promise.withResolvers<undefined>();
  const onAbort = (): void => aborted.resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([value, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Looks first whether the value of the whole graph is remembered. */
async function runRemembering(options: RunOptions, target: Call, open: () => Executor): Promise<unknown> {
  const memory = memoryOf(options);
  if (memory === undefined) return await runOn(open(), target, options);
  const graph = memory.graph(target);
  const found =
    graph === undefined || options.signal?.aborted === true
      ? undefined
      : await unlessAborted(memory.findGraph(graph), options.signal);
  if (found !== undefined) {
    memory.foundGraph(found, target);
    reportFound(options, target, found.how);
    await memory.end('success');
    return found.value;
  }
  let is: 'success' | 'failure' | 'cancelled' = 'failure';
  try {
    const value = await runOn(open(), target, options, memory);
    is = 'success';
    if (graph !== undefined) memory.keepGraph(graph, value);
    return value;
  } finally {
    if (is === 'failure' && options.signal?.aborted === true) is = 'cancelled';
    await memory.end(is);
  }
}

/** Tells of a run of which the value was there. */
function reportFound(options: RunOptions, target: Call, how: 'retrieved' | 'attached'): void {
  const reporter = reporterOf(options, { name: 'cache', slots: 0 });
  if (reporter === undefined) return;
  // It stands for all that was not run: it counts, whether its task is one of heddle's own or not.
  const whole = new Call(
    { ...target.task, builtin: undefined },
    [],
    [],
    undefined,
    target.hints,
    target.site,
  );
  reporter.begin();
  reporter.added(whole, { call: 0, needs: [] });
  reporter.flushAdded();
  reporter.found(0, whole, [], how);
  reporter.settled(0, whole, undefined);
  reporter.ended('success', undefined, 0);
}

function memoryOf(options: RunOptions): RunMemory | undefined {
  const around = surroundings();
  const cache = options.cache ?? around.cache;
  if (cache === undefined) return undefined;
  const metadata = [...cache.metadata, ...around.metadata];
  const where =
    options.executor?.name ??
    (options.threads !== undefined ? 'threads' : options.processes !== undefined ? 'processes' : 'inline');
  const log = new RunLog(cache.engine, { executor: where, metadata: {} });
  return new RunMemory(
    {
      engine: cache.engine,
      all: options.cacheAll === true,
      metadata,
      refreshes: options.refresh === true,
      hasSource: options.source !== undefined,
      isHere: where === 'inline' || options.executor?.isolated === false,
    },
    log,
  );
}

function openOwn(own: OwnExecutors, options: RunOptions, clock: Clock): Executor {
  const { threads, processes, concurrency } = options;
  const codecs = options.codecs === undefined ? {} : { codecs: options.codecs };
  if (threads !== undefined) return own.threads(threads, clock, codecs);
  if (processes !== undefined) return own.processes(processes, clock, codecs);
  return own.inline(concurrency, clock);
}

async function runGraph(
  executor: Executor,
  target: Call,
  options: RunOptions,
  memory: RunMemory | undefined,
): Promise<unknown> {
  const { failure = 'stop-starting', resources = {}, clock = systemClock, chance = systemChance } = options;
  const run = new GraphRun({
    executor,
    failureMode: failure,
    resources,
    clock,
    chance,
    signal: options.signal,
    reporter: reporterOf(options, executor),
    onEvent: options.onEvent,
    memory,
    artifacts: options.source === undefined ? undefined : new RunArtifacts(sourceOf(options.source, 'run')),
  });
  return await run.run(target);
}

function reporterOf(
  { sinks = [], clock = systemClock }: RunOptions,
  executor: { readonly name: string; readonly slots: number },
): Reporter | undefined {
  const listening = listOfSinks(sinks);
  return listening.length === 0 ? undefined : new Reporter(randomSerial(), clock, listening, executor);
}

const optionNames = [
  'executor',
  'threads',
  'processes',
  'concurrency',
  'sinks',
  'onEvent',
  'codecs',
  'signal',
  'failure',
  'resources',
  'clock',
  'chance',
  'cache',
  'cacheAll',
  'refresh',
  'source',
];

function checkOptions(options: RunOptions): void {
  refuseUnknownOptions(options, optionNames, 'run');
  const { failure, executor, threads, processes, concurrency, signal, sinks = [], resources = {} } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`Cannot run as 'signal' must be an AbortSignal: received ${inspectShort(signal)}`);
  }
  if (executor !== undefined && typeof (executor as Partial<Executor> | null)?.connect !== 'function') {
    throw new TypeError(`Cannot run as 'executor' must be an executor: received ${inspectShort(executor)}`);
  }
  if (options.cache !== undefined && !isCache(options.cache)) {
    throw new TypeError(
      `Cannot run as 'cache' must be a cache: received ${inspectShort(options.cache)}\n  await openCache('.heddle') opens one`,
    );
  }
  if (Object.hasOwn(options, 'source')) sourceOf(options.source as ArtifactSourceLike, 'run');
  for (const name of ['cacheAll', 'refresh'] as const) {
    const flag: unknown = options[name];
    if (flag === undefined || typeof flag === 'boolean') continue;
    throw new TypeError(`Cannot run as '${name}' must be true or false: received ${inspectShort(flag)}`);
  }
  checkSinks(sinks, 'run');
  if (options.codecs !== undefined && executor !== undefined) {
    throw new TypeError(
      "Cannot run with 'codecs' and 'executor' as an executor has codecs of its own\n  give them to what opens it: openThreads({ codecs })",
    );
  }
  if (options.onEvent !== undefined && typeof options.onEvent !== 'function') {
    throw new TypeError(
      `Cannot run as 'onEvent' must be a function: received ${inspectShort(options.onEvent)}`,
    );
  }
  if (typeof resources !== 'object' || (resources as unknown) === null) {
    throw new TypeError(
      `Cannot run as 'resources' must be an object of amounts: received ${inspectShort(resources)}`,
    );
  }
  for (const [name, amount] of Object.entries(resources)) {
    if (Number.isFinite(amount) && amount >= 0) continue;
    throw new RangeError(
      `Cannot run as the resource '${name}' must be a finite number, at least 0: received ${String(amount)}`,
    );
  }
  if (failure !== undefined && !failureModes.includes(failure)) {
    throw new RangeError(
      `Cannot run as 'failure' must be one of ${failureModes.join(', ')}: received '${String(failure)}'`,
    );
  }
  const given = Object.entries({ executor, threads, processes, concurrency }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length > 1) {
    throw new TypeError(
      `Cannot run as one place to run must be given: received ${given.map(([name]) => `'${name}'`).join(' and ')}`,
    );
  }
}
