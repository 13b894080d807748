/**
 * Finds the sources of a target, and says where their objects go.
 */

import { type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { BoilError } from './boil-error.ts';
import type { BuildTarget } from './target.ts';

/**
 * Gives the sources of a target, each once, in the order of its folders, sorted in each.
 *
 * Searches folders with all below them, save hidden ones, that of the objects, and those that are excluded.
 *
 * @throws {BoilError} If a folder is missing, or there is no source.
 */
export async function findSources(target: BuildTarget): Promise<string[]> {
  const { places, endings, objdir } = target;
  const excluded = new Set([...target.excluded, objdir].map((path) => path.replace(/\/$/, '')));
  const found = new Set<string>();
  const visit = async (folder: string): Promise<void> => {
    const entries = (await entriesOf(folder, target)).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = posix.join(folder, entry.name);
      if (excluded.has(path) || entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) await visit(path);
      else if (endings.some((ending) => path.endsWith(ending))) found.add(asOperand(path));
    }
  };
  for (const place of places) {
    if (await isFile(place)) found.add(asOperand(place));
    else await visit(place.replace(/(?<=.)\/$/, ''));
  }
  if (found.size > 0) return [...found];
  throw new BoilError(
    `Cannot build target '${target.name}' as no source was found: received ` +
      `${places.map((place) => `'${place}'`).join(', ')} to search for ${endings.join(', ')}`,
  );
}

/** Where the object of a source goes. It keeps the ending, so `a.c` and `a.cc` do not share one. */
export function objectPath(objdir: string, source: string): string {
  // A source outside the project must not take its object there.
  const inside = posix
    .normalize(source)
    .replace(/(^|\/)\.\.(?=\/)/g, '$1_up')
    .replace(/^\//, '_root/');
  return posix.join(objdir, `${inside}.o`);
}

/** A compiler must not take a name for a flag. */
function asOperand(path: string): string {
  return path.startsWith('-') ? `./${path}` : path;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

async function entriesOf(folder: string, { name }: BuildTarget): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new BoilError(
      `Cannot build target '${name}' as its folder '${folder}' cannot be read: received ${code ?? String(error)}`,
    );
  }
}
