/**
 * Hints about remembering: what of a call counts, and for how long its result does.
 */

import { refuseUnknownOptions } from '../base/known-options.ts';

/** How results of a task are remembered. Counts only in a run with a cache, or for a function made with `memoize`. */
export interface CacheHints {
  /**
   * What does not matter to the result, and so is left out of the digest of the call and of its record: names of
   * arguments, or of members of arguments, such as `'options.verbose'`.
   */
  readonly ignore?: readonly string[];
  /** Gives what stands for the arguments in the digest of the call, in their place. Not with `ignore`. */
  readonly key?: (...args: never[]) => unknown;
  /** Arguments that must be given, not `undefined`, for the result to be remembered. */
  readonly require?: readonly string[];
  /** Arguments that are paths of files or folders: what counts is their content. */
  readonly files?: readonly string[];
  /**
   * For how long a result is given again, in milliseconds.
   *
   * @defaultValue for ever
   */
  readonly maxAgeMs?: number;
  /**
   * For how long an error that the task threw is given again, in milliseconds.
   *
   * @defaultValue 0: a call that failed is computed anew
   */
  readonly errorsForMs?: number;
}

/** The first part of a way to a member, such as `options` of `options.verbose`: the name of the argument. */
export function argumentOf(way: string): string {
  const dot = way.indexOf('.');
  return dot < 0 ? way : way.slice(0, dot);
}

type Refuse = (hint: string, reason: string, received: unknown) => never;

/** Refuses a hint `cache` that makes no sense. */
export function checkCacheHints(cache: boolean | CacheHints | undefined, refuse: Refuse): void {
  if (cache === undefined || typeof cache === 'boolean') return;
  if (typeof cache !== 'object' || (cache as unknown) === null)
    refuse('cache', 'true, false, or an object', cache);
  refuseUnknownOptions(
    cache,
    ['ignore', 'key', 'require', 'files', 'maxAgeMs', 'errorsForMs'],
    "give the hint 'cache'",
  );
  for (const name of ['ignore', 'require', 'files'] as const) {
    const list: unknown = cache[name];
    const isList = Array.isArray(list) && list.every((item) => typeof item === 'string' && item !== '');
    if (list !== undefined && !isList) refuse(`cache.${name}`, 'a list of names', list);
  }
  for (const name of ['maxAgeMs', 'errorsForMs'] as const) {
    const ms: unknown = cache[name];
    if (ms !== undefined && !(typeof ms === 'number' && ms >= 0))
      refuse(`cache.${name}`, 'a number of milliseconds, at least 0', ms);
  }
  if (cache.key !== undefined && typeof cache.key !== 'function')
    refuse('cache.key', 'a function of the arguments', cache.key);
  if (cache.key !== undefined && cache.ignore !== undefined)
    refuse('cache.ignore', "left out where 'cache.key' is given, which says what counts", cache.ignore);
}

/** The names of arguments that hints about remembering give. */
export function namesInCacheHints(cache: boolean | CacheHints | undefined): readonly string[] {
  if (typeof cache !== 'object') return [];
  const { ignore = [], require = [], files = [] } = cache;
  return [...ignore, ...require, ...files].map(argumentOf);
}
