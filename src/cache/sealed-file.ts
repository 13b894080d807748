/**
 * One record as a file of JSON with its version and SHA-256 of the record's text, so that a damaged file is known.
 *
 * The seal tells of accidents only: whoever changes the record on purpose can seal it anew. See `signed`.
 */

import { sha256Hex } from '../codec/canonical/sha256.ts';

const version = 1;
const digits = 64;
/** What all files of this version begin with; then come the digits, and what follows them. */
const start = `{"heddle":"record","version":${version},"sha256":"`;
const middle = '","record":';
const end = '}\n';

/** The text of the file for the text of a record, which is JSON. */
export function sealed(text: string): string {
  return `${start}${sha256Hex(Buffer.from(text))}${middle}${text}${end}`;
}

/**
 * The record of a file.
 *
 * @param file - the file's text
 * @param parse - makes the record of what was parsed, or throws
 * @returns `undefined` if there is no text, or it is of another version, damaged, or no record
 */
export function unsealed<Result>(
  file: string | undefined,
  parse: (data: unknown) => Result,
): Result | undefined {
  const from = start.length + digits + middle.length;
  if (!file?.startsWith(start) || !file.endsWith(end) || file.slice(from - middle.length, from) !== middle)
    return undefined;
  const text = file.slice(from, -end.length);
  if (file.slice(start.length, start.length + digits) !== sha256Hex(Buffer.from(text))) return undefined;
  try {
    return parse(JSON.parse(text));
  } catch {
    // Whole, but not of the form that this version has.
    return undefined;
  }
}
