/**
 * Where artifacts of experiments are promoted to: what a repository is for an experiment.
 */

import type { ArtifactEntry, ArtifactMetadata } from './artifact-entry.ts';
import type { ArtifactPlace } from './artifact-files.ts';

/** Takes artifacts of experiments: a `Repository`. */
export interface PromotionTarget {
  /** @internal */
  adopt(entry: ArtifactEntry, place: ArtifactPlace): Promise<ArtifactMetadata>;
}
