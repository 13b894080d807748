/**
 * How a host and one worker exchange messages.
 */

import type { Movable } from '../codec/moved.ts';
import type { HostClaims } from './claims.ts';
import type { HostMessage, WorkerMessage } from './protocol.ts';

/** A started worker, seen from the host. */
export interface Transport {
  /**
   * Sends a message. Messages arrive in order; those sent before the worker listens are kept for it.
   *
   * @param moves - what of the message is moved, where that is possible
   * @throws {DOMException} If the message cannot be cloned. Then nothing was sent.
   */
  post(message: HostMessage, moves?: readonly Movable[]): void;
  /** Says whether the worker keeps this process alive. A fresh one does. */
  keepAlive(doesKeep: boolean): void;
  /** Ends the worker at once, whatever it does. Settles when it is gone. */
  terminate(): Promise<void>;
}

/** How a worker ended. */
export interface Ending {
  readonly exitCode: number | undefined;
  /** The signal that ended it, such as `SIGKILL`, if one did. */
  readonly signal?: string | undefined;
  /** What it did not catch, or why it could not be started. */
  readonly error: unknown;
  /** Where it was, for people, if it was not on this machine: `node n1, job 12_3`. */
  readonly place?: string | undefined;
}

/** Told what comes from a worker. */
export interface TransportListener<Message = WorkerMessage> {
  message(message: Message): void;
  /** The worker is gone. Once, and after all messages that it sent. */
  ended(ending: Ending): void;
}

/** Starts workers of one kind. */
export interface TransportFactory {
  /** The kind, for displays and messages. */
  readonly name: string;
  /**
   * Whether workers may take hours to start, as jobs of a cluster do: nothing is sent to one before it listens, but what
   * it is to work with; there is no limit for its start; and one that nobody needs any more need not be waited for.
   */
  readonly startsLate?: true;
  /** @throws {Error} If the worker cannot even be started, such as for options that there are not. */
  start(listener: TransportListener): Started;
}

/** A worker that was started. */
export interface Started {
  readonly transport: Transport;
  /** What says who may run a call; `undefined` if nothing can be shared with the worker. */
  readonly claims: HostClaims | undefined;
  /** Where it is, for people: `pid 4711`. */
  readonly place?: string;
}
