/**
 * What a run may be told.
 */

import type { ArtifactSourceLike } from '../artifacts/source.ts';
import type { Clock } from '../base/clock.ts';
import type { Chance } from '../base/random.ts';
import type { Cache } from '../cache/cache.ts';
import type { Codecs } from '../codec/codecs.ts';
import type { Sink } from '../events/event.ts';
import type { Executor } from '../executor/executor.ts';
import type { CallEvent } from '../task/call-event.ts';

/**
 * What one failed call does to the rest of the run:
 *
 * - `stop-starting`: no further call is started; those that run are waited for.
 * - `carry-on`: all calls that do not need the failed one are run.
 * - `cancel-rest`: no further call is started, and those that run are cancelled.
 */
export type FailureMode = 'stop-starting' | 'carry-on' | 'cancel-rest';

/** The options of `run` that are the same for every executor. */
export interface RunBehaviour {
  /** Receives the events of the run: a sink, or several. */
  readonly sinks?: Sink | readonly Sink[];
  /**
   * Told what calls tell while they run, by `currentCall().report` and `.emit`, and which call it was. What it throws
   * is an uncaught exception.
   */
  readonly onEvent?: (event: CallEvent, of: { readonly task: string; readonly call: number }) => void;
  /**
   * Remembers the values of calls whose task, or who themselves, have the hint `cache`, and takes those that are
   * remembered. Trouble with it never fails a run.
   *
   * @defaultValue that of `withCache`, if the run is inside
   */
  readonly cache?: Cache | undefined;
  /**
   * Whether calls are remembered that have no hint `cache`. Those that have it as `false` never are.
   *
   * @defaultValue `false`
   */
  readonly cacheAll?: boolean;
  /**
   * Whether calls that are remembered are computed anew all the same, and remembered again. Equal calls in flight are still
   * computed once.
   *
   * @defaultValue `false`
   */
  readonly refresh?: boolean;
  /**
   * Where artifacts come from that arguments name: an experiment, a repository, a `Map`, a cache, or anything with `has` and
   * `load`. A text is replaced by the value of the artifact of that name, if there is one, where it is an argument of a call
   * of a task or a member of a plain object that is one; `artifact('x')` must be one, `literal('x')` is none. What calls
   * compute is no name. Remembered calls count by the values, and their records tell the versions.
   *
   * @defaultValue none: texts stay
   */
  readonly source?: ArtifactSourceLike | undefined;
  /** Stops the run. It then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * What one failed call does to the rest.
   *
   * @defaultValue `'stop-starting'`
   */
  readonly failure?: FailureMode;
  /** How much there is, for this run, of each resource that calls ask for with the hint `resources`. */
  readonly resources?: Readonly<Record<string, number>>;
  /**
   * The time by which retries wait and by which time limits are kept, and the chance by which retries
   * spread. An executor that is given has its own clock for time limits.
   *
   * @defaultValue those of this machine
   */
  readonly clock?: Clock;
  readonly chance?: Chance;
}

/** A run with an executor of its own, which is opened for it and disposed of after it, or with a given one. */
export interface RunOptions extends RunBehaviour {
  /** Runs the calls on this executor, which stays open. */
  readonly executor?: Executor;
  /** Runs the calls on that many worker threads, for this run only. */
  readonly threads?: number;
  /** Runs the calls on that many child processes, for this run only. */
  readonly processes?: number;
  /**
   * Runs the calls in this thread, at most that many asynchronous ones at once.
   *
   * @defaultValue 64
   */
  readonly concurrency?: number;
  /**
   * How instances of classes cross to the workers of this run, made with `codecs(import.meta, 'name')`. An executor
   * that is given has codecs of its own.
   */
  readonly codecs?: Codecs;
}
