/**
 * A file that is a list of records, as the text of each: so what nobody changed is written again as it was read, byte by byte.
 *
 * The text is cut where the records of the list begin and end. Each is read to its last number only when somebody asks for
 * more than its head. **Cost:** for a file of 1,000 experiments some 5 ms.
 */

import { once } from '../../base/once.ts';
import { isPlainObject } from '../../base/plain.ts';
import { DecodeError } from '../../codec/decode-error.ts';
import { codeOf } from '../../store/whole-file.ts';
import {
  fromPythonJson,
  type PythonJson,
  type PythonJsonObject,
  parsePythonJson,
  printPythonJson,
} from '../formats/python-json.ts';
import { UnreadableFileError } from './errors.ts';

const fs = once(() => process.getBuiltinModule('node:fs').promises);

/** Blanks for each level. */
const indent = 4;

/** A record of a file. */
export interface FileRecord {
  /** The file. */
  readonly path: string;
  /** As it stands in the file, from brace to brace; as Python would write it, if it stands there in another way. */
  readonly text: string;
  /** Its members as a program has them. Long integers are not exact. */
  readonly head: Readonly<Record<string, unknown>>;
  /** Where it stands, for messages: `record 3 of 'project.json'`. */
  readonly place: string;
}

/**
 * Reads a file.
 *
 * @returns `undefined` if it is not there
 * @throws {UnreadableFileError} If it cannot be read, or is no text.
 */
export async function readText(path: string): Promise<string | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await fs().readFile(path);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UnreadableFileError(path, `Cannot read '${path}': ${reason}`, { cause });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UnreadableFileError(path, `Cannot read '${path}' as it is no text of UTF-8`, { cause });
  }
}

/**
 * Cuts the text of a file into its records.
 *
 * @throws {UnreadableFileError} If it is no list of objects. It names the line and the column, or the record.
 */
export function cutRecords(path: string, text: string): readonly FileRecord[] {
  const list = headsOf(path, text);
  if (!Array.isArray(list)) {
    throw new UnreadableFileError(
      path,
      `Cannot read '${path}' as it must be a list of records: received ${kindOf(list)}`,
    );
  }
  const texts = cut(text);
  return list.map((head: unknown, at): FileRecord => {
    const place = `record ${at + 1} of '${path}'`;
    if (typeof head !== 'object' || head === null || !isPlainObject(head)) {
      throw new UnreadableFileError(
        path,
        `Cannot read ${place} as it must be an object: received ${kindOf(head)}`,
      );
    }
    const text = normalText(texts[at] as string, place);
    return { path, text, head: head as Record<string, unknown>, place };
  });
}

/** Puts records together as Python's `json.dump(…, indent=4, sort_keys=True)` does it. */
export function joinRecords(texts: readonly string[]): string {
  return texts.length === 0 ? '[]' : `[\n    ${texts.join(',\n    ')}\n]`;
}

/** What is written of a record that Python has written: its bare `NaN` and `Infinity` are no JSON, and only Python reads them. */
export function asJson(text: string): string {
  return /NaN|Infinity/.test(text) ? recordText(recordOf({ text, place: 'a record' })) : text;
}

/** Writes one record as it stands in a file. */
export function recordText(record: PythonJsonObject): string {
  const text = printPythonJson([record], { indent, sortKeys: true });
  return text.slice('[\n    '.length, -'\n]'.length);
}

/** Reads one record with its numbers as they were. */
export function recordOf({ text, place }: Pick<FileRecord, 'text' | 'place'>): PythonJsonObject {
  return parsePythonJson(text, place) as PythonJsonObject;
}

/**
 * Reads something of a file.
 *
 * @throws {UnreadableFileError} In place of a `DecodeError`.
 */
export function orUnreadable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new UnreadableFileError(path, cause.message, { cause });
  }
}

/** On one line, indented otherwise, or with other characters than ASCII, a record is not as Python writes it. */
function normalText(text: string, place: string): string {
  const isNormal = text === '{}' || (text.startsWith('{\n        "') && text.endsWith('\n    }'));
  // oxlint-disable-next-line no-control-regex -- they are ASCII too
  return isNormal && !/[^\x00-\x7f]/.test(text) ? text : recordText(recordOf({ text, place }));
}

function headsOf(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Python's own words for numbers, or a fault, which is told with its place.
    try {
      return fromPythonJson(parsePythonJson(text, path));
    } catch (cause) {
      const reason = cause instanceof DecodeError ? cause.message : `Cannot read '${path}': ${String(cause)}`;
      throw new UnreadableFileError(path, reason, { cause });
    }
  }
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openers = new Set([0x5b, 0x7b]);
const closers = new Set([0x5d, 0x7d]);

/** @param text - a list in JSON without a fault */
function cut(text: string): readonly string[] {
  const texts: string[] = [];
  let depth = 0;
  let start = -1;
  const end = (at: number): void => {
    const record = text.slice(start, at).trim();
    if (record !== '') texts.push(record);
  };
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === quote) at = endOfString(text, at);
    else if (openers.has(unit)) {
      if (++depth === 1) start = at + 1;
    } else if (closers.has(unit)) {
      if (--depth === 0) end(at);
    } else if (unit === comma && depth === 1) {
      end(at);
      start = at + 1;
    }
  }
  return texts;
}

/** @returns where the string that begins at `at` has its last quote */
function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); ; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === backslash) before--;
    if ((end - before) % 2 === 1) return end;
    if (end === -1) return text.length;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** A text among the members of a record. */
export function textIn(record: Readonly<Record<string, unknown>>, name: string, place: string): string {
  const value = record[name];
  if (typeof value === 'string') return value;
  throw new DecodeError(
    name,
    `Cannot read ${place} as its '${name}' must be a text: received ${kindOf(value)}`,
  );
}

/** A list among the members of a record, which older files leave out. */
export function listIn(record: PythonJsonObject, name: string, place: string): readonly PythonJson[] {
  const value = record[name] ?? [];
  if (Array.isArray(value)) return value as readonly PythonJson[];
  throw new DecodeError(
    name,
    `Cannot read ${place} as its '${name}' must be a list: received ${kindOf(value)}`,
  );
}

/** An object in a record, which older files leave out. */
export function objectIn(value: PythonJson | undefined, name: string, place: string): PythonJsonObject {
  const given = value ?? {};
  if (typeof given === 'object' && !Array.isArray(given) && isPlainObject(given))
    return given as PythonJsonObject;
  throw new DecodeError(
    name,
    `Cannot read ${place} as its '${name}' must be an object: received ${kindOf(given)}`,
  );
}
