/**
 * Looks at data that may be anything, since it came from a file or another process: either it is of the form that its
 * reader expects, or a `DecodeError` says which part is not. Never takes longer than the data is large.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { DecodeError } from './decode-error.ts';

/** @throws {DecodeError} If it is no text. */
export function expectText(value: unknown, path: string): string {
  if (typeof value !== 'string') throw unexpected(value, path, 'a text');
  return value;
}

/** @throws {DecodeError} If it is neither a text nor missing. */
export function expectTextOrNone(value: unknown, path: string): string | undefined {
  return value === undefined ? undefined : expectText(value, path);
}

/** @throws {DecodeError} If it is no integer from 0 to below a limit. */
export function expectIndex(value: unknown, path: string, below: number = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) >= below)
    throw unexpected(value, path, 'a position');
  return value as number;
}

/**
 * @returns the list, which has no holes: a list of four thousand million holes takes ten bytes
 * @throws {DecodeError} If it is no such list.
 */
export function expectList(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unexpected(value, path, 'a list');
  for (let i = 0; i < value.length; i++) if (!(i in value)) throw unexpected(value, path, 'without holes');
  return value;
}

/** @throws {DecodeError} If it is no record. Its members may be anything. */
export function expectRecord(value: unknown, path: string): Readonly<Record<string, unknown>> {
  const prototype: unknown =
    typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null) throw unexpected(value, path, 'a record');
  return value as Readonly<Record<string, unknown>>;
}

/** What is thrown for data of another form. */
export function unexpected(value: unknown, path: string, expected: string): DecodeError {
  return new DecodeError(
    path,
    `Cannot read '${path}' as it must be ${expected}: received ${inspectShort(value)}`,
  );
}
