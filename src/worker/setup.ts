/**
 * What workers do besides running calls: the options, and the same as it travels.
 */

import { inspectShort } from '../base/inspect-short.ts';
import type { Task } from '../task/task.ts';
import { coreOf } from '../task/task-brand.ts';
import type { TaskModule } from '../task/task-core.ts';
import { EntryModule } from './entry-module.ts';
import type { WorkerSetup } from './protocol.ts';

/** What a worker does before its first call and after its last one. */
export interface SetupOptions {
  /**
   * A task that each worker runs once, before all calls: to open what they need, or to set what they read. If it
   * throws, no call can be run, and all fail with what it threw.
   */
  readonly init?: Task<[], unknown>;
  /**
   * A task that each worker runs once, when it ends since it is not needed any more. A worker that is lost, or ended
   * in the midst of a call, does not run it; nor do those of a program that ends without disposing of them.
   */
  readonly finish?: Task<[], unknown>;
}

export const setupOptionNames: readonly string[] = ['init', 'finish'];

/**
 * @param verb - what is attempted, for the message: `open a pool`
 * @throws {TypeError} If they are no tasks that workers can find.
 */
export function setupOf(
  options: SetupOptions & { readonly jobDirs?: string },
  workers: 'threads' | 'processes',
  verb: string,
): WorkerSetup {
  const { jobDirs } = options;
  if (jobDirs !== undefined && (typeof jobDirs !== 'string' || jobDirs === '')) {
    throw new TypeError(`Cannot ${verb} as 'jobDirs' must be a path: received ${inspectShort(jobDirs)}`);
  }
  return {
    init: moduleOf('init', options.init, workers, verb),
    finish: moduleOf('finish', options.finish, workers, verb),
    jobDirs: jobDirs === undefined ? undefined : process.getBuiltinModule('node:path').resolve(jobDirs),
  };
}

function moduleOf(
  option: string,
  task: unknown,
  workers: 'threads' | 'processes',
  verb: string,
): TaskModule | undefined {
  if (task === undefined) return undefined;
  const core = coreOf(task);
  if (core?.module === undefined || core.stateful !== undefined) {
    throw new TypeError(
      `Cannot ${verb} as '${option}' must be a task that workers can find: received ${inspectShort(task)}\n` +
        '  define it in a module, with export const { … } = tasks(import.meta, { … })',
    );
  }
  const refusal = new EntryModule(workers).refusal(core.module.url, core.name);
  if (refusal !== undefined) throw new TypeError(refusal);
  return core.module;
}
