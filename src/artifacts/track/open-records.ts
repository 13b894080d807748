/**
 * Opening a file of records: which file is meant, and what is in it.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { once } from '../../base/once.ts';
import { UnreadableFileError } from './errors.ts';
import { cutRecords, type FileRecord, readText } from './record-file.ts';

const nodePath = once(() => process.getBuiltinModule('node:path'));

/** A file that was opened. */
export interface OpenedRecords {
  /** Absolute. */
  readonly file: string;
  /** The path as it was given. */
  readonly given: string;
  /** `undefined` if it is not there. */
  readonly text: string | undefined;
  readonly records: readonly FileRecord[];
}

/**
 * Reads a file of records. One that is to be begun anew may be anything.
 *
 * @throws {UnreadableFileError} If it is not what it should be, or is not there and has to be.
 */
export async function openRecords(
  path: string | URL,
  options: { readonly mode: string; readonly allowMissing: boolean; readonly what: string },
): Promise<OpenedRecords> {
  const { mode, allowMissing, what } = options;
  const given = pathText(path, what);
  const file = nodePath().resolve(given);
  let text: string | undefined;
  try {
    text = await readText(file);
    if (text === undefined && mode === 'r' && !allowMissing) {
      throw new UnreadableFileError(
        file,
        `Cannot open a ${what} as there is no such file: received '${given}'\n` +
          '  give { allowMissing: true } if it may be missing, or another mode to make it',
      );
    }
    return { file, given, text, records: text === undefined ? [] : cutRecords(file, text) };
  } catch (error) {
    if (mode !== 'w') throw error;
    return { file, given, text, records: [] };
  }
}

/** @throws {RangeError} If there is no such mode. */
export function checkedMode<Mode extends string>(mode: Mode, modes: readonly Mode[], what: string): Mode {
  if (modes.includes(mode)) return mode;
  throw new RangeError(
    `Cannot open a ${what} as there is no such mode: received ${inspectShort(mode)}\n  use ${modes.map((known) => `'${known}'`).join(', ')}`,
  );
}

function pathText(path: string | URL, what: string): string {
  if (path instanceof URL || (typeof path === 'string' && path.startsWith('file://')))
    return process.getBuiltinModule('node:url').fileURLToPath(path);
  if (typeof path === 'string' && path !== '' && !/^[a-z][a-z\d+.-]+:\/\//i.test(path)) return path;
  throw new TypeError(
    `Cannot open a ${what} as it must be the path of a file: received ${inspectShort(path)}`,
  );
}
