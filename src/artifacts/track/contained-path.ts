/**
 * Paths of artifacts that stay in the folder they belong to, whatever a file or a caller says.
 *
 * Names in a project's file come from others. One that is absolute, goes up by `..`, or goes through a link to elsewhere
 * would read or write any file of the user. Such a path is refused before anything is touched. Somebody who swaps a folder
 * for a link between the look and the writing is not kept off: who can do that can write there anyway.
 */

import { once } from '../../base/once.ts';
import { codeOf } from '../../store/whole-file.ts';

const fs = once(() => process.getBuiltinModule('node:fs'));
const nodePath = once(() => process.getBuiltinModule('node:path'));

/**
 * Joins names to a folder.
 *
 * @param names - relative; each may have several parts
 * @returns `undefined` if that is no path below the folder, also where a single name alone goes up
 */
export function joinBelow(folder: string, ...names: readonly string[]): string | undefined {
  const { isAbsolute, join, normalize, sep } = nodePath();
  for (const name of names) {
    if (name.includes('\0') || isAbsolute(name) || hasDrive(name)) return undefined;
    const normal = normalize(name);
    if (normal === '..' || normal.startsWith(`..${sep}`)) return undefined;
  }
  const below = normalize(join('.', ...names));
  if (below === '.' || below === `.${sep}`) return undefined;
  return join(folder, below);
}

/**
 * The most bytes of one name in a path: file systems take 255, of which some are left for the number of a name that is taken.
 */
export const longestName = 240;

/** Gives the first name of a path that file systems would not take, as it is too long. */
export function tooLongName(path: string): string | undefined {
  return path.split(/[/\\]/).find((name) => Buffer.byteLength(name) > longestName);
}

/**
 * Whether what is at a path, or would be, is in the folder also when links are followed.
 *
 * @param root - a folder that is there
 */
export function isInside(root: string, path: string): boolean {
  try {
    return leadsInside(root, path);
  } catch {
    return false;
  }
}

/**
 * The same for whoever tells the user why.
 *
 * @throws What the file system says, if it cannot be told whether it is.
 */
export function leadsInside(root: string, path: string): boolean {
  const { dirname, basename, join, sep } = nodePath();
  const { realpathSync, lstatSync } = fs();
  const realRoot = realpathSync.native(root);
  // The part that is not there yet cannot be a link.
  let there = path;
  let rest = '';
  for (;;) {
    try {
      const real = join(realpathSync.native(there), rest);
      return real === realRoot || real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep);
    } catch (error) {
      // A circle of links leads nowhere.
      if (codeOf(error) === 'ELOOP') return false;
      if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error;
      // A link that leads nowhere is there, and would be written through.
      if (
        codeOf(error) === 'ENOENT' &&
        lstatSync(there, { throwIfNoEntry: false })?.isSymbolicLink() === true
      )
        return false;
    }
    const parent = dirname(there);
    if (parent === there) return false;
    rest = join(basename(there), rest);
    there = parent;
  }
}

/** `C:x` is relative on Windows, and to another folder. */
function hasDrive(name: string): boolean {
  return process.platform === 'win32' && /^[A-Za-z]:/.test(name);
}
