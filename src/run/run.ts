/**
 * `run`: from a delayed value to a value.
 */

import { type Clock, systemClock } from '../base/clock.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { randomSerial, systemChance } from '../base/random.ts';
import type { Sink } from '../events/event.ts';
import type { Executor } from '../executor/executor.ts';
import { lift } from '../graph/gather.ts';
import { callOf, isDelayed } from '../task/delayed.ts';
import type { Value } from '../task/types.ts';
import { refuseWhileImporting } from '../worker/importing.ts';
import { GraphRun } from './graph-run.ts';
import type { FailureMode, RunOptions } from './options.ts';
import { Reporter } from './reporter.ts';

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
    if (options.executor !== undefined) return (await runOn(options.executor, lifted, options)) as Value<T>;
    const { clock = systemClock } = options;
    const executor = openOwn(own, options, clock);
    try {
      return (await runOn(executor, lifted, options)) as Value<T>;
    } finally {
      await executor[Symbol.asyncDispose]();
    }
  };
}

function openOwn(own: OwnExecutors, options: RunOptions, clock: Clock): Executor {
  const { threads, processes, concurrency } = options;
  const codecs = options.codecs === undefined ? {} : { codecs: options.codecs };
  if (threads !== undefined) return own.threads(threads, clock, codecs);
  if (processes !== undefined) return own.processes(processes, clock, codecs);
  return own.inline(concurrency, clock);
}

async function runOn(executor: Executor, target: object, options: RunOptions): Promise<unknown> {
  const {
    sinks = [],
    failure = 'stop-starting',
    resources = {},
    clock = systemClock,
    chance = systemChance,
  } = options;
  const listening: readonly Sink[] = 'emit' in sinks ? [sinks] : sinks;
  const reporter =
    listening.length === 0 ? undefined : new Reporter(randomSerial(), clock, listening, executor);
  const run = new GraphRun({
    executor,
    failureMode: failure,
    resources,
    clock,
    chance,
    signal: options.signal,
    reporter,
    onEvent: options.onEvent,
  });
  return await run.run(callOf(target));
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
  for (const sink of Array.isArray(sinks) ? sinks : [sinks]) {
    if (typeof (sink as Partial<Sink> | null)?.emit === 'function') continue;
    throw new TypeError(
      `Cannot run as each of 'sinks' must have a method 'emit': received ${inspectShort(sink)}`,
    );
  }
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
