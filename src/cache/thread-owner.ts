/**
 * Owners of claims, and whether their threads are alive.
 *
 * A thread may be terminated while its process goes on. Only Linux tells of one by a number, in `/proc`; elsewhere a claim of
 * a thread that is gone holds until it is over.
 */

import { randomSerial } from '../base/random.ts';

/** A name for one who claims, unique among all of all processes. */
export function newOwner(): string {
  const thread = numberOfThread();
  const place = thread === undefined || thread === process.pid ? '' : `-t${thread}`;
  return `${process.pid}-${randomSerial().toString(36)}${place}`;
}

/** The number that the system has for the thread of an owner; `undefined` if that is the main one, or is not known. */
export function threadIn(owner: string): number | undefined {
  const number = /-t(\d+)$/.exec(owner)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** Whether a process that can be looked into has no thread of that number. */
export function isThreadGone(pid: number, thread: number): boolean {
  const { existsSync } = process.getBuiltinModule('node:fs');
  return existsSync(`/proc/${pid}/task`) && !existsSync(`/proc/${pid}/task/${thread}`);
}

/** Whether a process has ended, and is listed only since whoever started it has not asked what became of it. */
export function isUnreaped(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const text = process.getBuiltinModule('node:fs').readFileSync(`/proc/${pid}/stat`, 'utf8');
    // As `71 (name) Z 1 …`, where the name may hold anything.
    return text.slice(text.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return false;
  }
}

function numberOfThread(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    // As 71/task/75.
    const text = process.getBuiltinModule('node:fs').readlinkSync('/proc/thread-self');
    const [pid, , thread] = text.split('/').map(Number);
    return pid === process.pid && Number.isInteger(thread) ? thread : undefined;
  } catch {
    return undefined;
  }
}
