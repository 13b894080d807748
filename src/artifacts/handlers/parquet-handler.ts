/**
 * Tables as files of Parquet, which pandas, Polars, DuckDB and Spark read.
 *
 * Written are columns of plain types, compressed with Snappy. Read is what the package `hyparquet` reads, compressed with
 * anything that Node.js can undo: Snappy, gzip, Brotli and Zstandard.
 *
 * **Trust:** that package believes the counts in a file. One that was cut off is refused; one that somebody has tampered with
 * may keep it busy for ever. Read files of strangers in a worker with a time limit.
 */

import type { Compressors } from 'hyparquet';
import type { BasicType, ColumnSource } from 'hyparquet-writer';
import { inspectShort } from '../../base/inspect-short.ts';
import { fail, importPeer } from '../../base/peer.ts';
import { DecodeError } from '../../codec/decode-error.ts';
import type { ArtifactHandler } from './handler.ts';
import { checkRecords, columnsOf, type TableRecord } from './records.ts';

/** What a cell holds. */
export type ParquetCell = string | number | boolean | bigint | Date | Uint8Array | undefined;

/**
 * Keeps lists of records, whose columns are each of one type: texts, numbers, `bigint`s of 64 bits, truth values, dates to
 * the millisecond, bytes. What is missing is null there, and `undefined` here.
 *
 * Needs the packages `hyparquet-writer` to write and `hyparquet` to read.
 */
export const parquetHandler: ArtifactHandler<readonly TableRecord<ParquetCell>[]> = {
  alias: 'parquet',
  suffix: 'parquet',
  binary: true,
  encode: async (value) => {
    const records = checkRecords(value, 'write Parquet');
    const columns = columnsOf(records).map((name) => columnOf(name, records));
    if (columns.length === 0)
      throw new TypeError('Cannot write Parquet as there must be a column: received no record with one');
    const { parquetWriteBuffer } = await importPeer('hyparquet-writer', 'write Parquet', () =>
      import('hyparquet-writer').catch(fail),
    );
    return new Uint8Array(parquetWriteBuffer({ columnData: columns }));
  },
  decode: async (bytes) => {
    const { parquetReadObjects } = await importPeer('hyparquet', 'read Parquet', () =>
      import('hyparquet').catch(fail),
    );
    // A view of a larger buffer would be read from that buffer's beginning.
    const file = new Uint8Array(bytes).buffer;
    try {
      const rows = await parquetReadObjects({ file, compressors: compressors(), utf8: false });
      return rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cell ?? undefined])),
      );
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new DecodeError('parquet', `Cannot read Parquet as it is no whole file: received ${reason}`, {
        cause,
      });
    }
  },
};

function columnOf(name: string, records: readonly TableRecord[]): ColumnSource {
  const data = records.map((record) => record[name] ?? undefined);
  return { name, data, type: typeOf(name, data) };
}

/** Numbers are integers if all are, and fit; so those of a column of `float64` that happen to be whole are kept as integers. */
function typeOf(name: string, data: readonly unknown[]): BasicType {
  let type: BasicType | undefined;
  for (const [at, cell] of data.entries()) {
    if (cell === undefined) continue;
    const own = cellType(cell);
    if (own === undefined || (type !== undefined && type !== own && !(isNumeric(type) && isNumeric(own)))) {
      throw new TypeError(
        `Cannot write Parquet as the cells of a column must be texts, numbers, bigints of 64 bits, truth values, dates or bytes, and all the same: received ${inspectShort(cell)} at value[${at}].${name}`,
      );
    }
    type = type === 'DOUBLE' ? type : own;
  }
  return type ?? 'STRING';
}

function isNumeric(type: BasicType): boolean {
  return type === 'INT32' || type === 'DOUBLE';
}

function cellType(cell: unknown): BasicType | undefined {
  switch (typeof cell) {
    case 'string':
      return cell.isWellFormed() ? 'STRING' : undefined;
    case 'number':
      return Object.is(cell | 0, cell) ? 'INT32' : 'DOUBLE';
    case 'bigint':
      return BigInt.asIntN(64, cell) === cell ? 'INT64' : undefined;
    case 'boolean':
      return 'BOOLEAN';
    default:
      if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? undefined : 'TIMESTAMP';
      return cell instanceof Uint8Array ? 'BYTE_ARRAY' : undefined;
  }
}

function compressors(): Compressors {
  const { brotliDecompressSync, gunzipSync, zstdDecompressSync } = process.getBuiltinModule('node:zlib');
  const most = (maxOutputLength: number): { readonly maxOutputLength: number } => ({ maxOutputLength });
  return {
    GZIP: (input, length) => gunzipSync(input, most(length)),
    BROTLI: (input, length) => brotliDecompressSync(input, most(length)),
    ZSTD: (input, length) => zstdDecompressSync(input, most(length)),
  };
}
