/**
 * Making calls: of tasks, of members and of methods.
 */

import { siteAbove } from '../base/site.ts';
import { takeArguments } from './argument.ts';
import { Call } from './call.ts';
import { handleOf, type MemberCalls } from './delayed.ts';
import { applyCore, invokeCore, readCore } from './member.ts';
import type { TaskCore } from './task-core.ts';
import type { Delayed } from './types.ts';

type AnyFunction = (...args: never[]) => unknown;

/** Makes a call of a task. @internal */
export function callOfTask(core: TaskCore, given: readonly unknown[], below: AnyFunction): Call {
  const { args, needs, quotes } = takeArguments(core, given);
  return new Call(core, args, needs, quotes, core.hints, siteAbove(below));
}

/** What reading a member of a delayed value, and calling one, means. */
const memberCalls: MemberCalls = {
  read(owner, key, below) {
    return new Call(readCore, [owner, key], [owner], undefined, readCore.hints, siteAbove(below));
  },
  invoke(called, args, below) {
    // A method is called on its owner: one call, not one that reads it and another that calls it.
    const isMethod = called.task === readCore;
    const [owner, key] = isMethod ? (called.args as [Call, string]) : [called, undefined];
    const ownerHandle = toHandle(owner);
    return isMethod
      ? callOfTask(invokeCore, [ownerHandle, key, ...args], below)
      : callOfTask(applyCore, [ownerHandle, ...args], below);
  },
};

/** The handle on a call. @internal */
export function toHandle(call: Call): Delayed<unknown> {
  return handleOf(call, memberCalls);
}

/** Makes a call of a task, and gives the handle on it. @internal */
export function buildCall(core: TaskCore, given: readonly unknown[], below: AnyFunction): Delayed<unknown> {
  return handleOf(callOfTask(core, given, below), memberCalls);
}
