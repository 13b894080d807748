/**
 * Whether the metadata of Arrow's streams and files keeps within its bytes.
 *
 * They are tables of FlatBuffers: positions and counts, which the package follows without a look. A single changed byte may
 * tell of four thousand million columns. So all are followed here first, once each: what is refused, or takes long, is refused
 * here. Leaves the meaning of it all to the package.
 *
 * The tables are those of `Message.fbs`, `Schema.fbs` and `File.fbs` of the Arrow format, version 5.
 */

import { DecodeError } from '../decode-error.ts';

/** What a field of a table refers to; `undefined` for a number. */
type Shape =
  | undefined
  | 'text'
  | { readonly table: TableName }
  | { readonly tables: TableName }
  | { readonly each: number }
  /** One of several tables, by the number in the field before. */
  | { readonly oneOf: ReadonlyMap<number, TableName> };

type TableName =
  | 'Message'
  | 'Schema'
  | 'Field'
  | 'KeyValue'
  | 'DictionaryEncoding'
  | 'Numbers'
  | 'Timestamp'
  | 'Union'
  | 'RecordBatch'
  | 'DictionaryBatch'
  | 'Footer';

/** A field of numbers alone is not looked at. */
const number = undefined;
const typeTables: ReadonlyMap<number, TableName> = new Map(
  Array.from({ length: 26 }, (_, i) => [
    i + 1,
    i + 1 === 10 ? 'Timestamp' : i + 1 === 14 ? 'Union' : 'Numbers',
  ]),
);

const tables: Readonly<Record<TableName, readonly Shape[]>> = {
  Message: [
    number,
    number,
    {
      oneOf: new Map([
        [1, 'Schema'],
        [2, 'DictionaryBatch'],
        [3, 'RecordBatch'],
      ]),
    },
    number,
    { tables: 'KeyValue' },
  ],
  Schema: [number, { tables: 'Field' }, { tables: 'KeyValue' }, { each: 8 }],
  Field: [
    'text',
    number,
    number,
    { oneOf: typeTables },
    { table: 'DictionaryEncoding' },
    { tables: 'Field' },
    { tables: 'KeyValue' },
  ],
  KeyValue: ['text', 'text'],
  DictionaryEncoding: [number, { table: 'Numbers' }],
  Numbers: [],
  Timestamp: [number, 'text'],
  Union: [number, { each: 4 }],
  RecordBatch: [number, { each: 16 }, { each: 16 }, { table: 'Numbers' }, { each: 8 }],
  DictionaryBatch: [number, { table: 'RecordBatch' }],
  Footer: [number, { table: 'Schema' }, { each: 24 }, { each: 24 }, { tables: 'KeyValue' }],
};

/** Deeper types are written by nobody. Arbitrary. */
const mostDepth = 64;
/** What may stand before the length of the metadata of a message. */
const continuation = 0xffff_ffff;
const fileHead = 8;
const fileMarkBytes = 6;

/**
 * Looks at all metadata.
 *
 * @param bytes - that end with the mark of a stream, or of a file
 * @throws {DecodeError} If any of it goes beyond its bytes.
 */
export function checkMetadata(bytes: Uint8Array, isFile: boolean): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isFile) checkFile(view);
  else checkStream(view);
}

function checkStream(view: DataView): void {
  for (let at = 0; ; ) {
    const next = checkMessage(view, at);
    if (next === undefined) return;
    at = next;
  }
}

function checkFile(view: DataView): void {
  const footerEnd = view.byteLength - fileMarkBytes - 4;
  if (footerEnd < fileHead) throw fault('it is too short');
  const footerBytes = view.getInt32(footerEnd, true);
  const from = footerEnd - footerBytes;
  if (footerBytes < 8 || from < fileHead) throw fault('its footer is longer than it is');
  const footer = new Walk(part(view, from, footerBytes));
  const root = footer.root('Footer');
  for (const list of [2, 3]) {
    for (const block of footer.structs(root, list, 24)) {
      const offset = Number(footer.view.getBigInt64(block, true));
      // The list of dictionaries is 2, as their messages are. One of another kind the package would read for ever.
      if (offset < fileHead || checkMessage(view, offset, list) === undefined)
        throw fault('a message is missing');
    }
  }
}

/**
 * @param kind - that it must be of
 * @returns where the next one begins; `undefined` if this is the end of the stream
 */
function checkMessage(view: DataView, start: number, kind?: number): number | undefined {
  let at = start;
  const length = (): number => {
    if (!(at >= 0 && at + 4 <= view.byteLength)) throw fault('a message is cut off');
    at += 4;
    return view.getUint32(at - 4, true);
  };
  let metadataBytes = length();
  if (metadataBytes === continuation) metadataBytes = length();
  if (metadataBytes === 0) return undefined;
  const message = new Walk(part(view, at, metadataBytes));
  const root = message.root('Message');
  if (kind !== undefined && message.kind(root) !== kind)
    throw fault('a message is of another kind than its footer tells');
  const bodyBytes = message.number(root, 3);
  const end = at + metadataBytes + bodyBytes;
  if (bodyBytes < 0 || !(end <= view.byteLength)) throw fault('a message is cut off');
  return end;
}

function part(view: DataView, from: number, length: number): DataView {
  if (from + length > view.byteLength) throw fault('a message is cut off');
  return new DataView(view.buffer, view.byteOffset + from, length);
}

function fault(reason: string): DecodeError {
  return new DecodeError('arrow', `Cannot read a table as ${reason}`);
}

/** Follows the tables of one message. */
class Walk {
  readonly view: DataView;
  /** How many tables there can be at most, as none is shared: so that following them ends. */
  #tablesLeft: number;

  constructor(view: DataView) {
    this.view = view;
    this.#tablesLeft = view.byteLength >> 2;
  }

  /** @returns where the table begins */
  root(name: TableName): number {
    const at = this.#target(0);
    this.#table(at, name, 0);
    return at;
  }

  /** Of a message: 1 is a schema, 2 a dictionary, 3 a batch. */
  kind(message: number): number {
    const at = this.#field(message, 1);
    return at === undefined ? 0 : this.view.getUint8(at);
  }

  /** The number in a field of 64 bits; 0 if it is left out. */
  number(table: number, field: number): number {
    const at = this.#field(table, field);
    return at === undefined ? 0 : Number(this.view.getBigInt64(this.#within(at, 8), true));
  }

  /** Where the members of a list begin. */
  structs(table: number, field: number, size: number): readonly number[] {
    const at = this.#field(table, field);
    if (at === undefined) return [];
    const [from, count] = this.#list(at, size);
    return Array.from({ length: count }, (_, i) => from + i * size);
  }

  #table(at: number, name: TableName, depth: number): void {
    if (depth > mostDepth || this.#tablesLeft-- <= 0) throw fault('its metadata is nested too deeply');
    this.#vtable(at);
    for (const [i, shape] of tables[name].entries()) {
      if (shape === undefined) continue;
      const field = this.#field(at, i);
      if (field === undefined) continue;
      if (shape === 'text') this.#list(field, 1);
      else if ('each' in shape) this.#list(field, shape.each);
      else if ('table' in shape) this.#table(this.#target(field), shape.table, depth + 1);
      else if ('tables' in shape) this.#tables(field, shape.tables, depth);
      else this.#oneOf(at, i, shape.oneOf, depth);
    }
  }

  #tables(field: number, name: TableName, depth: number): void {
    const [from, count] = this.#list(field, 4);
    for (let i = 0; i < count; i++) this.#table(this.#target(from + i * 4), name, depth + 1);
  }

  #oneOf(at: number, field: number, names: ReadonlyMap<number, TableName>, depth: number): void {
    const kindAt = this.#field(at, field - 1);
    const name = names.get(kindAt === undefined ? 0 : this.view.getUint8(kindAt));
    if (name === undefined) throw fault('it has a part of an unknown kind');
    this.#table(this.#target(this.#field(at, field) as number), name, depth + 1);
  }

  /** Where the table says which fields it has. */
  #vtable(at: number): { readonly at: number; readonly bytes: number; readonly tableBytes: number } {
    const vtable = this.#within(at - this.view.getInt32(this.#within(at, 4), true), 4);
    const bytes = this.view.getUint16(vtable, true);
    const tableBytes = this.view.getUint16(vtable + 2, true);
    this.#within(vtable, Math.max(bytes, 4));
    this.#within(at, Math.max(tableBytes, 4));
    return { at: vtable, bytes, tableBytes };
  }

  /** Where a field is; `undefined` if it is left out. */
  #field(table: number, index: number): number | undefined {
    const { at, bytes, tableBytes } = this.#vtable(table);
    const entry = 4 + index * 2;
    if (entry + 2 > bytes) return undefined;
    const offset = this.view.getUint16(at + entry, true);
    if (offset === 0) return undefined;
    if (offset >= tableBytes) throw fault('a field is beyond its table');
    return table + offset;
  }

  #target(at: number): number {
    return this.#within(at + this.view.getUint32(this.#within(at, 4), true), 4);
  }

  #list(field: number, size: number): readonly [from: number, count: number] {
    const at = this.#target(field);
    const count = this.view.getUint32(at, true);
    this.#within(at + 4, count * size);
    return [at + 4, count];
  }

  /** @returns where it was, if there are so many bytes */
  #within(at: number, bytes: number): number {
    if (at < 0 || at + bytes > this.view.byteLength) throw fault('its metadata goes beyond its end');
    return at;
  }
}
