/**
 * Why a source has another digest than before, in words.
 */

import type { SourceFile, SourceManifest, SourcePackage } from './source-manifest.ts';

/**
 * Tells what changed from one manifest to another: files first, then packages, each by name.
 *
 * @returns a line each, such as `src/stats.ts changed` or `package left-pad went from 1.0.0 to 1.1.0`; none if, and only
 *   if, the digests are equal
 */
export function changesBetween(before: SourceManifest, after: SourceManifest): readonly string[] {
  return [
    ...compare(grouped(before.files, nameOfFile, contentOf), grouped(after.files, nameOfFile, contentOf), {
      added: (name) => `${name} was added`,
      removed: (name) => `${name} was removed`,
      changed: (name) => `${name} changed`,
    }),
    ...compare(grouped(before.packages, nameOf, versionOf), grouped(after.packages, nameOf, versionOf), {
      added: (name, versions) => `package ${name} was added, ${versions}`,
      removed: (name, versions) => `package ${name} was removed, ${versions}`,
      changed: (name, from, to) => `package ${name} went from ${from} to ${to}`,
    }),
  ];
}

/** A file as people name it; with its package in front if that is not the module's own. */
export function nameOfFile({ package: name, path }: Pick<SourceFile, 'package' | 'path'>): string {
  return name === undefined ? path : `${name}/${path}`;
}

/** With the package, since a folder may be named like one. */
function contentOf({ package: name = '', digest }: SourceFile): string {
  return `${name} ${digest}`;
}

function nameOf({ name }: SourcePackage): string {
  return name;
}

function versionOf({ version }: SourcePackage): string {
  return version === '' ? 'no version' : version;
}

/** A package may be there in several versions at once. */
function grouped<T>(
  entries: readonly T[],
  nameOfEntry: (entry: T) => string,
  valueOf: (entry: T) => string,
): Map<string, string> {
  const groups = new Map<string, string>();
  for (const entry of entries) {
    const name = nameOfEntry(entry);
    const others = groups.get(name);
    groups.set(name, others === undefined ? valueOf(entry) : `${others} and ${valueOf(entry)}`);
  }
  return groups;
}

interface Wording {
  readonly added: (name: string, value: string) => string;
  readonly removed: (name: string, value: string) => string;
  readonly changed: (name: string, from: string, to: string) => string;
}

function compare(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  { added, removed, changed }: Wording,
): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => {
    const [from, to] = [before.get(name), after.get(name)];
    if (from === to) return [];
    if (from === undefined) return [added(name, to ?? '')];
    return [to === undefined ? removed(name, from) : changed(name, from, to)];
  });
}
