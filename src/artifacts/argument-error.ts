/**
 * What an artifact that was to be an argument fails with.
 */

import { HeddleError } from '../base/errors.ts';
import { thrownText } from '../task/failure.ts';

/** An artifact could not be loaded that was to be an argument. What its source threw is the `cause`. */
export class ArtifactArgumentError extends HeddleError {
  override readonly name: string = 'ArtifactArgumentError';
  /** The name of the artifact. */
  readonly artifact: string;

  /** @param where - which argument of what, for the message: `argument 'features' of cadet 'report'` */
  constructor(artifact: string, where: string, why: string, options?: ErrorOptions) {
    super('HEDDLE_ARTIFACT_ARGUMENT', `Cannot load artifact '${artifact}' for ${where} as ${why}`, options);
    this.artifact = artifact;
  }
}

/**
 * Loads an artifact, or tells for which argument it could not be.
 *
 * @throws {ArtifactArgumentError}
 */
export async function loadFor(
  artifact: string,
  where: string,
  load: (name: string) => unknown,
): Promise<unknown> {
  try {
    return await load(artifact);
  } catch (cause) {
    throw new ArtifactArgumentError(artifact, where, `its source fails: ${thrownText(cause)}`, { cause });
  }
}
