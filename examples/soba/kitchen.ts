/**
 * The file of commands: which there are, and which of them must not run together.
 */

import { readFile } from 'node:fs/promises';

/** One command of the file. */
export interface Entry {
  /** Its name, unique in the file. */
  readonly task: string;
  /** A command of the shell. */
  readonly command: string;
  /** Of all commands with the same key, one runs at a time. */
  readonly exclusive?: string;
  /** Names of commands that must not run while this one does. It is enough that one of two names the other. */
  readonly exclude?: readonly string[];
}

/**
 * Reads a file of commands.
 *
 * @throws {TypeError} if it is not a list of commands
 */
export async function readEntries(file: string): Promise<readonly Entry[]> {
  const data = JSON.parse(await readFile(file, 'utf8')) as unknown;
  if (!Array.isArray(data) || !data.every(isEntry)) {
    throw new TypeError(
      `Cannot run commands as the file is not a list of { task, command, … }: received '${file}'`,
    );
  }
  return data;
}

function isEntry(data: unknown): data is Entry {
  const { task, command } = (data ?? {}) as Partial<Entry>;
  return typeof task === 'string' && typeof command === 'string';
}

/**
 * Turns exclusions into resources: for each pair that excludes each other there is one thing that both need.
 *
 * Many such pairs make any pattern, also one in which two commands exclude a third and not each other.
 *
 * @returns for each command by name, the names of the things that it needs
 */
export function sharedThings(entries: readonly Entry[]): ReadonlyMap<string, readonly string[]> {
  const things = new Map(entries.map(({ task }) => [task, new Set<string>()]));
  for (const { task, exclude = [] } of entries) {
    for (const other of exclude) {
      const pair = [task, other].sort().join(' | ');
      things.get(task)?.add(pair);
      things.get(other)?.add(pair);
    }
  }
  return new Map([...things].map(([task, needed]) => [task, [...needed]]));
}
