/**
 * Keeps measures from one run to the next, in one file: a header, then a line for each measured file.
 *
 * **Valid**: a measure is given back only for the same path, size, times and inode, and the same way of measuring.
 * **Whole**: the file is written beside and then renamed, so nobody reads half of one; several audits at once are
 * safe, and each keeps what the others measured. A file that is damaged all the same counts as none.
 * **Bounded**: it holds only files that were found by the last run.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Found, FoundFile } from './found.ts';
import { type FileMeasure, MEASURE_VERSION } from './measure-file.ts';
import { whyOf } from './why.ts';

/** A measure, and of what. */
interface Entry {
  readonly stamp: string;
  readonly measure: FileMeasure;
}

const FORMAT = 'heddle-audit-1';

/** Measures of earlier runs, and of this one. */
export class MeasureStore {
  readonly #file: string;
  #entries = new Map<string, Entry>();
  /** Set when the file was there but is of no use: says why. */
  readonly note: string | undefined;

  /** @param isIgnored - whether what is there is not to be given back */
  constructor(file: string, { isIgnored }: { readonly isIgnored: boolean }) {
    this.#file = file;
    if (isIgnored) return;
    try {
      this.#entries = readEntries(file);
    } catch (error) {
      this.note = `The stored results in '${file}' cannot be used (${whyOf(error)}): measuring everything again`;
    }
  }

  /** Gives the measure of a file, if the file is still the same. O(1). */
  get({ path, stamp }: FoundFile): FileMeasure | undefined {
    const entry = this.#entries.get(path);
    return entry?.stamp === stamp ? entry.measure : undefined;
  }

  put({ path, stamp }: FoundFile, measure: FileMeasure): void {
    this.#entries.set(path, { stamp, measure });
  }

  /**
   * Writes what is known of the files that were found.
   *
   * @returns why that was not possible, in words; `undefined` if it was
   */
  save({ packages }: Found): string | undefined {
    const besides = tryReadEntries(this.#file);
    const lines: string[] = [];
    for (const file of packages.flatMap(({ files }) => files)) {
      const theirs = besides.get(file.path);
      const measure = this.get(file) ?? (theirs?.stamp === file.stamp ? theirs.measure : undefined);
      if (measure !== undefined) lines.push(JSON.stringify({ stamp: file.stamp, measure }));
    }
    const header = JSON.stringify({ format: FORMAT, measures: MEASURE_VERSION, lines: lines.length });
    const beside = `${this.#file}.${randomUUID()}.tmp`;
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      writeFileSync(beside, `${[header, ...lines].join('\n')}\n`);
      renameSync(beside, this.#file);
      return undefined;
    } catch (error) {
      tryRemove(beside);
      return `Cannot keep the results in '${this.#file}': ${whyOf(error)}`;
    }
  }
}

function tryRemove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // What could not be written cannot be removed either.
  }
}

function tryReadEntries(file: string): Map<string, Entry> {
  try {
    return readEntries(file);
  } catch {
    return new Map();
  }
}

/** @throws {Error} If the file is damaged. A file that is not there, or of another version, holds nothing. */
function readEntries(file: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const text = readOrNothing(file);
  if (text === undefined) return entries;
  const [first = '', ...lines] = text.trimEnd().split('\n');
  const header = JSON.parse(first) as Record<string, unknown> | null;
  if (header?.['format'] !== FORMAT) throw new Error('its header is not that of an audit');
  if (header['measures'] !== MEASURE_VERSION) return entries;
  if (header['lines'] !== lines.length) throw new Error('some lines are missing');
  for (const line of lines) {
    const entry = JSON.parse(line) as Entry;
    if (!isEntry(entry)) throw new Error('a line is no measure');
    entries.set(entry.measure.path, entry);
  }
  return entries;
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isEntry(entry: unknown): entry is Entry {
  const { stamp, measure } = (entry ?? {}) as { stamp?: unknown; measure?: Partial<FileMeasure> };
  return (
    typeof stamp === 'string' &&
    typeof measure === 'object' &&
    measure !== null &&
    typeof measure.path === 'string' &&
    typeof measure.digest === 'string' &&
    [measure.bytes, measure.gzipBytes, measure.brotliBytes, measure.ownMs].every(Number.isFinite) &&
    (measure.lines === undefined || Number.isFinite(measure.lines)) &&
    Array.isArray(measure.licences) &&
    measure.licences.every((licence) => typeof licence === 'string')
  );
}
