/**
 * The error that a pipeline throws when one of its stages does.
 */

import { HeddleError } from '../base/errors.ts';
import { inspectShort } from '../base/inspect-short.ts';

/** Which stage failed, for which item. */
export interface StageFailure {
  /** The index of the stage in its pipeline, from 0. */
  readonly stage: number;
  /** The name of the stage. */
  readonly name: string;
  /** The index of the item among those that the stage was given, from 0; of a window, that of its first item. */
  readonly item: number;
}

/** A stage of a pipeline has thrown. What it threw is the `cause`. */
export class StageFailedError extends HeddleError {
  override readonly name: string = 'StageFailedError';
  readonly stage: number;
  readonly stageName: string;
  readonly item: number;

  constructor({ stage, name, item }: StageFailure, cause: unknown) {
    const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : inspectShort(cause);
    super(
      'HEDDLE_STAGE_FAILED',
      `Cannot go on as stage ${stage} '${name}' failed for its item ${item}: received ${text}`,
      { cause },
    );
    this.stage = stage;
    this.stageName = name;
    this.item = item;
  }
}
