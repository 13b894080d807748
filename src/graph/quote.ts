/**
 * Graphs as values: passed on unrun, until somebody asks for them.
 */

import { toHandle } from '../task/build-call.ts';
import { Quoted } from '../task/call.ts';
import { callOf, isDelayed } from '../task/delayed.ts';
import type { Delayed, DelayedMark, Value } from '../task/types.ts';

/**
 * Hides a delayed value from the run: a task gets it as it is, unrun. Anything else is given back.
 *
 * A call that stands in the quoted graph and elsewhere in the same run is run once.
 *
 * @example
 * ```ts
 * import { delay, quote, run, task, unquote } from 'heddle';
 * import type { Quoted } from 'heddle';
 * const either = task((first: boolean, a: Quoted<string>, b: Quoted<string>) => unquote(first ? a : b));
 * assert.equal(await run(either(true, quote(delay('a')), quote(delay('never run')))), 'a');
 * ```
 */
export function quote<T>(value: T): T extends DelayedMark<infer Inner> ? Quoted<Inner> : T {
  return (isDelayed(value) ? new Quoted(callOf(value)) : value) as T extends DelayedMark<infer Inner>
    ? Quoted<Inner>
    : T;
}

/** Gives the delayed value that was quoted. Anything else is given back. */
export function unquote<T>(value: T): T extends Quoted<infer Inner> ? Delayed<Value<Inner>> : T {
  return (value instanceof Quoted ? toHandle(value.call) : value) as T extends Quoted<infer Inner>
    ? Delayed<Value<Inner>>
    : T;
}
