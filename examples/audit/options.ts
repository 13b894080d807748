/**
 * The command line of the audit.
 */
import { parseArgs } from 'node:util';

/** How the run is shown: as the terminal allows, as a line for each call, as bars, as a log, not at all. */
export type Ui = (typeof UIS)[number];
const UIS = ['auto', 'tree', 'grouped', 'plain', 'quiet'] as const;

/** What was asked for. */
export interface AuditOptions {
  /** As given; `undefined` for this project's own dependencies. */
  readonly dir: string | undefined;
  /** `undefined` for as many as there are cores. */
  readonly threads: number | undefined;
  /** Rows of each table. */
  readonly top: number;
  /** Whether nothing is retrieved. */
  readonly fresh: boolean;
  readonly ui: Ui;
  readonly json: boolean;
  readonly help: boolean;
}

/** What `--help` prints. */
export const USAGE = `Usage: npm run demo [-- OPTIONS]

Audits the files of all packages under a folder, in parallel: sizes as they are, with gzip and
with brotli, lines, duplicates, licences. The second time, unchanged files are retrieved.

  --dir PATH      the folder to audit     (default: this project's node_modules)
  --threads N     how many threads work   (default: one for each core)
  --top N         rows in each table      (default: 10)
  --fresh         measures everything again
  --ui MODE       auto, tree, grouped, plain or quiet: how progress is shown, on stderr
  --json          prints the report as JSON
  --help          prints this
`;

/** The command line cannot be understood, or asks for what is not there. Its message is for the user. */
export class UsageError extends Error {}

/**
 * Reads the command line.
 *
 * @throws {UsageError} If it asks for what there is not.
 */
export function readOptions(args: readonly string[]): AuditOptions {
  const { values } = parse(args);
  const { dir, threads, top, fresh, ui, json, help } = values;
  if (dir === '') throw new UsageError("Cannot audit a folder as '--dir' needs a path: received ''");
  if (!UIS.includes(ui as Ui)) {
    throw new UsageError(`Cannot show progress as '--ui' must be one of ${UIS.join(', ')}: received '${ui}'`);
  }
  return {
    dir,
    threads: threads === undefined ? undefined : countOf('--threads', threads),
    top: countOf('--top', top),
    fresh,
    ui: ui as Ui,
    json,
    help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        dir: { type: 'string' },
        threads: { type: 'string' },
        top: { type: 'string', default: '10' },
        fresh: { type: 'boolean', default: false },
        ui: { type: 'string', default: 'auto' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`Cannot read the command line: ${sentence}`, { cause: error });
  }
}

function countOf(flag: string, text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 1000) {
    throw new UsageError(`Cannot audit as '${flag}' must be a number from 1 to 1000: received '${text}'`);
  }
  return count;
}
