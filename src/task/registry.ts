/**
 * The tasks of this process, by module and name, so that a worker finds those of the module that it
 * imported. The one piece of state that belongs to no object: tasks are defined by importing modules,
 * and a module is imported once for the whole process.
 */

import type { TaskCore } from './task-core.ts';

/** Shared by all copies of the library in this process. */
const registryKey = Symbol.for('heddle.tasks');

type Registry = Map<string, Map<string, TaskCore>>;

function registry(): Registry {
  const holder = globalThis as { [registryKey]?: Registry };
  holder[registryKey] ??= new Map();
  return holder[registryKey];
}

/**
 * Registers tasks under their module and names: all or none.
 *
 * @throws {TypeError} If the module has another task of one of the names.
 */
export function registerTasks(url: string, cores: ReadonlyMap<string, TaskCore>): void {
  const named = registry().get(url) ?? new Map<string, TaskCore>();
  for (const name of cores.keys()) {
    if (!named.has(name)) continue;
    throw new TypeError(
      `Cannot define task '${name}' as the module ${url} has one of that name already\n` +
        '  define tasks once, at the top level of a module: not inside a function or a loop',
    );
  }
  for (const [name, core] of cores) named.set(name, core);
  registry().set(url, named);
}

/** In the place of a module's URL for heddle's own tasks. */
const builtinUrl = 'heddle:builtin';

/** Registers one of heddle's own tasks; that of the first copy of the library serves all copies. */
export function registerBuiltin(core: TaskCore): void {
  let named = registry().get(builtinUrl);
  if (named === undefined) registry().set(builtinUrl, (named = new Map()));
  if (!named.has(core.name)) named.set(core.name, core);
}

/** Finds one of heddle's own tasks. */
export function findBuiltin(name: string): TaskCore | undefined {
  return registry().get(builtinUrl)?.get(name);
}

/** Finds a task that the given module has defined. */
export function findTask(url: string, name: string): TaskCore | undefined {
  return registry().get(url)?.get(name);
}

/** The names of the tasks that a module has defined so far. */
export function taskNamesOf(url: string): readonly string[] {
  return [...(registry().get(url)?.keys() ?? [])];
}
