/**
 * References as an option of worker processes.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';

export interface ReferencesOption {
  /**
   * From how many bytes on the memory of a typed array, an `ArrayBuffer` or a `Buffer` goes by reference; an integer, at
   * least 1.
   *
   * @defaultValue 1,048,576
   */
  readonly leastBytes?: number;
  /**
   * The folder in which the files are, in a folder of their own. For arrays that are larger than its file system, choose
   * another one; `/dev/shm` of Linux is memory.
   *
   * @defaultValue that of the system for temporary files
   */
  readonly folder?: string;
}

export interface ReferencesOptions {
  /**
   * How large arrays travel between calls: **by reference**, in files that the processes of this machine share. What a call
   * gives is written once, however many calls get it, and this process neither reads nor keeps it, unless something here
   * needs the value. `false`: all of it goes through this process, in messages.
   *
   * @defaultValue by reference, from 1 MiB on; `false` for workers by a `command`, which may be on another machine, so that a
   *   `folder` has to be named which both share
   */
  readonly references?: ReferencesOption | false;
}

/** From how many bytes on a file costs less than to take the bytes in and to send them again. */
const usualLeastBytes = 2 ** 20;

/**
 * What was chosen; `undefined` if all is to stay in messages.
 *
 * @throws {TypeError | RangeError} If it makes no sense.
 */
export function referencesOf(
  { references: given, command }: ReferencesOptions & { readonly command?: readonly string[] | undefined },
  verb: string,
): Required<ReferencesOption> | undefined {
  const references = given ?? (command === undefined ? {} : false);
  if (references === false) return undefined;
  if (typeof references !== 'object' || (references as unknown) === null) {
    throw new TypeError(
      `Cannot ${verb} as 'references' must be an object or false: received ${inspectShort(references)}`,
    );
  }
  refuseUnknownOptions(references, ['leastBytes', 'folder'], `${verb} with 'references'`);
  const { leastBytes = usualLeastBytes, folder } = references;
  if (command !== undefined && folder === undefined) {
    throw new TypeError(
      `Cannot ${verb} with 'references' and 'command' as the workers may be on another machine\n  name a folder that both share: references: { folder }`,
    );
  }
  if (!Number.isSafeInteger(leastBytes) || leastBytes < 1) {
    throw new RangeError(
      `Cannot ${verb} as 'references.leastBytes' must be a positive integer: received ${String(leastBytes)}`,
    );
  }
  if (folder !== undefined && (typeof folder !== 'string' || folder === '')) {
    throw new TypeError(
      `Cannot ${verb} as 'references.folder' must be a path: received ${inspectShort(folder)}`,
    );
  }
  const parent =
    folder === undefined
      ? process.getBuiltinModule('node:os').tmpdir()
      : process.getBuiltinModule('node:path').resolve(folder);
  return { leastBytes, folder: parent };
}
