/**
 * A file that Perfetto (ui.perfetto.dev) and Chrome (chrome://tracing) open.
 */

import { BoundedFile } from './bounded-file.ts';
import { ChromeTrace } from './chrome-trace.ts';
import type { EventFile, EventLogOptions } from './event-log.ts';

/**
 * Makes a sink that writes a trace: a lane for each call at a time, arrows to those that need its value, counters of what
 * runs, and of the stages of pipelines.
 *
 * - **Bound:** as of `openEventLog`. What was dropped is told by a mark at the end.
 * - **Cut:** the file of a program that was killed opens all the same.
 *
 * @param path - of the file, made anew; one that ends with `.gz` is compressed
 *
 * @example
 * ```ts
 * import { mkdtempSync, readFileSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { run, task } from 'heddle';
 * import { openTrace } from 'heddle/traces';
 * const file = join(mkdtempSync(join(tmpdir(), 'heddle-')), 'run.trace.json');
 * const double = task((x: number) => 2 * x, { name: 'double' });
 * const trace = openTrace(file);
 * await run(double(double(1)), { sinks: trace });
 * await trace.close();
 * const slices = (JSON.parse(readFileSync(file, 'utf8')) as { ph: string; name: string }[]).filter(({ ph }) => ph === 'X');
 * assert.deepEqual(slices.map(({ name }) => name), ['double', 'double']);
 * ```
 */
export function openTrace(path: string, { details = false }: EventLogOptions = {}): EventFile {
  const file = new BoundedFile(path);
  const trace = new ChromeTrace();
  let separator = '[\n';
  const close = (): Promise<void> =>
    file.close(() => {
      const mark = { ph: 'i', s: 'g', pid: 0, tid: 0, ts: 0, name: `${file.dropped} events dropped` };
      const last = file.dropped === 0 ? '' : `${separator}${JSON.stringify(mark)}`;
      return `${last === '' && separator === '[\n' ? '[' : last}\n]\n`;
    });
  return {
    details,
    graph: true,
    emit(event) {
      for (const record of trace.recordsOf(event)) {
        file.append(`${separator}${record}`);
        separator = ',\n';
      }
    },
    get dropped() {
      return file.dropped;
    },
    drained: () => file.drained(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
