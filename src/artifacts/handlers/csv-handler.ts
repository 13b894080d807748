/**
 * Tables as CSV (RFC 4180): a row of names, then a row for each record.
 *
 * CSV has no types: all that is read is text, unless it is told what a column holds. Nothing is guessed, so a postal code keeps
 * its zeros.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import { fail, importPeer } from '../../base/peer.ts';
import { DecodeError } from '../../codec/decode-error.ts';
import type { ArtifactHandler, HandlerOptions } from './handler.ts';
import { checkRecords, columnsOf, type TableRecord } from './records.ts';
import { bytesOfText, textOfBytes } from './text-bytes.ts';

/** What a cell holds. */
export type CsvCell = string | number | boolean | bigint | undefined;

/** What a column is read as. */
type CellType = 'string' | 'number' | 'boolean' | 'bigint';

const readers: Readonly<Record<CellType, (text: string) => CsvCell>> = {
  string: (text) => text,
  number: (text) => (/^\s*[-+]?(?:\d|\.\d|inf|nan)/i.test(text) ? numberOf(text) : undefined),
  boolean: (text) => booleans.get(text.trim().toLowerCase()),
  bigint: (text) => (/^\s*-?\d+\s*$/.test(text) ? BigInt(text) : undefined),
};

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
  ['1', true],
  ['0', false],
]);

/**
 * Keeps lists of records, whose cells are texts, numbers, `bigint`s and truth values; what is missing is an empty cell.
 *
 * Options of reading: `columns`, such as `{ age: 'number', member: 'boolean' }`, of the types `'string'`, `'number'`,
 * `'boolean'` and `'bigint'`; in these an empty cell is `undefined`. Needs the package `papaparse`.
 */
export const csvHandler: ArtifactHandler<readonly TableRecord<CsvCell>[]> = {
  alias: 'csv',
  suffix: 'csv',
  binary: false,
  encode: async (value) => {
    const records = checkRecords(value, 'write CSV');
    const { default: papa } = await importPeer('papaparse', 'write CSV', () =>
      import('papaparse').catch(fail),
    );
    const names = columnsOf(records);
    const rows = records.map((record, at) =>
      names.map((name) => cellText(record[name], `value[${at}].${name}`)),
    );
    // A row of one empty cell would be no row at all.
    const quotes = (cell: unknown): boolean => names.length === 1 && cell === '';
    const text = papa.unparse([names, ...rows], { newline: '\n', quotes });
    return bytesOfText(names.length === 0 ? '' : `${text}\n`, 'CSV');
  },
  decode: async (bytes, options = {}) => {
    const types = columnTypes(options);
    const { default: papa } = await importPeer('papaparse', 'read CSV', () =>
      import('papaparse').catch(fail),
    );
    const text = textOfBytes(bytes, 'CSV').replace(/^\ufeff|\r?\n$/g, '');
    const { data, errors } = papa.parse<readonly string[]>(text, { delimiter: ',' });
    const [fault] = errors;
    if (fault !== undefined) throw csvFault(`${fault.message} in row ${fault.row ?? 0}`);
    const [names = [], ...lines] = text === '' ? [] : data;
    // Of one column an empty line is an empty cell, else nothing.
    const rows = names.length === 1 ? lines : lines.filter((row) => row.length > 1 || row[0] !== '');
    if (new Set(names).size < names.length) throw csvFault(`two columns have one name: ${names.join(', ')}`);
    for (const name of types.keys()) {
      if (!names.includes(name))
        throw csvFault(`there is no column ${inspectShort(name)}, but ${names.join(', ')}`);
    }
    return rows.map((row, at) => {
      if (row.length !== names.length)
        throw csvFault(`row ${at + 1} has ${row.length} cells, not ${names.length}`);
      return Object.fromEntries(
        names.map((name, i) => [name, cellOf(row[i] ?? '', types.get(name) ?? 'string', name, at + 1)]),
      );
    });
  },
};

function cellText(cell: unknown, place: string): string {
  switch (typeof cell) {
    case 'string':
      return cell;
    case 'number':
    case 'bigint':
    case 'boolean':
      return Object.is(cell, -0) ? '-0' : String(cell);
    case 'undefined':
      return '';
    default:
      if (cell === null) return '';
      throw new TypeError(
        `Cannot write CSV as a cell must be a text, a number or a truth value: received ${inspectShort(cell)} at ${place}`,
      );
  }
}

function columnTypes(options: HandlerOptions): ReadonlyMap<string, CellType> {
  refuseUnknownOptions(options, ['columns'], 'read CSV');
  const { columns = {} } = options;
  if (typeof columns !== 'object' || columns === null) {
    throw new TypeError(
      `Cannot read CSV as 'columns' must be types by column: received ${inspectShort(columns)}`,
    );
  }
  const types = Object.entries(columns) as [string, CellType][];
  for (const [name, type] of types) {
    if (!Object.hasOwn(readers, type)) {
      throw new TypeError(
        `Cannot read CSV as the type of the column ${inspectShort(name)} must be one of ${Object.keys(readers).join(', ')}: received ${inspectShort(type)}`,
      );
    }
  }
  return new Map(types);
}

function cellOf(text: string, type: CellType, name: string, row: number): CsvCell {
  if (type !== 'string' && text.trim() === '') return undefined;
  const cell = readers[type](text);
  if (cell !== undefined) return cell;
  throw csvFault(`row ${row} has no ${type} in the column ${inspectShort(name)}: ${inspectShort(text)}`);
}

/** Numbers as Python and others write them, too: `inf`, `nan`. */
function numberOf(text: string): number | undefined {
  const plain = text.trim().toLowerCase();
  if (plain.endsWith('nan')) return Number.NaN;
  if (/^[-+]?inf(?:inity)?$/.test(plain))
    return plain.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const value = Number(plain);
  return Number.isNaN(value) ? undefined : value;
}

function csvFault(reason: string): DecodeError {
  return new DecodeError('csv', `Cannot read CSV as it is no table: received ${reason}`);
}
