/**
 * The messages between a host and a worker. Plain data: they pass every transport as they are.
 */

import type { CodecsModule } from '../codec/codecs.ts';
import type { SourceManifest } from '../sources/source-manifest.ts';
import type { FailureReason } from '../task/outcome.ts';
import type { TaskModule } from '../task/task-core.ts';

/** From the host to a worker. */
export type HostMessage = SettingsMessage | StateMessage | BatchMessage | AbortMessage | StopMessage;

/** What a worker does besides running calls, as data. */
export interface WorkerSetup {
  readonly init: TaskModule | undefined;
  readonly finish: TaskModule | undefined;
  /** Where each call gets a directory of its own to run in. */
  readonly jobDirs: string | undefined;
}

/** Where large data is that does not travel in messages. */
export interface WorkerReferenceOptions {
  readonly folder: string;
  /** From how many bytes on memory goes there. */
  readonly leastBytes: number;
}

/** How to work, before all else; as long as it has not come, without. */
export interface SettingsMessage extends WorkerSetup {
  readonly kind: 'settings';
  /** Whether answers tell how much memory the worker takes. */
  readonly tellsMemory: boolean;
  /** Where codecs are found, without which values cannot be read. */
  readonly codecs: readonly CodecsModule[];
  /** `undefined` if all data travels in messages. */
  readonly references?: WorkerReferenceOptions | undefined;
}

/** Build the state of this worker, before all calls. */
export interface StateMessage {
  readonly kind: 'state';
  /** Where the class is found. */
  readonly module: TaskModule;
  /** The constructor's arguments. */
  readonly args: unknown;
  readonly isPacked: boolean;
}

/** Nobody waits for a running call any more. */
export interface AbortMessage {
  readonly kind: 'abort';
  readonly call: number;
}

/** End by yourself, so that what was printed arrives. */
export interface StopMessage {
  readonly kind: 'stop';
}

/** Run calls of one task, in order. */
export interface BatchMessage {
  readonly kind: 'batch';
  /** The number of the first call; the others follow. Numbers go up by one with each call sent to the worker. */
  readonly first: number;
  /** The task, by a number of this worker. */
  readonly task: number;
  /** Where the task is found, when the number is used for the first time. */
  readonly module: TaskModule | undefined;
  /** What the calls are applied to: lists of arguments, or single arguments. */
  readonly inputs: readonly unknown[];
  /** Whether each input is a single argument. */
  readonly isSingle: boolean;
  /** Whether the inputs must be unpacked. */
  readonly isPacked: boolean;
  /** Whether answers tell when each call ran. */
  readonly isTimed?: true;
  /** How many threads each call holds, where any does: what it starts has those. */
  readonly held?: readonly (number | undefined)[];
  /**
   * What the module of the task is made of where the host is, told with `module`: a worker that would import other source
   * refuses to. `undefined` where both read the same files.
   */
  readonly sources?: SourceManifest | undefined;
}

/** From a worker to its transport. */
export type SentMessage = WorkerMessage | RelayedMessage;

/** From a worker to the host. */
export type WorkerMessage =
  | ReadyMessage
  | LoadingMessage
  | LoadedMessage
  | StateFailedMessage
  | ToldMessage
  | OutcomesMessage
  | RetiringMessage;

/** The worker begins to import the module of a task, or to build its state if there is no task. */
export interface LoadingMessage {
  readonly kind: 'loading';
  /** The task, by its number. */
  readonly task: number | undefined;
}

/** The worker is done with that: for each task once, before its first call begins. */
export interface LoadedMessage {
  readonly kind: 'loaded';
  readonly task: number | undefined;
}

/** A call that runs has told something. */
export interface ToldMessage {
  readonly kind: 'told';
  readonly call: number;
  /** A `CallEvent`. */
  readonly event: unknown;
  readonly isPacked: boolean;
}

/** Something is to be shown on the host, such as a bar. It is none of a pool's business: see `relaying.ts`. */
export interface RelayedMessage {
  readonly kind: 'relayed';
  /** Plain. What it is, only those know who show it. */
  readonly data: unknown;
}

/**
 * The place of the worker ends soon, such as a job of a cluster by its time limit: it should be sent no more. Its
 * transport tells this, never the worker.
 */
export interface RetiringMessage {
  readonly kind: 'retiring';
}

/** The state could not be built: this worker will run nothing. */
export interface StateFailedMessage {
  readonly kind: 'state-failed';
  /** What was thrown. */
  readonly error: unknown;
  readonly isPacked: boolean;
}

/** The worker listens. Its first message. */
export interface ReadyMessage {
  readonly kind: 'ready';
}

/** How calls ended, in the order in which they were sent. */
export interface OutcomesMessage {
  readonly kind: 'outcomes';
  /** A value for each call, or what it failed with; `undefined` for one that was left out. */
  readonly values: readonly unknown[];
  /** Which of them failed, and why: pairs of a position and a reason. `undefined` if none did. */
  readonly failures: readonly (readonly [position: number, reason: FailureReason])[] | undefined;
  /** Which of them the worker has left out, as the host seemed to have taken them back; `undefined` if none. */
  readonly skipped: readonly number[] | undefined;
  readonly isPacked: boolean;
  /** Whether something in the values is by reference. */
  readonly hasReferences?: boolean;
  /** Microseconds a call, on average, since the last message. */
  readonly meanUs: number;
  /**
   * When each call ran, if that was asked for: two numbers for each, how many milliseconds before this message it began,
   * and how long it took.
   */
  readonly times?: readonly number[];
  /** How much memory the worker takes, if that was asked for. */
  readonly memoryBytes?: number;
}
