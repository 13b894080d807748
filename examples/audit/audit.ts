/**
 * One audit, from a folder to a report: finds, builds the graph, runs it, keeps what was measured.
 *
 * What was measured before an interruption or a failure is kept too. Printing is left to `main.ts`.
 */
import { type Event, run, type Sink } from 'heddle';
import { auditGraph } from './audit-graph.ts';
import type { Found, FoundFile } from './found.ts';
import type { FileMeasure } from './measure-file.ts';
import type { MeasureStore } from './measure-store.ts';
import { type Report, reportOf } from './report.ts';
import { isUnmeasured } from './summary.ts';
import type { Measured } from './tasks.ts';

/** What an audit is given. */
export interface AuditInput {
  /** The audited folder, absolute. */
  readonly root: string;
  readonly found: Found;
  readonly store: MeasureStore;
  readonly threads: number;
  readonly sinks: readonly Sink[];
  readonly signal: AbortSignal;
  /** Whether displays are to have a line for each package. */
  readonly isTold: boolean;
  /** Is told what went wrong without spoiling the report. */
  readonly warn: (note: string) => void;
}

/**
 * Audits a folder.
 *
 * @throws the signal's reason, if it aborts
 */
export async function audit(input: AuditInput): Promise<Report> {
  const { root, found, store, threads, sinks, signal, isTold, warn } = input;
  const byPath = new Map<string, FoundFile>();
  for (const { files } of found.packages) for (const file of files) byPath.set(file.path, file);
  let retrievedFiles = 0;
  let retrievedMs = 0;
  const retrieve = (file: FoundFile): FileMeasure | undefined => {
    const measure = store.get(file);
    if (measure === undefined) return undefined;
    retrievedFiles++;
    retrievedMs += measure.ownMs;
    return measure;
  };
  let measuredFiles = 0;
  const keep = (measured: Measured): void => {
    const file = byPath.get(measured.path);
    if (file === undefined || file.isFresh || isUnmeasured(measured)) return;
    store.put(file, measured);
    measuredFiles++;
  };
  let calls = 0;
  const counter: Sink = {
    emit: (event: Event): void => {
      if (event.kind === 'run-settled') calls = event.counts.computed;
    },
  };
  try {
    const graph = auditGraph({ root, found, retrieve, keep, isTold });
    const summary = await run(graph, { threads, sinks: [...sinks, counter], signal });
    const oneThreadMs = summary.ownMs;
    const tookMs = performance.now();
    return reportOf(root, found, summary, {
      threads,
      tookMs,
      oneThreadMs,
      calls,
      retrievedFiles,
      retrievedMs,
    });
  } finally {
    const trouble = measuredFiles === 0 && retrievedFiles === byPath.size ? undefined : store.save(found);
    if (trouble !== undefined) warn(trouble);
  }
}
