/**
 * What a server tells of runs and pipelines, as JSON: the sums, while calls are told in frames.
 */

import type { PipelineSnapshot } from './pipeline-watch.ts';
import type { RunSnapshot } from './snapshot.ts';
import type { TaskSnapshot } from './task-progress.ts';

/** A run as it is told in JSON. Of calls there are numbers only. */
export interface RunState {
  readonly run: number;
  readonly executor: string;
  /** `undefined` without a bound. */
  readonly slots: number | undefined;
  readonly startedAtMs: number;
  readonly settledAtMs: number | undefined;
  readonly is: RunSnapshot['is'];
  readonly failure: RunSnapshot['failure'];
  readonly all: TaskSnapshot;
  readonly tasks: readonly TaskSnapshot[];
  /** How many calls there are rows of, heddle's own among them. */
  readonly calls: number;
  /** How many calls there are no rows of, as they are too many. */
  readonly dropped: number;
}

/** What has changed after a version. */
export interface WatchedState {
  /** Differs between programs. */
  readonly instance: string;
  readonly version: number;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** How the program was started. */
  readonly command: string | undefined;
  /** All that are still known: others are to be forgotten. */
  readonly known: readonly number[];
  readonly runs: readonly RunState[];
  readonly pipelines: readonly PipelineSnapshot[];
}
