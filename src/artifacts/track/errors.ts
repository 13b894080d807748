/**
 * What can go wrong with files of projects and repositories, by whom it blames.
 *
 * Each class has a stable `code`, as all errors of heddle. What the file system or a handler said is the `cause`.
 */

import { HeddleError } from '../../base/errors.ts';

/** You changed what was opened to be read, or an experiment that is kept as it is. Open it in another mode. */
export class ReadOnlyError extends HeddleError {
  override readonly name: string = 'ReadOnlyError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_READ_ONLY', message, options);
  }
}

/** A project or a repository could not be saved. What was in its files before is still there. */
export class SaveError extends HeddleError {
  override readonly name: string = 'SaveError';
  /** What two writers changed in different ways, as ways into the file; empty if the saving failed otherwise. */
  readonly conflicts: readonly string[];
  constructor(message: string, options?: ErrorOptions & { readonly conflicts?: readonly string[] }) {
    super('HEDDLE_SAVE_FAILED', message, options);
    this.conflicts = options?.conflicts ?? [];
  }
}

/** A file of a project or a repository is not there, cannot be read, or is not what it should be. */
export class UnreadableFileError extends HeddleError {
  override readonly name: string = 'UnreadableFileError';
  /** The file. */
  readonly path: string;
  constructor(path: string, message: string, options?: ErrorOptions) {
    super('HEDDLE_FILE_UNREADABLE', message, options);
    this.path = path;
  }
}

/** An artifact could not be logged or loaded: see the two classes below it. */
export class ArtifactError extends HeddleError {
  override readonly name: string = 'ArtifactError';
}

/** An artifact could not be logged. */
export class ArtifactLogError extends ArtifactError {
  override readonly name: string = 'ArtifactLogError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_ARTIFACT_NOT_LOGGED', message, options);
  }
}

/** An artifact is not there, or could not be loaded. */
export class ArtifactLoadError extends ArtifactError {
  override readonly name: string = 'ArtifactLoadError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_ARTIFACT_NOT_LOADED', message, options);
  }
}

/** No experiment has this slug. */
export class ExperimentNotFoundError extends HeddleError {
  override readonly name: string = 'ExperimentNotFoundError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_EXPERIMENT_NOT_FOUND', message, options);
  }
}

/** No version of an artifact, or no release, is the one that was asked for. */
export class VersionNotFoundError extends HeddleError {
  override readonly name: string = 'VersionNotFoundError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_VERSION_NOT_FOUND', message, options);
  }
}

/** What was asked for is not written as versions are. */
export class InvalidVersionError extends HeddleError {
  override readonly name: string = 'InvalidVersionError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_INVALID_VERSION', message, options);
  }
}

/** You asked for what needs files, of something that is not saved yet. Save it before. */
export class UnsavedError extends HeddleError {
  override readonly name: string = 'UnsavedError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_UNSAVED', message, options);
  }
}
