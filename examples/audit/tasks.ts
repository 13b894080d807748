/**
 * The tasks of the audit: the functions beside this file, made callable in worker threads, and remembered.
 *
 * What is measured counts by path, size, times and inode of the files, not by where the folder is. A call that could not
 * measure all of its files gives a `Failure`: the files end up in the report, nothing else suffers, and the next audit tries
 * again, as failures are not remembered.
 */
import { currentCall, type Failure, maybe, task, tasks } from 'heddle';
import type { FoundFile, FoundPackage } from './found.ts';
import {
  digestWhole,
  type FileMeasure,
  joinParts,
  MEASURE_VERSION,
  measureAll,
  measurePart,
} from './measure-file.ts';
import { joinSummaries, type Summary, summaryOf } from './summary.ts';

/** A package without its files. */
export type About = Omit<FoundPackage, 'files'>;

/** What a call tells as soon as it has measured: so what nobody tells of was retrieved. */
export interface Told {
  /** How many files are measured by it. */
  readonly files: number;
  /** How long that took, see `stopwatch.ts`. */
  readonly ownMs: number;
}

/** The compressors are no part of the source, by which tasks without a version are told apart. */
const measuring = { version: MEASURE_VERSION, cache: { ignore: ['root'] } };
const remembered = { cache: true };

export const { measure, digest, compress, assemble, summarize, join } = tasks(import.meta, {
  /** Measures some files of a package, one after the other: a call for each would be more travel than work. */
  measure: task(
    maybe((root: string, files: readonly FoundFile[]): readonly FileMeasure[] => {
      const { measures, unmeasured } = measureAll(root, files);
      tell(measures.length, sumOf(measures));
      if (unmeasured !== undefined) throw unmeasured;
      return measures;
    }),
    measuring,
  ),
  /** Digests a large file. */
  digest: task(
    maybe((root: string, file: FoundFile) => told(digestWhole(root, file))),
    measuring,
  ),
  /** Compresses and counts one part of a large file. */
  compress: task(
    maybe((root: string, file: FoundFile, start: number, end: number) =>
      told(measurePart(root, file, start, end)),
    ),
    measuring,
  ),
  /** Makes one measure of all that is known of a large file. */
  assemble: task(
    maybe((...args: Parameters<typeof joinParts>): readonly FileMeasure[] => {
      tell(1, 0);
      return [joinParts(...args)];
    }),
    remembered,
  ),
  /** Sums up a package. */
  summarize: task(
    (about: About, measured: readonly (readonly FileMeasure[] | Failure)[]): Summary =>
      summaryOf(about, measured),
    remembered,
  ),
  /** Makes one summary of some. */
  join: task((...summaries: readonly Summary[]): Summary => joinSummaries(summaries), remembered),
});

function told<Piece extends { readonly ownMs: number }>(piece: Piece): Piece {
  tell(0, piece.ownMs);
  return piece;
}

function tell(files: number, ownMs: number): void {
  currentCall().emit({ files, ownMs } satisfies Told);
}

function sumOf(measures: readonly FileMeasure[]): number {
  return measures.reduce((sum, { ownMs }) => sum + ownMs, 0);
}
