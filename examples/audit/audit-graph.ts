/**
 * The graph of an audit.
 *
 *     measure (some small files) ──────────────────┐
 *     digest (a large file) ────┐                  ├─▶ summarize (a package) ─┐
 *     compress (a part of it) ──┴─▶ assemble ──────┘                          ├─▶ join ─▶ … ─▶ join (all)
 *     compress (a part of it) ──┘                      summarize (a package) ─┘
 *
 * Nothing runs here: this says what is to be computed from what.
 */
import { type Delayed, hint, map, treeReduce } from 'heddle';
import type { Found, FoundFile, FoundPackage } from './found.ts';
import { type FileMeasure, PART_BYTES } from './measure-file.ts';
import { emptySummary, type Summary } from './summary.ts';
import { type About, assemble, compress, digest, join, type Measured, measure, summarize } from './tasks.ts';

/** Some milliseconds of work, a hundred times what it takes to send a call to a thread and its value back. */
const BATCH_BYTES = 128 * 1024;
const BATCH_FILES = 8;

/** What the graph is built for. */
export interface AuditParts {
  /** The audited folder, absolute. */
  readonly root: string;
  readonly found: Found;
  /** Gives what is known of a file from an earlier run. */
  readonly retrieve: (file: FoundFile) => FileMeasure | undefined;
  /** Is told of each measure as soon as it is there, in the host. */
  readonly keep: (measure: Measured) => void;
  /** Whether displays are to have a line for each package. */
  readonly isTold: boolean;
}

/** What is to be done for one package. */
interface PackagePlan {
  readonly about: About;
  readonly retrieved: readonly FileMeasure[];
  readonly large: readonly FoundFile[];
  readonly batches: readonly (readonly FoundFile[])[];
}

/** Builds the graph. Its value is the summary of all packages. */
export function auditGraph({ root, found, retrieve, keep, isTold }: AuditParts): Delayed<Summary> {
  const plans = found.packages.map((one) => planOf(one, retrieve));
  const countOf = (count: (plan: PackagePlan) => number): number =>
    plans.reduce((total, plan) => total + count(plan), 0);
  // Parts of large files take a hundred times as long as batches of small ones. Both get on evenly, so that what the
  // display says of the time left is right from the beginning.
  const nextPart = evenly(countOf(({ large }) => large.reduce((sum, { bytes }) => sum + partsOf(bytes), 0)));
  const nextBatch = evenly(countOf(({ batches }) => batches.length));
  // A plain function as the step of a combinator runs in the host, where it may reach what does not travel.
  const kept = (measured: readonly Measured[]): readonly Measured[] => {
    for (const one of measured) keep(one);
    return measured;
  };
  const sumUp = isTold ? summarize.with({ display: 'Summing up {0.name} ... ', confirm: true }) : summarize;
  const summaries = plans.map(({ about, retrieved, large, batches }) => {
    const measured = [
      ...large.map((file) => measureLarge(root, file, nextPart)),
      ...batches.map((batch) => hint(measure(root, batch), { priority: nextBatch() })),
    ];
    return sumUp(about, retrieved, map(kept, measured));
  });
  return treeReduce(join, summaries, emptySummary);
}

function planOf({ files, ...about }: FoundPackage, retrieve: AuditParts['retrieve']): PackagePlan {
  const retrieved: FileMeasure[] = [];
  const missing: FoundFile[] = [];
  for (const file of files) {
    const known = retrieve(file);
    if (known === undefined) missing.push(file);
    else retrieved.push(known);
  }
  return {
    about,
    retrieved,
    large: missing.filter(({ bytes }) => bytes > PART_BYTES),
    batches: batchesOf(missing.filter(({ bytes }) => bytes <= PART_BYTES)),
  };
}

function measureLarge(root: string, file: FoundFile, priority: () => number): Delayed<readonly Measured[]> {
  const whole = hint(digest(root, file), { priority: priority() });
  const parts = Array.from({ length: partsOf(file.bytes) }, (_, index) => {
    const start = index * PART_BYTES;
    const part = compress(root, file, start, Math.min(start + PART_BYTES, file.bytes));
    return hint(part, { priority: priority() });
  });
  return assemble(file, whole, ...parts);
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
