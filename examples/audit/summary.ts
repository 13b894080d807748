/**
 * What an audit comes to: of one file, of a package, of all. Any number of summaries make one.
 *
 * Plain data, to travel between threads. Joining is associative: summaries may be joined in any grouping.
 */
import { type Failure, failed } from 'heddle';
import type { FoundPackage, Unreadable } from './found.ts';
import type { FileMeasure, UnmeasuredError } from './measure-file.ts';

/** Sizes, added up. */
export interface Totals {
  readonly files: number;
  readonly bytes: number;
  readonly gzipBytes: number;
  readonly brotliBytes: number;
  /** Of the text files. */
  readonly lines: number;
}

/** What a package comes to. */
export interface PackageSummary extends Totals, Omit<FoundPackage, 'files'> {
  /** The licences whose texts are in its files. */
  readonly texts: readonly string[];
}

/** Files with the same content. */
export interface Copies {
  /** Of each of them. */
  readonly bytes: number;
  readonly files: number;
  /** The first of them. */
  readonly path: string;
  /** The paths of the packages that have one. */
  readonly packages: readonly string[];
}

/** What an audit comes to. */
export interface Summary {
  readonly packages: readonly PackageSummary[];
  /** By SHA-256. Empty files are left out. */
  readonly copies: ReadonlyMap<string, Copies>;
  readonly unreadable: readonly Unreadable[];
  /** How long one thread takes to measure it: the calls' own time, see `stopwatch.ts`. */
  readonly ownMs: number;
}

/** Adds nothing. */
export const noTotals: Totals = { files: 0, bytes: 0, gzipBytes: 0, brotliBytes: 0, lines: 0 };

/** Adds sizes. */
export function addTotals(a: Totals, b: Totals): Totals {
  return {
    files: a.files + b.files,
    bytes: a.bytes + b.bytes,
    gzipBytes: a.gzipBytes + b.gzipBytes,
    brotliBytes: a.brotliBytes + b.brotliBytes,
    lines: a.lines + b.lines,
  };
}

/** Sums up the files of one package. */
export function summaryOf(
  about: Omit<FoundPackage, 'files'>,
  measured: readonly (readonly FileMeasure[] | Failure)[],
): Summary {
  const copies = new Map<string, Copies>();
  const unreadable: Unreadable[] = [];
  const texts = new Set<string>();
  let totals = noTotals;
  let ownMs = 0;
  for (const outcome of measured) {
    if (failed(outcome)) unreadable.push(...unmeasuredOf(outcome).unreadable);
    for (const measure of failed(outcome) ? unmeasuredOf(outcome).measures : outcome) {
      const { path, bytes, digest, lines = 0 } = measure;
      totals = addTotals(totals, { ...measure, files: 1, lines });
      ownMs += measure.ownMs;
      for (const licence of measure.licences) texts.add(licence);
      if (bytes > 0) addCopies(copies, digest, { bytes, files: 1, path, packages: [about.path] });
    }
  }
  const packages = [{ ...about, ...totals, texts: [...texts].sort() }];
  return { packages, copies, unreadable, ownMs };
}

/** What could not be measured, and what could. Of a large file, the first piece that could not be. */
function unmeasuredOf({ failedArguments: [first], error }: Failure): UnmeasuredError {
  if (first !== undefined) return unmeasuredOf(first.failure);
  // Told by what it has: from another thread it comes as a plain error. What is not the files' doing ends the audit.
  if (error instanceof Error && 'unreadable' in error) return error as UnmeasuredError;
  throw error;
}

/** Makes one summary of any number. */
export function joinSummaries(summaries: readonly Summary[]): Summary {
  const copies = new Map<string, Copies>();
  for (const summary of summaries) {
    for (const [digest, more] of summary.copies) addCopies(copies, digest, more);
  }
  return {
    packages: summaries.flatMap(({ packages }) => packages),
    copies,
    unreadable: summaries.flatMap(({ unreadable }) => unreadable),
    ownMs: summaries.reduce((sum, { ownMs }) => sum + ownMs, 0),
  };
}

function addCopies(all: Map<string, Copies>, digest: string, more: Copies): void {
  const known = all.get(digest);
  if (known === undefined) {
    all.set(digest, more);
    return;
  }
  const packages = [...new Set([...known.packages, ...more.packages])];
  all.set(digest, { ...known, files: known.files + more.files, packages });
}
