/**
 * Where in the user's source something was made.
 *
 * Taking the place costs one to two microseconds and a hundred bytes; turning it into text is done
 * only when somebody asks, since an error is rare and making things is not.
 */

/** A place in a source file, not yet turned into text. */
export interface Site {
  readonly stack?: string;
}

/**
 * Takes the place of the code that called `below`.
 *
 * @param below - the function whose caller is meant; frames above it are left out
 */
export function siteAbove(below: (...args: never[]) => unknown): Site {
  const site: Site = {};
  const limit = Error.stackTraceLimit;
  // One frame is all we show; each further frame costs some 200 ns.
  Error.stackTraceLimit = 1;
  Error.captureStackTrace(site, below);
  Error.stackTraceLimit = limit;
  return site;
}

/** A place as text and in parts. */
export interface Place {
  /** A path or URL, as the runtime gives it; source maps are honoured when the runtime does so. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
}

/** The folder of the package. Unknown in a user's bundle, where its files and the user's are one. */
const ownPackage = /^(?:file:\/\/)?(.*\/)(?:src\/base\/site\.ts|dist\/chunks\/heddle-\w+\.js)(?:\?.*)?$/.exec(
  import.meta.url,
)?.[1];

/**
 * Reads a site. Gives `undefined` for calls that heddle makes itself, and when the runtime did not tell,
 * such as for code made by `eval`.
 */
export function placeOf(site: Site | undefined): Place | undefined {
  const frame = site?.stack?.split('\n').find((line) => /^\s+at /.test(line));
  const match = frame?.match(
    /(?:\(|at (?:async )?)((?:file:|[A-Za-z]:[\\/]|\/|node:)[^()]*):(\d+):(\d+)\)?$/,
  );
  if (match === null || match === undefined) return undefined;
  const [, file = '', line, column] = match;
  const path = file.replace(/^file:\/\//, '');
  if (isOwn(path)) return undefined;
  return {
    // A loader may have put a query behind the file.
    file: path.replace(/\?.*$/, ''),
    line: Number(line),
    column: Number(column),
  };
}

/** Built files are shown as their sources when the runtime honours source maps. */
function isOwn(path: string): boolean {
  if (ownPackage === undefined || !path.startsWith(ownPackage)) return false;
  return /^(?:src|dist)\//.test(path.slice(ownPackage.length));
}

/** Gives a place as `source.ts:9`, or with its whole path and column as `/src/source.ts:9:3`. */
export function placeText(place: Place, { whole = false }: { readonly whole?: boolean } = {}): string {
  if (whole) return `${place.file}:${place.line}:${place.column}`;
  return `${place.file.slice(place.file.lastIndexOf('/') + 1)}:${place.line}`;
}

/**
 * Joins the stack of an error that was thrown elsewhere, in another thread or process, with the place here that it was
 * run for. Frames of this package are left out.
 *
 * @param what - was called at the place: `pool.map`
 */
export function joinStack(error: unknown, what: string, site: Site): void {
  const place = placeOf(site);
  if (!(error instanceof Error) || typeof error.stack !== 'string' || place === undefined) return;
  const here = `    at ${what} (${placeText(place, { whole: true })})`;
  // One error may end many calls.
  if (error.stack.endsWith(here)) return;
  const lines = error.stack.split('\n').filter((line) => !isOwn(fileIn(line)));
  Object.defineProperty(error, 'stack', {
    value: [...lines, here].join('\n'),
    writable: true,
    configurable: true,
  });
}

/** The path in a line of a stack; empty if the line is no frame. */
function fileIn(line: string): string {
  return /^\s+at (?:.*\()?(?:file:\/\/)?(\/[^()]*?):\d+:\d+\)?$/.exec(line)?.[1] ?? '';
}
