/**
 * Experiments and artifacts in files that Python's lazyscribe shares, calls that take them, and the threads that calls share.
 */

export type { TakeOptions, ThreadShare } from './allocation/hold-threads.ts';
export { type ThreadAllocation, threadAllocation } from './allocation/thread-allocation.ts';
export { withThreads } from './allocation/with-threads.ts';
export { ArtifactArgumentError } from './artifacts/argument-error.ts';
export {
  type Cadet,
  type CadetInput,
  type CadetInputs,
  type CadetOf,
  cadet,
} from './artifacts/cadet/cadet.ts';
export { CadetLogError, CadetStateError } from './artifacts/cadet/cadet-error.ts';
export type {
  ArtifactLog,
  CadetLogOptions,
  CadetOptions,
  CadetThreadOptions,
} from './artifacts/cadet/cadet-options.ts';
export { type CadetState, CadetThread, type JoinOptions } from './artifacts/cadet/cadet-thread.ts';
export type { ArtifactHandler, HandlerOptions } from './artifacts/handlers/handler.ts';
export { UnknownHandlerError } from './artifacts/handlers/handlers.ts';
export { artifact, literal } from './artifacts/markers.ts';
export type { ArtifactSource, ArtifactSourceLike } from './artifacts/source.ts';
export type { ArtifactMetadata } from './artifacts/track/artifact-entry.ts';
export type { LoadArtifactOptions } from './artifacts/track/artifact-files.ts';
export {
  ArtifactError,
  ArtifactLoadError,
  ArtifactLogError,
  ExperimentNotFoundError,
  InvalidVersionError,
  ReadOnlyError,
  SaveError,
  UnreadableFileError,
  UnsavedError,
  VersionNotFoundError,
} from './artifacts/track/errors.ts';
export type { Experiment } from './artifacts/track/experiment.ts';
export type { ExperimentTest } from './artifacts/track/experiment-test.ts';
export type {
  LogArtifactOptions,
  LogExperimentArtifactOptions,
  LogTestOptions,
  MetricValue,
} from './artifacts/track/log-options.ts';
export { minimalRepository } from './artifacts/track/minimal-repository.ts';
export { type PackageRelease, releaseFromPackage } from './artifacts/track/package-releases.ts';
export {
  type OpenProjectOptions,
  openProject,
  type Project,
  type ProjectMode,
} from './artifacts/track/project.ts';
export type { SaveProjectOptions } from './artifacts/track/project-save.ts';
export { ProjectRegistry } from './artifacts/track/registry.ts';
export {
  type CreateReleaseOptions,
  createRelease,
  findRelease,
  openReleases,
  parseReleases,
  printReleases,
  type Release,
  type ReleaseQuery,
  saveRelease,
} from './artifacts/track/release.ts';
export {
  type LoadVersionOptions,
  type LogVersionOptions,
  type OpenRepositoryOptions,
  openRepository,
  type Repository,
  type RepositoryMode,
  type SetExpiryOptions,
} from './artifacts/track/repository.ts';
export type { SaveRepositoryOptions } from './artifacts/track/repository-save.ts';
export type { VersionQuery } from './artifacts/track/version-query.ts';
