/**
 * `heddle/artifacts`: tracked artifacts, calls that take them, and the threads that calls share.
 */

export type { TakeOptions, ThreadShare } from './allocation/hold-threads.ts';
export { type ThreadAllocation, threadAllocation } from './allocation/thread-allocation.ts';
export { withThreads } from './allocation/with-threads.ts';
