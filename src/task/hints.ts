/**
 * Hints: options of a task or of one call that say how it is run, never what it computes.
 */

import { refuseUnknownOptions } from '../base/known-options.ts';
import { type CacheHints, checkCacheHints } from './cache-hints.ts';

/** Resources that a call needs while it runs. Counted; a call waits until all of them are free. */
export interface Resources {
  /**
   * How many of the executor's slots the call takes, and of the threads of the process where it runs on workers.
   *
   * @defaultValue 1
   */
  readonly threads?: number;
  /** Any other resource by name, as many as `run({ resources })` says there are. */
  readonly [name: string]: number | undefined;
}

/** How a failed attempt is repeated. The words are those of the `retry` and `p-retry` packages. */
export interface RetryPolicy {
  /** How many attempts may follow the first one; an integer, at least 0. */
  readonly retries: number;
  /**
   * The wait before the second attempt, in milliseconds.
   *
   * @defaultValue 100
   */
  readonly minTimeoutMs?: number;
  /**
   * The longest wait, in milliseconds.
   *
   * @defaultValue 30,000
   */
  readonly maxTimeoutMs?: number;
  /**
   * What the wait is multiplied with after each attempt.
   *
   * @defaultValue 2
   */
  readonly factor?: number;
  /**
   * Whether each wait is multiplied with a random number from 1 to 2, so that many calls that failed
   * together do not come back together.
   *
   * @defaultValue `false`
   */
  readonly randomize?: boolean;
}

/** The options of a task, or of one call through `hint`. */
export interface Hints {
  /** The task's name, in place of its key in the `tasks` block. */
  readonly name?: string;
  /**
   * The version of what the task computes. Results of another version are not taken for its own.
   *
   * @defaultValue the digest of its module and of all that it imports
   */
  readonly version?: string | number;
  /**
   * Whether results are remembered where there is a cache, and how.
   *
   * @defaultValue `false`
   */
  readonly cache?: boolean | CacheHints;
  /** What a call needs while it runs. */
  readonly resources?: Resources;
  /** Of all calls with the same key, in one run, only one runs at a time. */
  readonly exclusive?: string;
  /**
   * What displays say while the call runs: a template such as `Compiling {source} …`, in which `{name}`,
   * `{name.member}`, `{name[member]}` and `{0}` stand for arguments, or a function of the arguments.
   */
  readonly display?: string | ((...args: never[]) => string);
  /** Whether displays mark the call when it succeeded or failed. */
  readonly confirm?: boolean;
  /**
   * Calls with a higher priority go first. Among equals, the one that has been ready for longest.
   *
   * @defaultValue 0
   */
  readonly priority?: number;
  /**
   * How often, or how, a failed attempt is repeated.
   *
   * @defaultValue 0: not at all
   */
  readonly retries?: number | RetryPolicy;
  /**
   * The longest that one attempt may take, in milliseconds. A worker that is stuck is terminated and
   * replaced; in this thread only asynchronous work can be given up on. Neither waiting for a worker nor what
   * that takes to import the task's module is counted.
   *
   * @defaultValue none
   */
  readonly timeoutMs?: number;
  /** Arguments that are not copied when the call is made: all of them, or those named in `params`. */
  readonly byReference?: boolean | readonly string[];
  /** Which of several executors runs the call, by its name: see `combined`. One that stands alone pays no heed to it. */
  readonly executor?: string;
  /**
   * The names of the arguments, in order, for displays and messages.
   *
   * @defaultValue the names in the function's source, where they can be read
   */
  readonly params?: readonly string[];
}

const hintNames = [
  'name',
  'version',
  'cache',
  'resources',
  'exclusive',
  'display',
  'confirm',
  'priority',
  'retries',
  'timeoutMs',
  'byReference',
  'params',
  'executor',
];

/**
 * Checks hints and freezes them.
 *
 * @param subject - who has the hints, for the message: `task 'add'`
 * @throws {RangeError | TypeError} If a hint makes no sense, naming it.
 */
export function checkHints(hints: Hints, subject: string): Hints {
  const refuse = (hint: string, reason: string, received: unknown): never => {
    throw new RangeError(
      `Cannot give ${subject} the hint '${hint}' as it must be ${reason}: received ${String(received)}`,
    );
  };
  refuseUnknownOptions(hints, hintNames, `give ${subject} hints`);
  const { timeoutMs, priority, exclusive, resources, name, display, byReference, confirm, params, executor } =
    hints;
  if (name !== undefined && (typeof name !== 'string' || name === ''))
    refuse('name', 'a string, not empty', name);
  if (display !== undefined && typeof display !== 'function')
    refuse('display', 'a template or a function', display);
  if (byReference !== undefined && typeof byReference !== 'boolean' && !Array.isArray(byReference)) {
    refuse('byReference', 'true, false, or a list of names', byReference);
  }
  if (resources !== undefined && (typeof resources !== 'object' || resources === null)) {
    refuse('resources', 'an object of amounts', resources);
  }
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0))
    refuse('timeoutMs', 'a positive number of milliseconds', timeoutMs);
  if (priority !== undefined && (typeof priority !== 'number' || Number.isNaN(priority)))
    refuse('priority', 'a number', priority);
  if (confirm !== undefined && typeof confirm !== 'boolean') refuse('confirm', 'true or false', confirm);
  if (params !== undefined && !(Array.isArray(params) && params.every((name) => typeof name === 'string')))
    refuse('params', 'a list of names', params);
  if (executor !== undefined && typeof executor !== 'string') refuse('executor', 'a name', executor);
  checkCacheHints(hints.cache, refuse);
  if (exclusive !== undefined && typeof exclusive !== 'string') refuse('exclusive', 'a string', exclusive);
  for (const [name, amount] of Object.entries(resources ?? {})) {
    if (amount !== undefined && !(amount >= 0 && Number.isFinite(amount))) {
      refuse(`resources.${name}`, 'a finite number, at least 0', amount);
    }
  }
  const threads = resources?.threads;
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) {
    refuse('resources.threads', 'an integer, at least 1', threads);
  }
  const policy = retryPolicyOf(hints);
  if (!Number.isInteger(policy.retries) || policy.retries < 0) {
    refuse('retries', 'an integer, at least 0', policy.retries);
  }
  for (const name of ['minTimeoutMs', 'maxTimeoutMs', 'factor'] as const) {
    if (!(policy[name] >= 0)) refuse(`retries.${name}`, 'a number, at least 0', policy[name]);
  }
  return Object.freeze({ ...hints });
}

/** The retry policy of a call, with all defaults filled in. */
export function retryPolicyOf({ retries = 0 }: Hints): Required<RetryPolicy> {
  const policy = typeof retries === 'number' ? { retries } : retries;
  return { minTimeoutMs: 100, maxTimeoutMs: 30_000, factor: 2, randomize: false, ...policy };
}

/**
 * The wait before the next attempt, in milliseconds.
 *
 * @param attempt - the attempt that failed, counted from 1
 * @param chance - a random number from 0 to 1; used only when the policy randomizes
 */
export function retryDelayMs(policy: Required<RetryPolicy>, attempt: number, chance: number): number {
  const wait = policy.minTimeoutMs * policy.factor ** (attempt - 1) * (policy.randomize ? 1 + chance : 1);
  return Math.min(wait, policy.maxTimeoutMs);
}
