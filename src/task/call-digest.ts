/**
 * The digests of calls, for tasks, which know nothing of what they are made for.
 *
 * Whoever remembers calls says how their digests are made.
 */

import { InternalError } from '../base/errors.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import type { TaskCore } from './task-core.ts';

/** Gives the digest of a call. */
export type CallDigests = (core: TaskCore, args: readonly unknown[]) => Promise<Digest>;

/** Shared by all copies of the library in this process. */
const key = Symbol.for('heddle.call-digests');

interface Holder {
  [key]?: CallDigests;
}

/** Says how the digests of calls are made. What came first stays. */
export function setCallDigests(digests: CallDigests): void {
  (globalThis as Holder)[key] ??= digests;
}

/** Gives the digest of a call. */
export function digestOfCall(core: TaskCore, args: readonly unknown[]): ReturnType<CallDigests> {
  const digests = (globalThis as Holder)[key];
  if (digests === undefined) throw new InternalError('nobody says how digests of calls are made');
  return digests(core, args);
}
