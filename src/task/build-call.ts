/**
 * Making calls: of tasks, of members and of methods.
 */

import type { Site } from '../base/site.ts';
import { takeArguments } from './argument.ts';
import { Call } from './call.ts';
import { handleOf, type MemberCalls } from './delayed.ts';
import { applyCore, invokeCore, readCore } from './member.ts';
import type { TaskCore } from './task-core.ts';
import type { Delayed } from './types.ts';

/**
 * Makes a call of a task.
 *
 * @param site - where the call is made. Whoever is called by the user takes it, with `siteAbove` of itself:
 *   each function between it and the user's costs 0.15 µs
 * @internal
 */
export function callOfTask(core: TaskCore, given: readonly unknown[], site: Site | undefined): Call {
  const { args, needs, quotes } = takeArguments(core, given);
  return new Call(core, args, needs, quotes, core.hints, site);
}

/** What reading a member of a delayed value, and calling one, means. */
const memberCalls: MemberCalls = {
  read(owner, key, site) {
    return new Call(readCore, [owner, key], [owner], undefined, readCore.hints, site);
  },
  invoke(called, args, site) {
    // A method is called on its owner: one call, not one that reads it and another that calls it.
    const isMethod = called.task === readCore;
    const [owner, key] = isMethod ? (called.args as [Call, string]) : [called, undefined];
    const ownerHandle = toHandle(owner);
    return isMethod
      ? callOfTask(invokeCore, [ownerHandle, key, ...args], site)
      : callOfTask(applyCore, [ownerHandle, ...args], site);
  },
};

/** The handle on a call. @internal */
export function toHandle(call: Call): Delayed<unknown> {
  return handleOf(call, memberCalls);
}

/** Makes a call of a task, and gives the handle on it. @internal */
export function buildCall(
  core: TaskCore,
  given: readonly unknown[],
  site: Site | undefined,
): Delayed<unknown> {
  return handleOf(callOfTask(core, given, site), memberCalls);
}
