/**
 * `npm run demo`: audits the packages under a folder on all cores, and tells what they weigh.
 *
 * Tables go to stdout, progress and notes to stderr. Exit code 0, also if some files could not be read; 2 for a
 * command line that makes no sense; 130 after Ctrl-C. What each part does is in the `README.md` beside this file.
 */
import { realpathSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { type Cache, isHeddleError, openCache, plain, type Sink, terminal } from 'heddle';
import { countOf, sizeText } from './amounts.ts';
import { audit } from './audit.ts';
import { findPackages } from './find-packages.ts';
import type { Found } from './found.ts';
import { type AuditOptions, readOptions, type Ui, USAGE, UsageError } from './options.ts';
import type { Report } from './report.ts';
import { reportText } from './report-text.ts';
import { whyOf } from './why.ts';

const project = resolve(import.meta.dirname, '../..');
/** Where output goes that is no terminal: wide enough for most names, narrow enough for most readers. */
const USUAL_WIDTH = 100;
const LEAST_WIDTH = 40;
const LEAST_COLOURS = 4;

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
type Interrupt = keyof typeof SIGNAL_NUMBERS;
const SIGNALS = Object.keys(SIGNAL_NUMBERS) as Interrupt[];

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  // Without a listener a closed stream ends the program; `print` tells what matters.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const interrupted = new AbortController();
  const interrupt = (signal: NodeJS.Signals): void => interrupted.abort(signal);
  try {
    const options = readOptions(args);
    if (options.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const root = folderOf(options.dir);
    // Looking for files does not wait for anything, so signals act as usual until the run begins.
    const found = findPackages(root);
    for (const signal of SIGNALS) process.once(signal, interrupt);
    const report = await auditFolder(root, found, options, interrupted.signal);
    const trouble = await print(report, options);
    if (trouble === undefined) return 0;
    note(`Cannot write the report: ${whyOf(trouble)}`);
    return 1;
  } catch (error) {
    if (interrupted.signal.aborted) {
      return 128 + (SIGNAL_NUMBERS[interrupted.signal.reason as Interrupt] ?? 0);
    }
    if (error instanceof UsageError) {
      note(`${error.message}\n\n${USAGE.trimEnd()}`);
      return 2;
    }
    if (!isHeddleError(error)) throw error;
    note(error.message);
    return 1;
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}

async function auditFolder(
  root: string,
  found: Found,
  options: AuditOptions,
  signal: AbortSignal,
): Promise<Report> {
  const troubles = new Set<string>();
  const cache = await openStore((trouble) => troubles.add(trouble));
  const threads = options.threads ?? availableParallelism();
  const files = found.packages.flatMap((one) => one.files);
  const size = sizeText(files.reduce((sum, { bytes }) => sum + bytes, 0));
  const packages = countOf(found.packages.filter(({ isPackage }) => isPackage).length, 'package');
  const title = `Auditing ${basename(root)}: ${countOf(files.length, 'file')} of ${packages}, ${size}`;
  try {
    using display = displayOf(options.ui, title);
    const sinks = display === undefined ? [] : [display];
    const isTold = options.ui === 'tree';
    return await audit({ root, found, cache, threads, sinks, signal, isTold, isFresh: options.fresh });
  } catch (error) {
    if (signal.aborted)
      note(
        `Interrupted${cache === undefined ? '' : '. What was measured until now is kept for the next time'}`,
      );
    throw error;
  } finally {
    await cache?.close();
    for (const trouble of troubles) note(trouble);
  }
}

/** Opens what keeps measures: in the project, whatever is audited, and outside of `node_modules`. */
async function openStore(tell: (trouble: string) => void): Promise<Cache | undefined> {
  const folder = process.env['HEDDLE_AUDIT_STORE'] ?? join(project, '.heddle', 'audit');
  try {
    // Which files were measured is in the measures.
    return await openCache(folder, { storeArguments: false, onTrouble: ({ message }) => tell(message) });
  } catch (error) {
    if (!isHeddleError(error)) throw error;
    note(`${error.message}\nMeasuring everything again`);
    return undefined;
  }
}

function displayOf(ui: Ui, title: string): (Sink & Disposable) | undefined {
  switch (ui) {
    case 'quiet':
      return undefined;
    case 'plain':
      return plain({ title });
    default:
      return terminal({ title, mode: ui });
  }
}

/** @throws {UsageError} If there is no such folder. */
function folderOf(dir: string | undefined): string {
  // npm runs scripts in the project's folder, and tells where the user is.
  const { npm_lifecycle_event: script, INIT_CWD: userDir } = process.env;
  const base = script === 'demo' && userDir !== undefined ? userDir : process.cwd();
  const path = dir === undefined ? join(project, 'node_modules') : resolve(base, dir);
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new UsageError(`Cannot audit the folder as it does not exist: received '${path}'`);
    }
    throw new UsageError(
      `Cannot audit the folder as it cannot be opened (${whyOf(error)}): received '${path}'`,
    );
  }
  throw new UsageError(`Cannot audit the folder as it is not a folder: received '${path}'`);
}

/** Gives what went wrong. */
async function print(report: Report, { json, top }: AuditOptions): Promise<Error | undefined> {
  const { isTTY, columns } = process.stdout;
  const width = Math.max(LEAST_WIDTH, isTTY ? Math.min(columns, 120) : USUAL_WIDTH);
  const colours =
    isTTY === true && process.stdout.getColorDepth() >= LEAST_COLOURS && !process.env['NO_COLOR'];
  const text = json
    ? `${JSON.stringify(report, undefined, 2)}
`
    : reportText(report, { width, top, colours });
  const trouble = await new Promise<NodeJS.ErrnoException | null | undefined>((settle) => {
    process.stdout.write(text, settle);
  });
  // A reader that has seen enough (`| head`) is no trouble.
  return trouble?.code === 'EPIPE' ? undefined : (trouble ?? undefined);
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
