/**
 * Tables of `apache-arrow` as bytes of Arrow's formats for files and streams, and back, without a copy on the way back.
 *
 * Bytes may come from anywhere. The package believes what they say of lengths and offsets; so these are compared with what
 * is there before anybody sees the table. Columns of unions and of views are left as the package reads them: what is missing
 * there reads as `undefined`.
 */

import type { Data, Table } from 'apache-arrow';
import { inspectShort } from '../../base/inspect-short.ts';
import { DecodeError } from '../decode-error.ts';
import { apacheArrow } from './apache-arrow.ts';
import { checkMetadata } from './arrow-metadata.ts';

const fileMark = Buffer.from('ARROW1');
/** What ends a stream. */
const streamEnd = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);
/** Where typed arrays of any kind may begin. */
const alignment = 8;

/** @throws {DecodeError} If they are no whole table. */
export function tableOfBytes(bytes: Uint8Array): Table {
  if (!(bytes instanceof Uint8Array)) throw arrowFault(`it must be bytes: received ${inspectShort(bytes)}`);
  const isFile = startsWith(bytes, fileMark);
  // Without them the package gives as many rows as it finds.
  if (!endsWith(bytes, isFile ? fileMark : streamEnd)) throw arrowFault('it does not end with its mark');
  checkMetadata(bytes, isFile);
  const { tableFromIPC } = apacheArrow('read Arrow');
  const aligned = bytes.byteOffset % alignment === 0 ? bytes : bytes.slice();
  let table: Table;
  try {
    table = tableFromIPC(aligned);
    for (const { children } of table.data) for (const column of children) checkData(column);
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DecodeError('arrow', `Cannot read a table as it is no whole one: received ${reason}`, {
      cause,
    });
  }
  return table;
}

/** What is thrown for bytes that are no table that can be read. */
export function arrowFault(reason: string): DecodeError {
  return new DecodeError('arrow', `Cannot read a table as ${reason}`);
}

function startsWith(bytes: Uint8Array, mark: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, mark.length), mark) === 0;
}

function endsWith(bytes: Uint8Array, mark: Uint8Array): boolean {
  return bytes.length > mark.length && Buffer.compare(bytes.subarray(-mark.length), mark) === 0;
}

/** The parts of `Data` that are looked at: of any type. */
interface Buffers {
  readonly values?: { readonly length: number } | undefined;
  readonly valueOffsets?: Int32Array | BigInt64Array | undefined;
  readonly nullBitmap?: Uint8Array | undefined;
}

/** Refuses what tells of more than there is. */
function checkData(data: Data): void {
  const { Type } = apacheArrow('read Arrow');
  const { typeId, length, offset, stride, children } = data;
  const { values, valueOffsets, nullBitmap } = data as unknown as Buffers;
  const enough = (has: number, needs: number, what: string): void => {
    if (has < needs)
      throw arrowFault(`there are fewer ${what} than it has rows: received ${has} of ${needs}`);
  };
  if (!Number.isSafeInteger(length)) throw arrowFault(`its length is none: received ${length}`);
  if (nullBitmap !== undefined && nullBitmap.length > 0)
    enough(nullBitmap.length * 8, offset + length, 'signs of validity');
  switch (typeId) {
    case Type.Null:
    case Type.Union:
    case Type.Utf8View as number:
    case Type.BinaryView as number:
      break;
    case Type.Bool:
      enough((values?.length ?? 0) * 8, length === 0 ? 0 : offset + length, 'values');
      break;
    case Type.Struct:
      for (const child of children) enough(child.length, length, 'members');
      break;
    case Type.FixedSizeList:
      for (const child of children) enough(child.length, length * stride, 'members');
      break;
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Binary:
    case Type.LargeBinary:
      checkOffsets(valueOffsets, length, values?.length ?? 0);
      break;
    case Type.List:
    case Type.Map:
      checkOffsets(valueOffsets, length, children[0]?.length ?? 0);
      break;
    default:
      enough(values?.length ?? 0, length * stride, 'values');
  }
  if (typeId === Type.Dictionary) checkIndexes(data);
  for (const child of children) checkData(child);
}

/** They may not go back, nor beyond the end. */
function checkOffsets(offsets: Int32Array | BigInt64Array | undefined, length: number, end: number): void {
  // Of no rows there may be no offsets either.
  if (length === 0) return;
  if (offsets === undefined || offsets.length <= length) throw arrowFault('offsets are missing');
  let before: number | bigint = 0;
  for (let i = 0; i <= length; i++) {
    const next = offsets[i] as number | bigint;
    if (next < before) throw arrowFault(`an offset goes back: received ${next} after ${before}`);
    before = next;
  }
  if (before > end) throw arrowFault(`an offset is beyond the end: received ${before} of ${end}`);
}

function checkIndexes(data: Data): void {
  const { dictionary, length } = data;
  if (dictionary === undefined) throw arrowFault('a dictionary is missing');
  const indexes = (data as unknown as { readonly values: ArrayLike<number | bigint> }).values;
  for (let i = 0; i < length; i++) {
    const index = indexes[i] as number | bigint;
    if (data.getValid(i) && (index < 0 || index >= dictionary.length))
      throw arrowFault(`an index is not in its dictionary: received ${index} of ${dictionary.length}`);
  }
  for (const chunk of dictionary.data) checkData(chunk);
}
