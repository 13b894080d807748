/**
 * A file or folder as a value: its path crosses to workers of the same machine, and what is in it counts where a cache asks
 * whether the value is the same as before.
 */

import { inspectShort } from '../base/inspect-short.ts';

/** What `path` gives. */
export class FilePath {
  /** Absolute. */
  readonly path: string;

  /** @internal */
  constructor(path: string) {
    this.path = path;
    Object.freeze(this);
  }

  /** The path, so that it can stand in a text. */
  toString(): string {
    return this.path;
  }
}

/**
 * Makes a value that stands for a file or a folder, to be passed to tasks and returned by them.
 *
 * - **In a task** it is what it was: `file.path` is absolute, wherever the call runs on this machine. The content does not
 *   travel.
 * - **In a cache** a call counts by what is in the file when the call is looked up, in a folder by all that is in it, not by
 *   where it is. A value that holds one is remembered as the path: whoever makes files has to see that they stay.
 * - **As JSON** it is a readable record, see `toJSON`.
 *
 * @param file - a path, relative to the working directory now; or a URL `file:`
 * @throws {TypeError} If it is neither.
 *
 * @example
 * ```ts
 * import { type FilePath, path, run, tasks } from 'heddle';
 * import { readFileSync } from 'node:fs';
 * const { lines } = tasks(import.meta, {
 *   lines: (file: FilePath) => readFileSync(file.path, 'utf8').split('\n').length,
 * });
 * if (import.meta.main) {
 *   const here = await run(lines(path(import.meta.url)));
 *   assert.ok(here > 5);
 * }
 * ```
 */
export function path(file: string | URL): FilePath {
  const isUrl = file instanceof URL || (typeof file === 'string' && file.startsWith('file:'));
  if ((typeof file !== 'string' && !isUrl) || file === '') {
    throw new TypeError(
      `Cannot make the path of a file as it must be a text or a URL: received ${inspectShort(file)}`,
    );
  }
  const { resolve } = process.getBuiltinModule('node:path');
  return new FilePath(isUrl ? process.getBuiltinModule('node:url').fileURLToPath(file) : resolve(file));
}
