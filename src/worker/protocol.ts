/**
 * The messages between a host and a worker. Plain data: they pass every transport as they are.
 */

import type { Packed } from '../codec/pack.ts';
import type { FailureReason } from '../task/outcome.ts';

/** From the host to a worker. */
export type HostMessage = CallMessage;

/** Run a call. */
export interface CallMessage {
  readonly kind: 'call';
  /** Unique among the calls of a worker. */
  readonly ticket: number;
  /** `import.meta.url` of the module that defines the task. */
  readonly url: string;
  /** The task's key in its block. */
  readonly name: string;
  readonly args: Packed;
}

/** From a worker to the host. */
export type WorkerMessage = ReadyMessage | OutcomeMessage;

/** The worker listens. Its first message. */
export interface ReadyMessage {
  readonly kind: 'ready';
}

/** How a call ended. */
export interface OutcomeMessage {
  readonly kind: 'outcome';
  readonly ticket: number;
  /** `undefined` if the call gave a value. */
  readonly reason: FailureReason | undefined;
  /** The value, or what was thrown. */
  readonly value: Packed;
}
