/**
 * What is audited, as plain data: files, and the packages they belong to.
 *
 * Travels to worker threads, so there are no classes in it. Finding them is left to `find-packages.ts`.
 */

/** A file, as it was when it was found. */
export interface FoundFile {
  /** From the audited folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** Changes whenever the content may have changed. */
  readonly stamp: string;
  /** Whether it changed so lately that another change might leave no trace in the stamp. */
  readonly isFresh: boolean;
}

/** A package, or a folder that belongs to none; with the files that are its own, not those of packages inside it. */
export interface FoundPackage {
  /** `zod`, `@types/node`; for a folder its path with a slash, `docs/`. */
  readonly name: string;
  readonly version: string | undefined;
  /** The `license` field of its `package.json`. */
  readonly licence: string | undefined;
  readonly isPackage: boolean;
  /** From the audited folder, with `/`; empty for that folder itself. */
  readonly path: string;
  readonly files: readonly FoundFile[];
}

/** Something that could not be read, and why. */
export interface Unreadable {
  readonly path: string;
  readonly why: string;
}

/** All that was found. */
export interface Found {
  /** In the order of their paths. */
  readonly packages: readonly FoundPackage[];
  readonly unreadable: readonly Unreadable[];
  /** Symbolic links, which are not followed. */
  readonly symbolicLinks: number;
  /** Further names of files that were found already. */
  readonly hardLinks: number;
}
