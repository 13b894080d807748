/**
 * What keeps a pipeline from being faster: a stage, its inputs, or whoever reads its results.
 */

import type { StageFact } from '../events/pipeline-event.ts';

/** What all else waits for. `stage` is an index. */
export type Bottleneck =
  | { readonly is: 'stage'; readonly stage: number }
  | { readonly is: 'inputs' }
  | { readonly is: 'results' };

/** Shares of some time, from 0 to 1; of stages with several workers, up to their number. */
export interface Shares {
  readonly stages: readonly number[];
  /** Inputs were waited for. */
  readonly inputs: number;
  /** Results were there, and nobody asked for more. */
  readonly results: number;
}

/** Workers that are busy less than this are not what all waits for (arbitrary: heddle's own work takes a part, too). */
const leastBusy = 0.7;
/** Who makes everybody wait less than this is not either (arbitrary). */
const leastWaiting = 0.5;

/**
 * Finds it: the busiest workers' busiest stage if they are hardly ever idle; else whoever is waited for outside.
 *
 * @returns `undefined` if nothing stands out
 */
export function bottleneckOf(stages: readonly StageFact[], shares: Shares): Bottleneck | undefined {
  let busiest = 0;
  let found: number | undefined;
  for (const [index, { where, workers }] of stages.entries()) {
    // Stages that share workers, or this thread, keep each other waiting.
    const together = stages.reduce(
      (sum, other, at) =>
        at === index || (where !== 'own-worker' && other.where === where)
          ? sum + (shares.stages[at] as number)
          : sum,
      0,
    );
    const load = together / workers;
    const isBusier =
      load > busiest ||
      (load === busiest &&
        found !== undefined &&
        (shares.stages[index] as number) > (shares.stages[found] as number));
    if (!isBusier) continue;
    busiest = load;
    found = index;
  }
  if (found !== undefined && busiest >= leastBusy) return { is: 'stage', stage: found };
  if (Math.max(shares.inputs, shares.results) < leastWaiting) return undefined;
  return { is: shares.inputs > shares.results ? 'inputs' : 'results' };
}
