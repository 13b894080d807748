/**
 * One audit, from a folder to a report: builds the graph, runs it, and tells what of it was retrieved.
 *
 * What was measured before an interruption or a failure is in the cache. Printing is left to `main.ts`.
 */
import { type Cache, type Event, run, type Sink } from 'heddle';
import { auditGraph } from './audit-graph.ts';
import type { Found } from './found.ts';
import { type Report, reportOf } from './report.ts';
import type { Told } from './tasks.ts';

/** What an audit is given. */
export interface AuditInput {
  /** The audited folder, absolute. */
  readonly root: string;
  readonly found: Found;
  /** Where measures are kept. `undefined` measures everything again. */
  readonly cache: Cache | undefined;
  /** Whether what is in the cache is measured anew, and replaced. */
  readonly isFresh?: boolean;
  readonly threads: number;
  readonly sinks: readonly Sink[];
  readonly signal: AbortSignal;
  /** Whether displays are to have a line for each package. */
  readonly isTold: boolean;
}

/**
 * Audits a folder.
 *
 * @throws the signal's reason, if it aborts
 */
export async function audit(input: AuditInput): Promise<Report> {
  const { root, found, cache, threads, sinks, signal, isTold, isFresh = false } = input;
  let calls = 0;
  const counter: Sink = {
    emit: (event: Event): void => {
      if (event.kind === 'run-settled') calls = event.counts.computed + event.counts.failed;
    },
  };
  let measuredFiles = 0;
  let measuredMs = 0;
  const summary = await run(auditGraph({ root, found, isTold }), {
    threads,
    cache,
    refresh: isFresh,
    sinks: [...sinks, counter],
    signal,
    onEvent: (event) => {
      if (event.kind !== 'emission') return;
      const { files, ownMs } = event.value as Told;
      measuredFiles += files;
      measuredMs += ownMs;
    },
  });
  const files = summary.packages.reduce((sum, one) => sum + one.files, 0);
  return reportOf(root, found, summary, {
    threads,
    tookMs: performance.now(),
    oneThreadMs: summary.ownMs,
    calls,
    retrievedFiles: files - measuredFiles,
    // Added up in another order, equal sums differ in their last digits.
    retrievedMs: Math.round(summary.ownMs - measuredMs),
  });
}
