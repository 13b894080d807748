/**
 * A corpus of what is there anyway: documents and sources that packages of npm and of Debian ship.
 */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Some files that are counted together: then few words are told twice. */
export type Group = readonly string[];

const isText = /(?:\.(?:md|txt|html|rst|m?[jt]s)|LICENSE|README|copyright|changelog)(?:\.gz)?$/i;
const groupBytes = 1e6;

/** Where documents are, on a machine with this project and, perhaps, Debian. */
export const folders: readonly string[] = [
  '/usr/share/doc',
  join(import.meta.dirname, '..', '..', 'node_modules'),
].filter((folder) => existsSync(folder));

/** Files of text below some folders, in groups of about a megabyte, until there are so many bytes. */
export function* groupsOf(within: readonly string[], mostBytes: number): Generator<Group, void, undefined> {
  let group: string[] = [];
  let inGroup = 0;
  let left = mostBytes;
  for (const folder of within) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (left <= 0) break;
      if (!entry.isFile() || !isText.test(entry.name)) continue;
      const file = join(entry.parentPath, entry.name);
      const bytes = statSync(file).size;
      group.push(file);
      inGroup += bytes;
      left -= bytes;
      if (inGroup < groupBytes) continue;
      yield group;
      group = [];
      inGroup = 0;
    }
  }
  if (group.length > 0) yield group;
}
