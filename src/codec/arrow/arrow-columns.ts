/**
 * Columns of plain arrays as bytes of Arrow, and back: for programs that need no table, and files that pandas, Polars, DuckDB
 * and R read.
 *
 * Numbers, texts and truth values cross exactly. Columns of other types are refused, since plain arrays would lose what they
 * are: `tableFromIPC` of `apache-arrow` gives these.
 */

import type { Data, DataType, Vector } from 'apache-arrow';
import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import type { NumericArray } from '../npy.ts';
import { apacheArrow } from './apache-arrow.ts';
import { arrowFault, tableOfBytes } from './arrow-bytes.ts';

/** A column: numbers, or texts or truth values, which may be missing. */
export type ArrowColumn = NumericArray | readonly (string | undefined)[] | readonly (boolean | undefined)[];

/** A column as it is read: numbers of which some are missing are a list. */
export type ReadArrowColumn = ArrowColumn | readonly (number | undefined)[] | readonly (bigint | undefined)[];

/** Options of `toArrow`. */
export interface ToArrowOptions {
  /**
   * How the bytes are laid out: as a stream, or as a file (`.arrow`, Feather version 2), of which programs can read parts.
   *
   * @defaultValue `'stream'`
   */
  readonly format?: 'stream' | 'file';
}

/**
 * Writes columns as bytes of Arrow: one batch, without compression.
 *
 * - **Cost:** numbers are copied once. Texts are written in UTF-8, some ten million in a second.
 * - **Types:** of a typed array its own; a list is of texts, or of truth values if it begins with one. Where something is
 *   missing (`undefined`) it is null.
 *
 * @throws {TypeError} If a column is none of these.
 * @throws {RangeError} If the columns are not of one length, or a text is not well-formed Unicode.
 * @throws {MissingPackageError} If `apache-arrow` is not installed.
 *
 * @example
 * ```ts
 * import { fromArrow, toArrow } from 'heddle/codecs/arrow';
 * const bytes = toArrow({ city: ['Bern', undefined], people: Uint32Array.of(134_000, 0) });
 * assert.deepEqual(fromArrow(bytes), { city: ['Bern', undefined], people: Uint32Array.of(134_000, 0) });
 * ```
 */
export function toArrow(
  columns: Readonly<Record<string, ArrowColumn>>,
  options: ToArrowOptions = {},
): Uint8Array {
  refuseUnknownOptions(options, ['format'], 'write Arrow');
  const { Field, makeData, RecordBatch, Schema, Struct, Table, tableToIPC } = apacheArrow('write Arrow');
  const named = Object.entries(columns);
  const length = named[0]?.[1].length ?? 0;
  const children = named.map(([name, column]) => {
    const data = dataOf(column, name);
    if (data.length === length) return data;
    throw new RangeError(
      `Cannot write a table as all columns must have ${length} rows: received ${data.length} in '${name}'`,
    );
  });
  const fields = named.map(
    ([name], i) => new Field(name, children[i]?.type as DataType, (children[i]?.nullCount ?? 0) > 0),
  );
  const data = makeData({ type: new Struct(fields), length, nullCount: 0, children });
  const schema = new Schema(fields);
  return tableToIPC(new Table(schema, new RecordBatch(schema, data)), options.format ?? 'stream');
}

/**
 * Reads the columns of bytes of Arrow, whether a stream or a file.
 *
 * - **Cost:** numbers of one batch, of which none is missing, are views of the bytes; whoever changes them changes those.
 * - **Types:** integers, floats, texts, truth values, and dictionaries of these. Numbers of which some are missing are a list
 *   with `undefined`.
 *
 * @throws {DecodeError} If they are no whole table, or a column has another type, or the name of another one.
 * @throws {MissingPackageError} If `apache-arrow` is not installed.
 *
 * @example
 * ```ts
 * import { fromArrow, toArrow } from 'heddle/codecs/arrow';
 * const { x } = fromArrow(toArrow({ x: Float64Array.of(0.5, 1.5) }));
 * assert.deepEqual(x, Float64Array.of(0.5, 1.5));
 * ```
 */
export function fromArrow(bytes: Uint8Array): Readonly<Record<string, ReadArrowColumn>> {
  const table = tableOfBytes(bytes);
  const columns = new Map<string, ReadArrowColumn>();
  for (const [i, { name }] of table.schema.fields.entries()) {
    if (columns.has(name)) throw arrowFault(`two columns have one name: received '${name}'`);
    columns.set(name, columnOf(table.getChildAt(i) as Vector, name));
  }
  return Object.fromEntries(columns);
}

function dataOf(column: ArrowColumn, name: string): Data {
  if (ArrayBuffer.isView(column)) return numberData(column, name);
  if (!Array.isArray(column)) throw wrongColumn(name, column);
  const first: unknown = column.find((value) => value !== undefined);
  return typeof first === 'boolean' ? boolData(column, name) : textData(column, name);
}

function numberData(column: NumericArray, name: string): Data {
  const arrow = apacheArrow('write Arrow');
  const type = numberTypeOf(column);
  if (type === undefined) throw wrongColumn(name, column);
  // Of a `Float16Array` Arrow takes the bits.
  const Class = type.ArrayType as unknown as new (
    buffer: ArrayBufferLike,
    from: number,
    length: number,
  ) => NumericArray;
  const data = new Class(column.buffer, column.byteOffset, column.length);
  return arrow.makeData({ type, length: column.length, nullCount: 0, data } as never);
}

function numberTypeOf(column: NumericArray): DataType | undefined {
  const arrow = apacheArrow('write Arrow');
  switch (column[Symbol.toStringTag] as string) {
    case 'Int8Array':
      return new arrow.Int8();
    case 'Uint8Array':
    case 'Uint8ClampedArray':
      return new arrow.Uint8();
    case 'Int16Array':
      return new arrow.Int16();
    case 'Uint16Array':
      return new arrow.Uint16();
    case 'Int32Array':
      return new arrow.Int32();
    case 'Uint32Array':
      return new arrow.Uint32();
    case 'BigInt64Array':
      return new arrow.Int64();
    case 'BigUint64Array':
      return new arrow.Uint64();
    case 'Float16Array':
      return new arrow.Float16();
    case 'Float32Array':
      return new arrow.Float32();
    case 'Float64Array':
      return new arrow.Float64();
    default:
      return undefined;
  }
}

function wrongColumn(name: string, column: unknown): TypeError {
  return new TypeError(
    `Cannot write a table as column '${name}' must be a typed array of numbers, or a list of texts or of truth values: received ${inspectShort(column)}`,
  );
}

/** Which values are there, as bits; `undefined` if all are. */
function validity(column: readonly unknown[]): {
  readonly nullBitmap?: Uint8Array;
  readonly nullCount: number;
} {
  const bits = new Uint8Array((column.length + 7) >> 3);
  let nullCount = 0;
  for (const [i, value] of column.entries()) {
    if (value === undefined) nullCount++;
    else bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i % 8));
  }
  return nullCount === 0 ? { nullCount } : { nullBitmap: bits, nullCount };
}

function boolData(column: readonly unknown[], name: string): Data {
  const { Bool, makeData } = apacheArrow('write Arrow');
  const data = new Uint8Array((column.length + 7) >> 3);
  for (const [i, value] of column.entries()) {
    if (value === true) data[i >> 3] = (data[i >> 3] ?? 0) | (1 << (i % 8));
    else if (value !== false && value !== undefined) throw wrongColumn(name, value);
  }
  return makeData({ type: new Bool(), length: column.length, data, ...validity(column) });
}

function textData(column: readonly unknown[], name: string): Data {
  const { makeData, Utf8 } = apacheArrow('write Arrow');
  const valueOffsets = new Int32Array(column.length + 1);
  let end = 0;
  for (const [i, text] of column.entries()) {
    if (text !== undefined && typeof text !== 'string') throw wrongColumn(name, text);
    if (text?.isWellFormed() === false) {
      throw new RangeError(
        `Cannot write a table as a text of column '${name}' is not well-formed Unicode: received ${inspectShort(text)}`,
      );
    }
    end += text === undefined ? 0 : Buffer.byteLength(text);
    if (end > 2 ** 31 - 1) {
      throw new RangeError(
        `Cannot write a table as the texts of column '${name}' take more than 2 GiB\n  write it in parts`,
      );
    }
    valueOffsets[i + 1] = end;
  }
  const data = Buffer.allocUnsafeSlow(end);
  for (const [i, text] of column.entries()) {
    if (text !== undefined) data.write(text as string, valueOffsets[i] ?? 0);
  }
  return makeData({ type: new Utf8(), length: column.length, data, valueOffsets, ...validity(column) });
}

function columnOf(vector: Vector, name: string): ReadArrowColumn {
  const { Type } = apacheArrow('read Arrow');
  const { type } = vector;
  const meant =
    type.typeId === Type.Dictionary ? (type as { readonly dictionary: DataType }).dictionary : type;
  switch (meant.typeId) {
    case Type.Int:
    case Type.Float:
      if (type === meant && vector.nullCount === 0) return numbersOf(vector);
      break;
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Bool:
      break;
    default:
      throw arrowFault(
        `column '${name}' is of type ${String(type)}, which no plain array has\n  tableFromIPC of apache-arrow reads it`,
      );
  }
  const list: unknown[] = [];
  for (let i = 0; i < vector.length; i++) list.push(vector.get(i) ?? undefined);
  return list as ReadArrowColumn;
}

function numbersOf(vector: Vector): NumericArray {
  const values = vector.toArray() as NumericArray;
  const { Float16Array: Half } = globalThis as {
    readonly Float16Array?: new (buffer: ArrayBufferLike, from: number, length: number) => NumericArray;
  };
  const isHalf = String(vector.type) === 'Float16';
  return isHalf && Half !== undefined ? new Half(values.buffer, values.byteOffset, values.length) : values;
}
