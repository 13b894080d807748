/**
 * One call that is remembered: looked up, or computed by a function that is given, and kept.
 *
 * What memoized functions, bound tasks and cached executors have in common. Leaves to them what is called and where it is
 * computed, and to the engine what is found.
 */

import { isPromiseLike } from '../base/promise-like.ts';
import { findInside } from '../codec/find.ts';
import { holdsFunction } from '../codec/holds-function.ts';
import { isPlainTree } from '../codec/plain-tree.ts';
import { isDelayed } from '../task/delayed.ts';
import type { Hints } from '../task/hints.ts';
import type { TaskCore } from '../task/task-core.ts';
import type { Cache } from './cache.ts';
import type { Caller, Entered, KeyedCall } from './call-cache.ts';
import { NotKeyed } from './call-key.ts';
import { Computing } from './computing.ts';
import { isInsideCall, type Surroundings, surroundings, withSurroundings } from './surroundings.ts';
import type { Ticket } from './ticket.ts';

/** A call, and where it is remembered. */
export interface CallToRemember {
  readonly cache: Cache;
  readonly core: TaskCore;
  readonly hints: Hints;
  readonly args: readonly unknown[];
}

/** Computes a call that is not remembered. */
export interface ToCompute {
  /** Gives the value, or a promise of it. It is asked where the surroundings are those of the call. */
  compute(): unknown;
  /** Whether the task itself threw the error: only then do equal calls fail with it, too. */
  isOwn?(error: unknown): boolean;
  /** Whether it may have to wait for room in this thread, before the task is called. */
  readonly mayStand?: boolean;
}

/** So many equal calls may wait for each other. Arbitrary: more than a function makes that has an end. */
const mostRepeated = 1000;

/** Who looks, and computes nothing. */
const onlooker: Caller = { owner: {}, run: undefined, metadata: [] };

/** Gives the digest of a call, by which it is looked up; or why it has none. */
export function keyedCall({ cache, core, hints, args }: CallToRemember): KeyedCall | NotKeyed {
  const key = cache.engine.keyOf(core, hints, args);
  return key instanceof NotKeyed ? key : { key, core, hints, caller: onlooker };
}

/**
 * Gives the value of a call: what is remembered, or what is computed, which is then remembered.
 *
 * Equal calls in flight are computed once. What cannot be remembered is told to the cache's `onTrouble`, and computed.
 */
export function callRemembered(
  call: CallToRemember,
  { compute, isOwn, mayStand }: ToCompute,
): Promise<unknown> {
  const around = surroundings();
  const { cache, core, hints } = call;
  const keyed = keyedCall(call);
  if (keyed instanceof NotKeyed) {
    if (findDelayed(call.args)) return Promise.reject(delayedArgument(core));
    cache.engine.parts.trouble(`remember the result of task '${core.name}'`, keyed);
    return promised(() => withSurroundings({ cache }, compute));
  }
  const { key } = keyed;
  const computing = new Computing(key.digest, around.computing);
  const caller: Caller = {
    owner: computing,
    run: undefined,
    metadata:
      around.metadata.length === 0 ? cache.metadata : [...new Set([...cache.metadata, ...around.metadata])],
    waitsFor: (computedBy) => computing.isWaitedForBy(computedBy),
    ...(isInsideCall(around) ? { isInside: () => true } : {}),
    isUnseen: mayStand === true,
    isForced: around.rerun?.forces(key.digest) === true,
  };
  const here = { cache, computing, rerun: around.rerun };
  const toCompute = isOwn === undefined ? { compute } : { compute, isOwn };
  const goOn = (entered: Entered): unknown => {
    if (entered.is === 'success') return entered.value;
    if (entered.is === 'failure') return Promise.reject(entered.failure.error);
    if (entered.is === 'unknown') return computeAgain(core, here, compute);
    return computeFor(entered.ticket, here, toCompute);
  };
  const entered = cache.engine.enter({ key, core, hints, caller });
  const ended = isPromiseLike(entered) ? (entered as Promise<Entered>).then(goOn) : goOn(entered as Entered);
  const over = (): void => computing.end();
  if (!isPromiseLike(ended)) over();
  else ended.then(over, over);
  return Promise.resolve(ended);
}

type Here = Pick<Surroundings, 'cache' | 'rerun'> & { readonly computing: Computing };

/** Computes a call, and says what came of it. */
function computeFor(
  ticket: Ticket,
  here: Here,
  { compute, isOwn = () => true }: ToCompute,
): Promise<unknown> {
  const fail = (error: unknown): never => {
    if (isOwn(error)) ticket.fail({ reason: 'threw', error });
    // What happened on the way to where it is computed is no result: whoever waits for the same tries it now.
    else ticket.abandon();
    throw error;
  };
  const succeed = (value: unknown): unknown => {
    if (findDelayed(value)) return fail(delayedResult(ticket.task));
    here.rerun?.computed(ticket.key);
    ticket.succeed(value);
    return value;
  };
  return promised(() => {
    let value: unknown;
    try {
      value = withSurroundings(here, compute);
    } catch (error) {
      return fail(error);
    }
    return isPromiseLike(value) ? value.then(succeed, fail) : succeed(value);
  });
}

/** Computes a call that cannot wait for an equal one, since that waits for it. */
function computeAgain({ name }: TaskCore, here: Here, compute: () => unknown): Promise<unknown> {
  if (here.computing.countRepeated() < mostRepeated) return promised(() => withSurroundings(here, compute));
  return Promise.reject(
    new RangeError(
      `Cannot compute a call of '${name}' as it calls itself with equal arguments without end: received ${mostRepeated} calls, each of which waits for the next`,
    ),
  );
}

/** Does something. What it throws, the promise rejects with. */
function promised(act: () => unknown): Promise<unknown> {
  try {
    return Promise.resolve(act());
  } catch (error) {
    return Promise.reject(error);
  }
}

function findDelayed(value: unknown): boolean {
  return !isPlainTree(value) && holdsFunction(value) && findInside(value, isDelayed) !== undefined;
}

function delayedResult(name: string): TypeError {
  return new TypeError(
    `Cannot remember a call of '${name}' as it returned a delayed value, which only a run goes into\n` +
      `  give the run the cache: run(${name}(…), { cache })`,
  );
}

function delayedArgument({ name }: TaskCore): TypeError {
  return new TypeError(
    `Cannot call '${name}' as an argument is delayed\n  run it first, or give the run the cache: run(${name}(…), { cache })`,
  );
}
