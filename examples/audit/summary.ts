/**
 * What an audit comes to: of one file, of a package, of all. Two summaries make one, so any number do, pair by pair.
 *
 * Plain data, to travel between threads. Joining is associative: the pairs may be joined in any grouping.
 */
import { type Failure, failed } from 'heddle';
import type { FoundPackage, Unreadable } from './found.ts';
import type { FileMeasure } from './measure-file.ts';
import { stopwatch } from './stopwatch.ts';
import { whyFailed } from './why.ts';

/** A file that could not be measured. */
export interface Unmeasured {
  readonly path: string;
  readonly failure: Failure;
}

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
  /** How long one thread takes for it: the calls' own time, see `stopwatch.ts`. */
  readonly ownMs: number;
}

/** What no package comes to. */
export const emptySummary: Summary = { packages: [], copies: new Map(), unreadable: [], ownMs: 0 };

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
  measures: readonly (FileMeasure | Unmeasured)[],
): Summary {
  const elapsed = stopwatch();
  const copies = new Map<string, Copies>();
  const unreadable: Unreadable[] = [];
  const texts = new Set<string>();
  let totals = noTotals;
  let ownMs = 0;
  for (const measure of measures) {
    if ('failure' in measure) {
      unreadable.push({ path: measure.path, why: whyFailed(measure.failure) });
      continue;
    }
    const { path, bytes, digest, lines = 0 } = measure;
    totals = addTotals(totals, { ...measure, files: 1, lines });
    ownMs += measure.ownMs;
    for (const licence of measure.licences) texts.add(licence);
    if (bytes > 0) addCopies(copies, digest, { bytes, files: 1, path, packages: [about.path] });
  }
  const packages = [{ ...about, ...totals, texts: [...texts].sort() }];
  return { packages, copies, unreadable, ownMs: ownMs + elapsed() };
}

/** Makes one summary of two. */
export function joinSummaries(a: Summary, b: Summary): Summary {
  const elapsed = stopwatch();
  const copies = new Map(a.copies);
  for (const [digest, more] of b.copies) addCopies(copies, digest, more);
  const packages = [...a.packages, ...b.packages];
  const unreadable = [...a.unreadable, ...b.unreadable];
  return { packages, copies, unreadable, ownMs: a.ownMs + b.ownMs + elapsed() };
}

/** Tells whether a file could not be measured. */
export function isUnmeasured(measure: FileMeasure | Unmeasured): measure is Unmeasured {
  return 'failure' in measure && failed(measure.failure);
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
