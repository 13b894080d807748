/**
 * A working directory for each call, for programs that leave files where they run.
 */

import { makeFolders } from '../../base/make-folders.ts';
import { isPromiseLike } from '../../base/promise-like.ts';

type Run = (...args: never[]) => unknown;

/**
 * Makes a function that is run in a fresh directory, which is gone when it has given a value. When it has failed, the
 * directory stays, and an error has its path as `jobDir`. One such function runs at a time.
 *
 * @param root - where the directories are made; it is made if it is not there
 */
export function inJobDir(root: string, name: string, run: Run): Run {
  const { mkdtempSync, rmSync } = process.getBuiltinModule('node:fs');
  const { join } = process.getBuiltinModule('node:path');
  return (...args) => {
    const home = process.cwd();
    makeFolders(root);
    const dir = mkdtempSync(join(root, `${name.replaceAll(/[^\w.-]/g, '_')}-`));
    process.chdir(dir);
    const succeed = (value: unknown): unknown => {
      process.chdir(home);
      rmSync(dir, { recursive: true, force: true });
      return value;
    };
    const fail = (error: unknown): never => {
      process.chdir(home);
      if (error instanceof Error && Object.isExtensible(error)) Object.assign(error, { jobDir: dir });
      throw error;
    };
    let result: unknown;
    try {
      result = run(...args);
    } catch (error) {
      return fail(error);
    }
    return isPromiseLike(result) ? Promise.resolve(result).then(succeed, fail) : succeed(result);
  };
}
