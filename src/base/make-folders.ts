/**
 * Making a folder, and those above it that are missing.
 *
 * Promises an end. Node's own `recursive` has none where a folder refuses to have others in it and says that it is not there
 * itself, as those of `/proc` do: seen with Node 22 to 26.
 */

import { once } from './once.ts';

const fs = once(() => process.getBuiltinModule('node:fs'));
const nodePath = once(() => process.getBuiltinModule('node:path'));

/**
 * Makes a folder unless it is there.
 *
 * @throws what `mkdir` throws, if it cannot be made
 */
export function makeFolders(path: string): void {
  const missing: string[] = [];
  let at = nodePath().resolve(path);
  while (!isMade(at)) {
    missing.push(at);
    at = nodePath().dirname(at);
  }
  // Others may make them at the same time. What is missing still cannot be made.
  for (const folder of missing.reverse()) make(folder);
}

/** Makes a folder, unless one above it is missing. @returns whether it is there now */
function isMade(folder: string): boolean {
  try {
    make(folder);
    return true;
  } catch (error) {
    const isTop = nodePath().dirname(folder) === folder;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !isTop) return false;
    throw error;
  }
}

function make(folder: string): void {
  try {
    fs().mkdirSync(folder);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    if (!isThere || !fs().statSync(folder).isDirectory()) throw error;
  }
}
