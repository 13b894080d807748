/**
 * Tables by their columns, as files of Arrow (Feather version 2), which pandas, Polars, DuckDB and R read.
 */

import type { Table } from 'apache-arrow';
import { inspectShort } from '../../base/inspect-short.ts';
import { isPlainObject } from '../../base/plain.ts';
import { apacheArrow } from '../../codec/arrow/apache-arrow.ts';
import {
  type ArrowColumn,
  fromArrow,
  type ReadArrowColumn,
  toArrow,
} from '../../codec/arrow/arrow-columns.ts';
import type { ArtifactHandler } from './handler.ts';

/** By this the package itself tells a table, whichever copy of it made one. */
const tableMark = Symbol.for('apache-arrow/Table');

type Columns<Column> = Readonly<Record<string, Column>>;

/**
 * Keeps columns by name: typed arrays, and lists of texts or truth values; and tables of `apache-arrow`. It gives columns,
 * which cross to threads as they are. Needs the package `apache-arrow`.
 */
export const arrowHandler: ArtifactHandler<Table | Columns<ArrowColumn> | Columns<ReadArrowColumn>> = {
  alias: 'arrow',
  suffix: 'arrow',
  binary: true,
  encode: (value) => {
    if (isTable(value)) return apacheArrow('write Arrow').tableToIPC(value, 'file');
    if (typeof value === 'object' && value !== null && isPlainObject(value))
      return toArrow(value as Columns<ArrowColumn>, { format: 'file' });
    throw new TypeError(
      `Cannot write Arrow as it must be columns by name, or a table: received ${inspectShort(value)}`,
    );
  },
  decode: (bytes) => fromArrow(bytes),
};

function isTable(value: unknown): value is Table {
  return (
    typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[tableMark] === true
  );
}
