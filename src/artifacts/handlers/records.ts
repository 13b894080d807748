/**
 * Tables as lists of records, by whichever format they are kept: a record has a value, or none, for each column.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { isPlainObject } from '../../base/plain.ts';

/** A row by the names of its columns; where nothing is, it is `undefined`. */
export type TableRecord<Cell = unknown> = Readonly<Record<string, Cell>>;

/** The names of the columns in the order of their first use. */
export function columnsOf(records: readonly TableRecord[]): string[] {
  const names = new Set<string>();
  for (const record of records) for (const name of Object.keys(record)) names.add(name);
  return [...names];
}

/**
 * Takes what should be a list of records.
 *
 * @param verb - what is attempted, for the message: `write CSV`
 * @throws {TypeError} If it is none.
 */
export function checkRecords(value: unknown, verb: string): readonly TableRecord[] {
  const refuse = (received: unknown, place: string): TypeError =>
    new TypeError(
      `Cannot ${verb} as it must be a list of records by column: received ${inspectShort(received)}${place}`,
    );
  if (!Array.isArray(value)) throw refuse(value, '');
  for (const [at, record] of value.entries()) {
    if (typeof record !== 'object' || record === null || !isPlainObject(record))
      throw refuse(record, ` at value[${at}]`);
  }
  return value as readonly TableRecord[];
}
