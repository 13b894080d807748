/**
 * Walks through a folder.
 */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The files in a folder and all below it, always in the same order. Folders are read as files are asked for. */
export async function* filesIn(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (entry.isFile() || entry.isSymbolicLink()) yield path;
  }
}
