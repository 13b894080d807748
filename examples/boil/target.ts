/**
 * A target as `boil.ini` describes it: the keys of its own section, and those of `generic` where it has none.
 *
 * Knows the keys, their defaults, and which must be there. Looks at no file.
 */

import { posix } from 'node:path';
import { BoilError } from './boil-error.ts';
import { splitWords } from './flags.ts';
import type { Ini } from './ini.ts';

/** What is made by compiling and linking. All paths are relative to the folder of `boil.ini`, or absolute. */
export interface BuildTarget {
  readonly kind: 'build';
  /** Name of the section. */
  readonly name: string;
  /** Folders that are searched for sources, with all below, and single sources. */
  readonly places: readonly string[];
  /** Folders and files that are left out. */
  readonly excluded: readonly string[];
  /** The endings of sources, each with its dot. */
  readonly endings: readonly string[];
  /** The file that is made. */
  readonly file: string;
  readonly objdir: string;
  /** The compiler, and arguments that it always gets. */
  readonly cc: readonly string[];
  readonly cflags: readonly string[];
  readonly ldflags: readonly string[];
  /** Libraries that pkg-config knows the flags of. */
  readonly libraries: readonly string[];
}

/** What is done by a shell. */
export interface CommandTarget {
  readonly kind: 'command';
  readonly command: string;
}

/** The names of the targets: all sections but `generic`. */
export function targetNames(ini: Ini): string[] {
  return ini.sections.filter((name) => name !== 'generic');
}

/**
 * Describes a target.
 *
 * @throws {BoilError} If there is no such target, or it lacks a key that it cannot do without.
 */
export function targetOf(ini: Ini, name: string): BuildTarget | CommandTarget {
  const names = targetNames(ini);
  if (!names.includes(name)) {
    throw new BoilError(
      `Cannot build a target that is not in 'boil.ini': received '${name}'\n  possible targets: ${names.join(', ')}`,
      { exitCode: 2 },
    );
  }
  const own = ini.section(name);
  const command = own.get('command');
  if (command !== undefined) return { kind: 'command', command };
  if (!ini.sections.includes('generic')) {
    throw new BoilError("Cannot build a target as 'boil.ini' has no section 'generic'");
  }
  const values = new Map([...ini.section('generic'), ...own]);
  const needed = (key: string): string => {
    const value = values.get(key);
    if (value !== undefined && value !== '') return value;
    throw new BoilError(
      `Cannot build target '${name}' as it has no '${key}': neither of its own nor in 'generic'`,
    );
  };
  const words = (key: string): string[] => {
    try {
      return splitWords(values.get(key) ?? '');
    } catch (error) {
      if (!(error instanceof BoilError)) throw error;
      throw new BoilError(`${error.message}\n  in '${key}' of target '${name}'`);
    }
  };
  const srcdir = posix.normalize(needed('srcdir'));
  const inside = (path: string): string => (posix.isAbsolute(path) ? path : posix.join(srcdir, path));
  needed('cc');
  needed('ext');
  return {
    kind: 'build',
    name,
    places: [srcdir, ...words('modules').map(inside)],
    excluded: words('exclude').map(inside),
    endings: words('ext').map((ending) => (ending.startsWith('.') ? ending : `.${ending}`)),
    file: posix.normalize(needed('target')),
    objdir: posix.normalize(values.get('objdir') ?? 'obj'),
    cc: words('cc'),
    cflags: words('cflags'),
    ldflags: words('ldflags'),
    libraries: words('libraries'),
  };
}
