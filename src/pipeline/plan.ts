/**
 * Where the stages of a pipeline run, as data for people.
 */

import type { Segment } from './segments.ts';

/** Where one stage runs. */
export interface PlannedStage {
  readonly name: string;
  /** `'workers'`: on those that stages share. `'own-worker'`: on one for itself in each run. `'here'`: in this thread. */
  readonly where: 'workers' | 'own-worker' | 'here';
  /** The name of the executor, if it runs on one. */
  readonly executor: string | undefined;
  /** How many workers may run it at once; in this thread, 0. */
  readonly workers: number;
  /** Stages with the same number run together: between them items cross nothing. From 0. */
  readonly segment: number;
  /** As for `stage()`. */
  readonly stateful: boolean | number;
  /** How many items travel together. In this thread, `undefined`. */
  readonly batchSize: number | 'learned' | undefined;
}

/** Where the stages of a pipeline run. */
export interface PipelinePlan {
  /** How many workers the stages without a state share; 0 if there are no such stages. */
  readonly sharedWorkers: number;
  /** How many workers each run has besides: one for each stage with a state. */
  readonly ownWorkers: number;
  readonly stages: readonly PlannedStage[];
}

/** @param workers - that are shared */
export function planOf(
  segments: readonly Segment[],
  workers: number,
  executor: string | undefined,
): PipelinePlan {
  const isSharing = segments.some(({ place }) => place === 'workers');
  return {
    sharedWorkers: isSharing ? workers : 0,
    ownWorkers: segments.filter(({ place }) => place === 'own-worker').length,
    stages: segments.flatMap(({ place, stages, batchSize }, segment) =>
      stages.map(({ name, options }) => ({
        name,
        where: place,
        executor: place === 'workers' ? executor : undefined,
        workers: place === 'workers' ? workers : place === 'own-worker' ? 1 : 0,
        segment,
        stateful: options.stateful ?? false,
        batchSize: place === 'here' ? undefined : (batchSize ?? 'learned'),
      })),
    ),
  };
}
