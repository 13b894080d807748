/**
 * Measures files: the work of this audit, without any graph or thread in it.
 *
 * Memory stays small whatever the size of a file: at most `PART_BYTES` are held at once. A file that is no longer
 * what it was when it was found is refused, so that all parts of a file are of the same content.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { brotliCompressSync, gzipSync, constants as zlib } from 'node:zlib';
import type { FoundFile, Unreadable } from './found.ts';
import { licencesIn, mayHoldLicence } from './licence-texts.ts';
import { stampOf } from './stamp.ts';
import { stopwatch } from './stopwatch.ts';
import { whyOf } from './why.ts';

/** Files larger than this are measured in parts, each by a call of its own: some tenths of a second of work. */
export const PART_BYTES = 4 * 1024 * 1024;
/** As `npm pack` compresses. */
const GZIP_LEVEL = 9;
/** One of the upper levels, as for files that are compressed once and served often; the highest takes ten times as long. */
const BROTLI_QUALITY = 7;

/** Changes with what is measured, so that results of another version are not taken for those of this one. */
export const MEASURE_VERSION: string = [
  1,
  PART_BYTES,
  GZIP_LEVEL,
  BROTLI_QUALITY,
  process.versions['zlib'],
  process.versions['brotli'],
].join('/');

/** Git's rule: a file without a NUL byte among its first 8000 is text. */
const BYTES_LOOKED_AT = 8000;
const NEWLINE = 0x0a;

/** What is known of a part of a file. */
export interface PartMeasure {
  readonly gzipBytes: number;
  readonly brotliBytes: number;
  readonly newlines: number;
  readonly endsInNewline: boolean;
  readonly looksLikeText: boolean;
  /** The time it took, see `stopwatch.ts`. */
  readonly ownMs: number;
}

/** The SHA-256 of a whole file. */
export interface FileDigest {
  /** 64 hex characters. */
  readonly digest: string;
  readonly ownMs: number;
}

/** What is known of a file. */
export interface FileMeasure {
  readonly path: string;
  readonly bytes: number;
  /** Of each part on its own, added up, for files larger than `PART_BYTES`. */
  readonly gzipBytes: number;
  readonly brotliBytes: number;
  /** `undefined` for a file that is not text. */
  readonly lines: number | undefined;
  readonly digest: string;
  /** The licences whose texts were found in it. */
  readonly licences: readonly string[];
  readonly ownMs: number;
}

/** Some files could not be measured; others, which were to be measured with them, were. */
export class UnmeasuredError extends Error {
  readonly unreadable: readonly Unreadable[];
  readonly measures: readonly FileMeasure[];
  constructor(unreadable: readonly Unreadable[], measures: readonly FileMeasure[] = []) {
    super(`${unreadable[0]?.path}: ${unreadable[0]?.why}`);
    this.unreadable = unreadable;
    this.measures = measures;
  }
}

/** Measures files of at most `PART_BYTES`, and gives what came of it, with an error if not all could be measured. */
export function measureAll(
  root: string,
  files: readonly FoundFile[],
): { readonly measures: readonly FileMeasure[]; readonly unmeasured: UnmeasuredError | undefined } {
  const measures: FileMeasure[] = [];
  const unreadable: Unreadable[] = [];
  for (const file of files) {
    try {
      measures.push(measureWhole(root, file));
    } catch (error) {
      if (!(error instanceof UnmeasuredError)) throw error;
      unreadable.push(...error.unreadable);
    }
  }
  return {
    measures,
    unmeasured: unreadable.length === 0 ? undefined : new UnmeasuredError(unreadable, measures),
  };
}

/** Measures a file of at most `PART_BYTES`. */
function measureWhole(root: string, file: FoundFile): FileMeasure {
  const elapsed = stopwatch();
  return withFile(root, file, (descriptor) => {
    const content = read(descriptor, 0, file.bytes);
    const part = measureContent(content);
    const isText = part.looksLikeText;
    return {
      path: file.path,
      bytes: file.bytes,
      gzipBytes: part.gzipBytes,
      brotliBytes: part.brotliBytes,
      lines: isText ? linesOf(part.newlines, part.endsInNewline, file.bytes) : undefined,
      digest: createHash('sha256').update(content).digest('hex'),
      licences: isText && mayHoldLicence(file.path) ? licencesIn(content.toString('utf8')) : [],
      ownMs: elapsed(),
    };
  });
}

/** Measures what lies between two offsets of a file, the end exclusive. */
export function measurePart(root: string, file: FoundFile, start: number, end: number): PartMeasure {
  const elapsed = stopwatch();
  return withFile(root, file, (descriptor) => ({
    ...measureContent(read(descriptor, start, end)),
    ownMs: elapsed(),
  }));
}

/** Digests a file of any size. */
export function digestWhole(root: string, file: FoundFile): FileDigest {
  const elapsed = stopwatch();
  return withFile(root, file, (descriptor) => {
    const hash = createHash('sha256');
    const step = 1024 * 1024;
    for (let start = 0; start < file.bytes; start += step) {
      hash.update(read(descriptor, start, Math.min(start + step, file.bytes)));
    }
    return { digest: hash.digest('hex'), ownMs: elapsed() };
  });
}

/** Makes one measure of a digest and of all parts, in order. */
export function joinParts(
  file: FoundFile,
  { digest, ownMs }: FileDigest,
  ...parts: readonly PartMeasure[]
): FileMeasure {
  const sum = (of: (part: PartMeasure) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  const isText = parts[0]?.looksLikeText === true;
  const endsInNewline = parts.at(-1)?.endsInNewline === true;
  return {
    path: file.path,
    bytes: file.bytes,
    gzipBytes: sum((part) => part.gzipBytes),
    brotliBytes: sum((part) => part.brotliBytes),
    lines: isText
      ? linesOf(
          sum((part) => part.newlines),
          endsInNewline,
          file.bytes,
        )
      : undefined,
    digest,
    licences: [],
    ownMs: ownMs + sum((part) => part.ownMs),
  };
}

function measureContent(content: Buffer): Omit<PartMeasure, 'ownMs'> {
  const params = {
    [zlib.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
    [zlib.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  let newlines = 0;
  for (const byte of content) if (byte === NEWLINE) newlines++;
  return {
    gzipBytes: gzipSync(content, { level: GZIP_LEVEL }).length,
    brotliBytes: brotliCompressSync(content, { params }).length,
    newlines,
    endsInNewline: content.at(-1) === NEWLINE,
    looksLikeText: !content.subarray(0, BYTES_LOOKED_AT).includes(0),
  };
}

/** A last line without a newline is one too. */
function linesOf(newlines: number, endsInNewline: boolean, bytes: number): number {
  return newlines + (bytes > 0 && !endsInNewline ? 1 : 0);
}

/**
 * Opens a file for a while, and refuses one that changed since it was found, before or meanwhile.
 *
 * @throws {UnmeasuredError} If it cannot be read, or has changed.
 */
function withFile<Result>(root: string, file: FoundFile, use: (descriptor: number) => Result): Result {
  try {
    return withDescriptor(`${root}/${file.path}`, file, use);
  } catch (error) {
    throw new UnmeasuredError([{ path: file.path, why: whyOf(error) }]);
  }
}

function withDescriptor<Result>(path: string, file: FoundFile, use: (descriptor: number) => Result): Result {
  // Should a link or a pipe stand there by now, it is neither followed nor waited for. (Windows knows neither flag.)
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;
  const descriptor = openSync(path, (O_RDONLY ?? 0) | O_NOFOLLOW | O_NONBLOCK);
  try {
    refuseChanged(descriptor, file);
    const result = use(descriptor);
    refuseChanged(descriptor, file);
    return result;
  } finally {
    closeSync(descriptor);
  }
}

function refuseChanged(descriptor: number, { stamp }: FoundFile): void {
  if (stampOf(fstatSync(descriptor, { bigint: true })) !== stamp)
    throw new Error('changed since it was found');
}

function read(descriptor: number, start: number, end: number): Buffer {
  const content = Buffer.allocUnsafe(end - start);
  for (let filled = 0; filled < content.length; ) {
    const count = readSync(descriptor, content, filled, content.length - filled, start + filled);
    if (count === 0) throw new Error('changed since it was found');
    filled += count;
  }
  return content;
}
