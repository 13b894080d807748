/**
 * Finding a task inside a worker: by importing the module that defines it.
 */

import type { Codecs, CodecsModule } from '../../codec/codecs.ts';
import { codecs, findCodecs } from '../../codec/codecs-registry.ts';
import { findTask, taskNamesOf } from '../../task/registry.ts';
import type { TaskCore } from '../../task/task-core.ts';
import { setImporting } from '../importing.ts';

/**
 * Gives the task of a module, which is imported unless it has been.
 *
 * @throws {Error} If the module cannot be imported, with the error as cause; if it has no such task.
 */
export async function loadTask(url: string, name: string): Promise<TaskCore> {
  const known = findTask(url, name);
  if (known !== undefined) return known;
  await importModule(url, `task '${name}'`);
  const found = findTask(url, name);
  if (found !== undefined) return found;
  const names = taskNamesOf(url);
  throw new TypeError(
    `Cannot find task '${name}' in a worker as the module ${url} does not define it when it is imported: ` +
      `received ${names.length === 0 ? 'no tasks' : names.map((other) => `'${other}'`).join(', ')}\n` +
      '  call tasks(import.meta, { … }) at the top level of the module, not inside a function or under a condition',
  );
}

/**
 * Gives the codecs of modules, which are imported unless they have been.
 *
 * @throws {Error} If a module cannot be imported, with the error as cause; if it has no such codecs.
 */
export async function loadCodecs(modules: readonly CodecsModule[]): Promise<Codecs> {
  let all = codecs();
  for (const module of modules) {
    if (findCodecs(module) === undefined) await importModule(module.url, `codecs '${module.name}'`);
    const found = findCodecs(module);
    if (found === undefined) {
      throw new TypeError(
        `Cannot find codecs '${module.name}' in a worker as the module ${module.url} does not define them when it is imported\n` +
          "  call codecs(import.meta, 'name') at the top level of the module",
      );
    }
    all = all.extend(found);
  }
  return all;
}

/** @param what - is wanted of the module, for the message */
async function importModule(url: string, what: string): Promise<void> {
  setImporting(url);
  try {
    await import(url);
  } catch (cause) {
    const reason = isMissing(url)
      ? `its module is not there: received ${url} on the machine '${hostname()}'\n  a worker elsewhere needs it at the same path`
      : `importing its module failed: ${textOf(cause)}`;
    throw new Error(`Cannot load ${what} in a worker as ${reason}`, { cause });
  } finally {
    setImporting(undefined);
  }
}

/** Not one that it imports. Where the worker is on another machine, that has perhaps never been there. */
function isMissing(url: string): boolean {
  if (!url.startsWith('file:')) return false;
  return !process.getBuiltinModule('node:fs').existsSync(new URL(url));
}

function hostname(): string {
  return process.getBuiltinModule('node:os').hostname();
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
