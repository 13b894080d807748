/**
 * What a module is made of: the files and packages that it imports, with their digests and versions, and one digest of
 * them all. Plain data, the same wherever the folder of the project is.
 */

import { type Digest, Digester } from '../codec/canonical/digester.ts';

/** A file that counts by its content. */
export interface SourceFile {
  /** The package it is in. Absent if that is the module's own. */
  readonly package?: string;
  /** From the folder of its package, with `/`; from the folder of the module if it is in no package with a name. */
  readonly path: string;
  /** SHA-256 of its content; in source code, with lines that end as on Unix: on Windows, git may change that. */
  readonly digest: Digest;
}

/** A package that counts by its version. */
export interface SourcePackage {
  readonly name: string;
  /** Empty if it has none. */
  readonly version: string;
}

/** What the digest cannot see. */
export interface UnknownSource {
  /** The file in which it is asked for, as in `files`; with its package in front if that is not the module's own. */
  readonly path: string;
  /** What is unknown, in words that follow the path: `imports './x.ts', which is missing`. */
  readonly reason: string;
}

/** What a module is made of. Lists are sorted, each entry is there once. */
export interface SourceManifest {
  /** Of `files` and `packages`. Equal if, and only if, they are equal. */
  readonly digest: Digest;
  readonly files: readonly SourceFile[];
  readonly packages: readonly SourcePackage[];
  /** Not in the digest: what of it is in the text of a file is there already. */
  readonly unknown: readonly UnknownSource[];
}

/** Stands in what is digested. To be counted up when the same sources would get another digest. */
export const manifestVersion = 1;

/**
 * Puts lists in order, and digests them: `digestOf(['heddle-sources', 1, [package or '', path, digest, …], [name, version,
 * …]])`, one entry after the other, as in `docs/formats/sources.md`.
 *
 * @param parts - in any order; entries may be there several times
 */
export function buildManifest(parts: Omit<SourceManifest, 'digest'>): SourceManifest {
  const files = sortedBy(
    parts.files,
    ({ package: name = '', path, digest }) => `${name}\0${path}\0${digest}`,
  );
  const packages = sortedBy(parts.packages, ({ name, version }) => `${name}\0${version}`);
  const unknown = sortedBy(parts.unknown, ({ path, reason }) => `${path}\0${reason}`);
  const digest = new Digester().text([
    'heddle-sources',
    manifestVersion,
    files.flatMap(({ package: name = '', path, digest: content }) => [name, path, content]),
    packages.flatMap(({ name, version }) => [name, version]),
  ]);
  return { digest, files, packages, unknown };
}

/** By code units, which no locale changes. Of equal ones, one is left. */
function sortedBy<T>(entries: readonly T[], keyOf: (entry: T) => string): readonly T[] {
  const byKey = new Map(entries.map((entry) => [keyOf(entry), entry]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}
