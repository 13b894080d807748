/**
 * The tasks of the audit: the functions beside this file, made callable in worker threads.
 *
 * A file that cannot be measured is a `Failure` in the place of its measure: it ends up in the report, and
 * nothing else suffers.
 */
import { type Failure, failed, maybe, tasks } from 'heddle';
import type { FoundFile, FoundPackage } from './found.ts';
import {
  digestWhole,
  type FileDigest,
  type FileMeasure,
  joinParts,
  measurePart,
  measureWhole,
  type PartMeasure,
} from './measure-file.ts';
import { joinSummaries, type Summary, summaryOf, type Unmeasured } from './summary.ts';

/** A package without its files. */
export type About = Omit<FoundPackage, 'files'>;
/** What measuring a file gives. */
export type Measured = FileMeasure | Unmeasured;

const measureOrFail = maybe(measureWhole);
const assembleOrFail = maybe(joinParts);

export const { measure, digest, compress, assemble, summarize, join } = tasks(import.meta, {
  /** Measures some files of a package, one after the other: a call for each would be more travel than work. */
  measure: (root: string, files: readonly FoundFile[]): readonly Measured[] =>
    files.map((file) => measuredOf(file, measureOrFail(root, file))),
  /** Digests a large file. */
  digest: maybe(digestWhole),
  /** Compresses and counts one part of a large file. */
  compress: maybe(measurePart),
  /** Makes one measure of all that is known of a large file. */
  assemble: (
    file: FoundFile,
    whole: FileDigest | Failure,
    ...parts: readonly (PartMeasure | Failure)[]
  ): readonly Measured[] => [measuredOf(file, assembleOrFail(file, whole, ...parts))],
  /** Sums up a package. Takes what was retrieved and what was measured now. */
  summarize: (
    about: About,
    retrieved: readonly FileMeasure[],
    measured: readonly (readonly Measured[])[],
  ): Summary => summaryOf(about, [...retrieved, ...measured.flat()]),
  /** Makes one summary of two. */
  join: joinSummaries,
});

function measuredOf(file: FoundFile, outcome: FileMeasure | Failure): Measured {
  return failed(outcome) ? { path: file.path, failure: outcome } : outcome;
}
