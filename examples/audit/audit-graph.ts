/**
 * The graph of an audit.
 *
 *     measure (some small files) ──────────────────┐
 *     digest (a large file) ────┐                  ├─▶ summarize (a package) ─┐
 *     compress (a part of it) ──┴─▶ assemble ──────┘                          ├─▶ join (some) ─▶ … ─▶ join (all)
 *     compress (a part of it) ──┘                      summarize (a package) ─┘
 *
 * Nothing runs here: this says what is to be computed from what. All of it may be remembered, but for what is measured of a
 * file that has just been written.
 */
import { type Delayed, type Failure, hint } from 'heddle';
import type { Found, FoundFile, FoundPackage } from './found.ts';
import { type FileMeasure, PART_BYTES } from './measure-file.ts';
import type { Summary } from './summary.ts';
import { assemble, compress, digest, join, measure, summarize } from './tasks.ts';

/** Some milliseconds of work, a hundred times what it takes to send a call to a thread and its value back. */
const BATCH_BYTES = 128 * 1024;
const BATCH_FILES = 8;
/** Each step of joining is remembered, with all that is joined in it: pair by pair would be many steps to keep. */
const JOINED_AT_ONCE = 32;

/** What the graph is built for. */
export interface AuditParts {
  /** The audited folder, absolute. */
  readonly root: string;
  readonly found: Found;
  /** Whether displays are to have a line for each package. */
  readonly isTold: boolean;
}

/** Builds the graph. Its value is the summary of all packages. */
export function auditGraph({ root, found, isTold }: AuditParts): Delayed<Summary> {
  const plans = found.packages.map(({ files, ...about }: FoundPackage) => ({
    about,
    large: files.filter(({ bytes }) => bytes > PART_BYTES),
    batches: batchesOf(files.filter(({ bytes }) => bytes <= PART_BYTES)),
  }));
  const countOf = (count: (plan: (typeof plans)[number]) => number): number =>
    plans.reduce((total, plan) => total + count(plan), 0);
  // Parts of large files take a hundred times as long as batches of small ones. Both get on evenly, so that what the
  // display says of the time left is right from the beginning.
  const nextPart = evenly(countOf(({ large }) => large.reduce((sum, { bytes }) => sum + partsOf(bytes), 0)));
  const nextBatch = evenly(countOf(({ batches }) => batches.length));
  const sumUp = isTold ? summarize.with({ display: 'Summing up {0.name} ... ', confirm: true }) : summarize;
  const summaries = plans.map(({ about, large, batches }) =>
    sumUp(about, [
      ...large.map((file) => measureLarge(root, file, nextPart)),
      ...batches.map((batch) => measuring(measure(root, batch), batch, nextBatch())),
    ]),
  );
  return joined(summaries);
}

function measureLarge(
  root: string,
  file: FoundFile,
  priority: () => number,
): Delayed<readonly FileMeasure[] | Failure> {
  const whole = measuring(digest(root, file), [file], priority());
  const parts = Array.from({ length: partsOf(file.bytes) }, (_, index) => {
    const start = index * PART_BYTES;
    const part = compress(root, file, start, Math.min(start + PART_BYTES, file.bytes));
    return measuring(part, [file], priority());
  });
  return assemble(file, whole, ...parts);
}

/** What is measured of a file that may still change without a trace is not remembered. */
function measuring<Value>(
  call: Delayed<Value>,
  files: readonly FoundFile[],
  priority: number,
): Delayed<Value> {
  return hint(call, files.some(({ isFresh }) => isFresh) ? { priority, cache: false } : { priority });
}

function joined(summaries: readonly Delayed<Summary>[]): Delayed<Summary> {
  if (summaries.length <= JOINED_AT_ONCE) return join(...summaries);
  const groups = Array.from({ length: Math.ceil(summaries.length / JOINED_AT_ONCE) }, (_, index) =>
    join(...summaries.slice(index * JOINED_AT_ONCE, (index + 1) * JOINED_AT_ONCE)),
  );
  return joined(groups);
}

function partsOf(bytes: number): number {
  return Math.ceil(bytes / PART_BYTES);
}

/** Gives priorities that go down from 0 by steps of one `count`th. What has none comes before all but the first. */
function evenly(count: number): () => number {
  let given = 0;
  return () => -given++ / count;
}

function batchesOf(files: readonly FoundFile[]): FoundFile[][] {
  const batches: FoundFile[][] = [];
  let last: FoundFile[] = [];
  let bytes = 0;
  for (const file of files) {
    if (last.length === 0 || last.length >= BATCH_FILES || bytes + file.bytes > BATCH_BYTES) {
      last = [];
      bytes = 0;
      batches.push(last);
    }
    last.push(file);
    bytes += file.bytes;
  }
  return batches;
}
