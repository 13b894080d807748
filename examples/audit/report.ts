/**
 * What is reported of an audit: the summary, sorted, with what is worth telling. Its members are those of `--json`.
 */
import type { Found, Unreadable } from './found.ts';
import { addTotals, noTotals, type PackageSummary, type Summary, type Totals } from './summary.ts';

/** Files with the same content in several packages. */
export interface Duplicate {
  readonly digest: string;
  readonly bytes: number;
  readonly files: number;
  readonly packages: number;
  /** What all but one of them take. */
  readonly wastedBytes: number;
  /** The first of them. */
  readonly path: string;
}

/** How often a licence occurs. */
export interface LicenceCount {
  /** An SPDX expression as declared; `undefined` stands for none. */
  readonly licence: string | undefined;
  /** Packages that declare it in `package.json`. */
  readonly declared: number;
  /** Packages that have its text. */
  readonly texts: number;
}

/** How the run went. */
export interface Figures {
  readonly threads: number;
  /** From the start of the program to the report. */
  readonly tookMs: number;
  /** How long one thread takes: the own time of all calls, also of those that were retrieved. */
  readonly oneThreadMs: number;
  readonly calls: number;
  /** Files whose measures were retrieved, and the time that took when they were measured. */
  readonly retrievedFiles: number;
  readonly retrievedMs: number;
}

/** The report of an audit. */
export interface Report {
  readonly dir: string;
  readonly totals: Totals;
  /** Heaviest first. */
  readonly packages: readonly PackageSummary[];
  /** Most wasted first. */
  readonly duplicates: readonly Duplicate[];
  /** Most declared first. */
  readonly licences: readonly LicenceCount[];
  readonly unreadable: readonly Unreadable[];
  readonly symbolicLinks: number;
  readonly hardLinks: number;
  readonly figures: Figures;
}

/** Makes the report. */
export function reportOf(dir: string, found: Found, summary: Summary, figures: Figures): Report {
  const packages = [...summary.packages].sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1));
  return {
    dir,
    totals: packages.reduce<Totals>(addTotals, noTotals),
    packages,
    duplicates: duplicatesOf(summary),
    licences: licencesOf(packages),
    unreadable: [...found.unreadable, ...summary.unreadable],
    symbolicLinks: found.symbolicLinks,
    hardLinks: found.hardLinks,
    figures,
  };
}

function duplicatesOf({ copies }: Summary): Duplicate[] {
  return [...copies]
    .filter(([, { packages }]) => packages.length > 1)
    .map(([digest, { bytes, files, packages, path }]) => ({
      digest,
      bytes,
      files,
      packages: packages.length,
      wastedBytes: bytes * (files - 1),
      path,
    }))
    .sort((a, b) => b.wastedBytes - a.wastedBytes || (a.path < b.path ? -1 : 1));
}

function licencesOf(packages: readonly PackageSummary[]): LicenceCount[] {
  const counts = new Map<string | undefined, { declared: number; texts: number }>();
  const countOf = (licence: string | undefined): { declared: number; texts: number } => {
    const known = counts.get(licence) ?? { declared: 0, texts: 0 };
    counts.set(licence, known);
    return known;
  };
  for (const { isPackage, licence, texts } of packages) {
    if (isPackage) countOf(licence).declared++;
    for (const text of texts) countOf(text).texts++;
  }
  return [...counts]
    .map(([licence, count]) => ({ licence, ...count }))
    .sort(
      (a, b) =>
        b.declared - a.declared || b.texts - a.texts || ((a.licence ?? '') < (b.licence ?? '') ? -1 : 1),
    );
}
