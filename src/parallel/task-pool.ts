/**
 * A pool of one task, over workers of any kind.
 */

import { scopedThreads } from '../allocation/scopes.ts';
import type { Clock } from '../base/clock.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { tellListener } from '../base/listener.ts';
import { systemChance } from '../base/random.ts';
import { joinStack, type Site, siteAbove } from '../base/site.ts';
import { pinOf } from '../pool/affinity.ts';
import { checkMapOptions, mapOptionNames } from '../pool/map-options.ts';
import { type MapParts, type MapResults, MapRun } from '../pool/map-results.ts';
import { RetryingPool } from '../pool/retrying-pool.ts';
import { type CallTerms, handOver, SingleCall } from '../pool/single-call.ts';
import type { PoolStatistics } from '../pool/tally.ts';
import type { WorkPool } from '../pool/work-pool.ts';
import { openProgress } from '../progress/open-bar.ts';
import type { ProgressOptions } from '../progress/options.ts';
import type { CallEvent } from '../task/call-event.ts';
import { retryPolicyOf } from '../task/hints.ts';
import type { AttemptFailure } from '../task/outcome.ts';
import type { TaskCore, TaskModule } from '../task/task-core.ts';
import { type CommonPoolOptions, checkWorkers } from './pool-options.ts';
import type { PoolMapOptions, WorkerPool } from './worker-pool.ts';

export interface TaskPoolParts {
  readonly core: TaskCore;
  readonly module: TaskModule;
  readonly pool: WorkPool;
  readonly clock: Clock;
  readonly affinity: CommonPoolOptions<never>['affinity'] | undefined;
  readonly onEvent: ((event: CallEvent) => void) | undefined;
  /** Where the pool was opened; `undefined` if its calls run in this thread, where stacks are whole. */
  readonly site: Site | undefined;
  /** The most workers that there can be; `undefined` if there can be any number. */
  readonly mostWorkers: number | undefined;
}

/** Calls that are given up together. */
export interface CallGroup {
  /** As that of the pool; it settles unless it is given up. */
  submit(...args: readonly unknown[]): Promise<unknown>;
  /** Takes back what has not started, tells what runs, and drops what comes of it. */
  giveUp(): void;
}

export class TaskPool implements WorkerPool<readonly unknown[], unknown> {
  readonly #parts: TaskPoolParts;
  readonly #pool: WorkPool;
  readonly #terms: CallTerms;

  constructor(parts: TaskPoolParts) {
    this.#parts = parts;
    const { core, module, pool, clock, onEvent, site } = parts;
    const told = onEvent === undefined ? undefined : (event: CallEvent) => tellListener(() => onEvent(event));
    this.#terms = {
      task: module,
      slots: slotsOf(core),
      timeoutMs: core.hints.timeoutMs,
      told,
      failed: joinerOf('openPool', site),
    };
    const policy = retryPolicyOf(core.hints);
    this.#pool =
      policy.retries === 0 ? pool : new RetryingPool({ pool, policy, clock, chance: systemChance });
  }

  /** What it is for. @internal */
  get core(): TaskCore {
    return this.#parts.core;
  }

  submit(...args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { affinity } = this.#parts;
      const call = new SubmittedCall(this.#terms, args, resolve, reject);
      if (affinity !== undefined) call.pin = pinOf(affinity(...(args as never)));
      const threads = scopedThreads();
      if (threads !== undefined) call.threads = threads;
      handOver(this.#pool, call, args);
    });
  }

  /** Makes a group of calls that are given up together. @internal */
  group(): CallGroup {
    const terms = this.#terms;
    const pool = this.#pool;
    const calls = new Set<SubmittedCall>();
    const threads = scopedThreads();
    return {
      submit: (...args) =>
        new Promise((resolve, reject) => {
          const call = new SubmittedCall(
            terms,
            args,
            (value) => {
              calls.delete(call);
              resolve(value);
            },
            (error) => {
              calls.delete(call);
              reject(error);
            },
          );
          if (threads !== undefined) call.threads = threads;
          handOver(pool, call, args);
          calls.add(call);
        }),
      giveUp() {
        for (const call of calls) pool.giveUp(call);
        calls.clear();
      },
    };
  }

  map(inputs: Iterable<unknown> | AsyncIterable<unknown>, options: PoolMapOptions = {}): MapResults<unknown> {
    refuseUnknownOptions(options, [...mapOptionNames, 'progress', 'onEvent'], 'map');
    checkMapOptions(options);
    const iterable = inputs as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined;
    if (
      typeof iterable?.[Symbol.iterator] !== 'function' &&
      typeof iterable?.[Symbol.asyncIterator] !== 'function'
    ) {
      throw new TypeError(`Cannot map as the inputs must be iterable: received ${inspectShort(inputs)}`);
    }
    if (options.onEvent !== undefined && typeof options.onEvent !== 'function') {
      throw new TypeError(
        `Cannot map as 'onEvent' must be a function: received ${inspectShort(options.onEvent)}`,
      );
    }
    const { core, module, affinity, onEvent: onAnyEvent } = this.#parts;
    const { timeoutMs = core.hints.timeoutMs, onEvent = onAnyEvent } = options;
    return new MapRun({
      pool: this.#pool,
      core,
      module,
      inputs,
      slots: slotsOf(core),
      threads: scopedThreads(),
      options: { ...options, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
      affinity: affinity as MapParts['affinity'],
      told: onEvent === undefined ? undefined : (index, event) => tellListener(() => onEvent(event, index)),
      openMeter: meterOf(options.progress),
      failed: joinerOf('pool.map', this.#parts.site === undefined ? undefined : siteAbove(this.map as never)),
    });
  }

  stats(): PoolStatistics {
    return this.#pool.statistics();
  }

  resize(workers: number): void {
    checkWorkers(workers);
    const { mostWorkers } = this.#parts;
    if (mostWorkers !== undefined && workers > mostWorkers) {
      throw new RangeError(
        `Cannot resize the pool as there are ${mostWorkers} workers in its list: received ${workers}`,
      );
    }
    this.#pool.resize(workers);
  }

  drain(): Promise<void> {
    return this.#pool.whenIdle();
  }

  async stop(): Promise<void> {
    await this.drain();
    await this.dispose();
  }

  terminate(): Promise<void> {
    return this.dispose();
  }

  dispose(): Promise<void> {
    return this.#pool.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** As many as the hint says; more than there can be workers fail at once. */
function slotsOf({ hints }: TaskCore): number {
  return hints.resources?.threads ?? 1;
}

class SubmittedCall extends SingleCall {
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;

  constructor(
    terms: CallTerms,
    args: readonly unknown[],
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    super(terms, args);
    this.#resolve = resolve;
    this.#reject = reject;
  }

  succeeded(_: number, value: unknown): void {
    this.#resolve(value);
  }

  failed(_: number, { error }: AttemptFailure): void {
    this.noteFailed(error);
    this.#reject(error);
  }
}

/** Joins the stacks of errors from elsewhere with a place here. */
function joinerOf(what: string, site: Site | undefined): ((error: unknown) => void) | undefined {
  return site === undefined ? undefined : (error) => joinStack(error, what, site);
}

/** Opens a bar when the first result is asked for, if one is wanted. */
function meterOf(wanted: boolean | ProgressOptions | undefined): MapParts['openMeter'] {
  if (wanted === undefined || wanted === false) return undefined;
  const options = wanted === true ? {} : wanted;
  return (total) => {
    const bar = openProgress({ total, ...options });
    return { add: () => bar.add(1), end: () => bar[Symbol.dispose]() };
  };
}
