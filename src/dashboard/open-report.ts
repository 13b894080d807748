/**
 * Writes what a dashboard would show into one file that needs no server.
 */

import { systemClock } from '../base/clock.ts';
import { HeddleError } from '../base/errors.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { makeFolders } from '../base/make-folders.ts';
import type { Event, Sink } from '../events/event.ts';
import { encodeFrame } from '../observe/calls/call-frame.ts';
import { packReport } from '../observe/calls/report-pack.ts';
import { readPage } from './page-files.ts';
import { reportPage } from './page-html.ts';
import { WatchedRuns } from './watched-runs.ts';

/** What is in a report. */
export interface ReportOptions {
  /** @defaultValue the name of the file */
  readonly title?: string;
  /** Whether calls and values are shown in short, which takes some microseconds a call. @defaultValue `false` */
  readonly details?: boolean;
  /** How many calls are kept, of all runs together: 50 to 100 bytes each. @defaultValue 2,000,000 */
  readonly mostCalls?: number;
}

/** A report that is being made. */
export interface Report extends Sink, AsyncDisposable {
  /**
   * Writes the file, once.
   *
   * @throws {ReportFileError} If it cannot be written.
   */
  close(): Promise<void>;
}

/** A report could not be written. */
export class ReportFileError extends HeddleError {
  override readonly name = 'ReportFileError';
  readonly path: string;
  constructor(path: string, cause: unknown) {
    super('HEDDLE_REPORT_FILE', `Cannot write a report: received '${path}': ${String(cause)}`, { cause });
    this.path = path;
  }
}

/**
 * Makes a sink that writes a report when it is closed: the page of `openDashboard` as one HTML file, with all that it shows. It
 * opens without a server and without a network. With 100,000 calls it has 1 to 3 MB.
 *
 * @param path - of the file, made anew
 * @throws {PageMissingError} If the files of the page are not beside the library.
 *
 * @example
 * ```ts
 * import { mkdtempSync, readFileSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { run, task } from 'heddle';
 * import { openReport } from 'heddle/dashboard';
 * const file = join(mkdtempSync(join(tmpdir(), 'heddle-')), 'report.html');
 * const report = openReport(file, { title: 'Squares' });
 * await run(task((x: number) => x * x)(3), { sinks: report });
 * await report.close();
 * assert.match(readFileSync(file, 'utf8'), /<title>Squares<\/title>/);
 * ```
 */
export function openReport(path: string, options: ReportOptions = {}): Report {
  refuseUnknownOptions(options, ['title', 'details', 'mostCalls'], 'open a report');
  const { details = false, mostCalls = 2_000_000 } = options;
  const title = options.title ?? process.getBuiltinModule('node:path').basename(path);
  const page = readPage();
  const runs = new WatchedRuns('report', undefined, { mostCalls, mostRuns: 1000 });
  let latestMs = Number.NEGATIVE_INFINITY;
  let closed: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    const { promisify } = process.getBuiltinModule('node:util');
    const { gzip } = process.getBuiltinModule('node:zlib');
    const { writeFile } = process.getBuiltinModule('node:fs/promises');
    // What it shows ends with the last event, however much later it is written.
    const state = runs.stateAfter(0, Number.isFinite(latestMs) ? latestMs : systemClock.epochMs());
    const frames = new Map<number, Uint8Array>();
    for (const { run } of state.runs) {
      const fold = runs.foldOf(run);
      if (fold !== undefined) frames.set(run, encodeFrame(fold.columns, 0));
    }
    const zipped = await promisify(gzip)(packReport(state, frames), { level: 9 });
    try {
      makeFolders(process.getBuiltinModule('node:path').dirname(path));
      await writeFile(path, reportPage(page, title, zipped.toString('base64')));
    } catch (cause) {
      throw new ReportFileError(path, cause);
    }
  };
  const close = (): Promise<void> => (closed ??= write());
  return {
    details,
    graph: true,
    emit(event: Event) {
      runs.add(event);
      latestMs = Math.max(latestMs, event.atMs);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
