/**
 * How tables and vectors of `apache-arrow` cross to workers and into caches: as Arrow's own stream of bytes.
 */

import type { Table, Vector } from 'apache-arrow';
import type { Codecs } from '../codecs.ts';
import { codecs } from '../codecs-registry.ts';
import { apacheArrow } from './apache-arrow.ts';
import { arrowFault, tableOfBytes } from './arrow-bytes.ts';
import { digestPartsOf } from './arrow-digest.ts';

/** By these the package itself tells its classes, whichever copy of it made an instance. */
const tableMark = Symbol.for('apache-arrow/Table');
const vectorMark = Symbol.for('apache-arrow/Vector');

/**
 * Codecs for `Table` and `Vector` of the package `apache-arrow`. Use them as they are, or with your own:
 * `codecs(import.meta, 'mine').extend(arrowCodecs)`.
 *
 * - **Cost:** to send a table copies its columns twice: into the stream of bytes, and to the worker. There nothing is
 *   copied: the columns are views of the bytes. Without any copy is `transfer(bytes)` of what `tableToIPC` gave.
 * - **Digests:** equal tables have equal digests, however they are split into batches.
 * - **Failure:** bytes that are no whole table are refused with a `DecodeError`.
 *
 * @throws {MissingPackageError} By what encodes and decodes, if `apache-arrow` is not installed.
 *
 * @example
 * ```ts
 * import { type Table, tableFromArrays } from 'apache-arrow';
 * import { run, tasks } from 'heddle';
 * import { arrowCodecs } from 'heddle/codecs/arrow';
 * export const { total } = tasks(import.meta, {
 *   total: (table: Table) => {
 *     let sum = 0;
 *     for (const price of table.getChild('price') ?? []) sum += price;
 *     return sum;
 *   },
 * });
 * if (import.meta.main) {
 *   const table = tableFromArrays({ price: Float64Array.of(1, 2, 3.5) });
 *   assert.equal(await run(total(table), { threads: 1, codecs: arrowCodecs }), 6.5);
 * }
 * ```
 */
export const arrowCodecs: Codecs = codecs(import.meta, 'arrowCodecs')
  .hook((value): value is Table => isMarked(value, tableMark), {
    name: 'arrow.Table',
    encode: (table: Table) => apacheArrow('write Arrow').tableToIPC(table, 'stream'),
    decode: (bytes: Uint8Array) => tableOfBytes(bytes),
    digest: (table: Table) => [
      table.schema.fields.map(({ name }) => name),
      table.schema.metadata,
      table.schema.fields.map((_, i) => digestPartsOf(table.getChildAt(i) as Vector)),
    ],
  })
  .hook((value): value is Vector => isMarked(value, vectorMark), {
    name: 'arrow.Vector',
    encode: (vector: Vector) => {
      const { Table, tableToIPC } = apacheArrow('write Arrow');
      return tableToIPC(new Table({ vector }), 'stream');
    },
    decode: (bytes: Uint8Array) => {
      const vector = tableOfBytes(bytes).getChildAt(0);
      if (vector === null) throw arrowFault('it has no column');
      return vector;
    },
    digest: digestPartsOf,
  });

function isMarked(value: object, mark: symbol): boolean {
  return (value as { readonly [name: symbol]: unknown })[mark] === true;
}
