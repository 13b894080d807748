/**
 * `heddle/artifacts`: tracked artifacts, calls that take them, and the threads that calls share.
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
export { CadetStateError } from './artifacts/cadet/cadet-error.ts';
export type { ArtifactLog, CadetOptions, CadetThreadOptions } from './artifacts/cadet/cadet-options.ts';
export { type CadetState, CadetThread, type JoinOptions } from './artifacts/cadet/cadet-thread.ts';
export { artifact, literal } from './artifacts/markers.ts';
export type { ArtifactSource, ArtifactSourceLike } from './artifacts/source.ts';
