/**
 * For how long a call waits for an equal one that is computed elsewhere.
 *
 * Promises that nothing waits without end for what waits for it. Who is waited for by nobody may wait for as long as it
 * takes: it keeps nothing from going on. A call that is inside another one, which is being computed, may be what the other
 * waits for, in ways that nobody can see from here: the claimed call may stand in a line behind the very worker that asks,
 * or need, in its process, a call that is claimed here. So it waits for a while, and is computed then, a second time maybe:
 * that costs time, and changes no value. Rejected: to write down who waits for whom, for all processes. Lines of workers
 * would have to be written down, too.
 */

import { once } from '../base/once.ts';
import type { Claim } from './records.ts';
import { threadIn } from './thread-owner.ts';

export interface Patience {
  /** With whom most likely waits for the one who asks: whoever gave it the work. */
  readonly nearMs: number;
  /** With all others. */
  readonly farMs: number;
}

/** Arbitrary: a second is short for a person; half a minute is long beside most calls, which then are computed once. */
export const usualPatience: Patience = Object.freeze({ nearMs: 1000, farMs: 30_000 });

const hostName = once(() => process.getBuiltinModule('node:os').hostname());

/** For how long to wait for whoever has a claim, in milliseconds. */
export function patienceMs(
  { host, pid, owner }: Claim,
  isInside: boolean,
  { nearMs, farMs }: Patience = usualPatience,
): number {
  const isMainThread = threadIn(owner) === undefined;
  const isHere = host === hostName() && isMainThread;
  // A process waits for its children, as a rule.
  if (isHere && pid === process.ppid) return nearMs;
  if (!isInside) return Number.POSITIVE_INFINITY;
  return isHere && pid === process.pid ? nearMs : farMs;
}
