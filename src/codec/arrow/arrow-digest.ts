/**
 * What stands for a column in a digest: its type, and its values as they are read, whatever its batches, its offsets, the
 * padding of its buffers, and what lies under its nulls.
 */

import type { Data, Vector } from 'apache-arrow';
import { apacheArrow } from './apache-arrow.ts';

/** What a column is, as plain data. */
type Parts = readonly unknown[];

/**
 * Gives what stands for a column: equal for equal columns.
 *
 * @throws {TypeError} If it is a column of unions, or of views.
 */
export function digestPartsOf(vector: Vector): Parts {
  return [String(vector.type), vector.length, ...partsOf(vector.data)];
}

type Numbers = Exclude<NodeJS.TypedArray, Uint8ClampedArray>;

/** The parts of `Data` that are read here: of any type. */
interface Buffers {
  readonly values: Numbers;
  readonly valueOffsets: Int32Array | BigInt64Array;
}

const buffersOf = (chunk: Data): Buffers => chunk as unknown as Buffers;

function partsOf(chunks: readonly Data[]): Parts {
  const [first] = chunks;
  if (first === undefined) return [];
  const valid = validityOf(chunks);
  const values = valuesOf(first, chunks);
  return valid === undefined ? values : [valid, ...values];
}

function valuesOf(first: Data, chunks: readonly Data[]): Parts {
  const { Type } = apacheArrow('digest Arrow');
  switch (first.typeId) {
    case Type.Null:
      return [];
    case Type.Bool:
      return [fromEach(chunks, (chunk, i) => (isSet(buffersOf(chunk).values, chunk.offset + i) ? 1 : 0))];
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Binary:
    case Type.LargeBinary:
      return [lengthsOf(chunks), bytesOf(chunks)];
    case Type.List:
    case Type.Map:
      return [lengthsOf(chunks), partsOf(chunks.flatMap(membersOf))];
    case Type.FixedSizeList:
      return [partsOf(chunks.flatMap((chunk) => chunk.children.slice(0, 1)))];
    case Type.Struct:
      return first.children.map((_, i) => partsOf(chunks.flatMap((chunk) => chunk.children.slice(i, i + 1))));
    case Type.Dictionary:
      return [meantBy(chunks)];
    case Type.Union:
    case Type.Utf8View as number:
    case Type.BinaryView as number:
      throw new TypeError(
        `Cannot digest a column as it is of a type that has no digest: received ${String(first.type)}`,
      );
    default:
      return [numbersOf(chunks)];
  }
}

/** A sign for each row, if any has no value. */
function validityOf(chunks: readonly Data[]): Uint8Array | undefined {
  if (chunks.every((chunk) => chunk.nullCount === 0)) return undefined;
  return fromEachRow(chunks, (chunk, i) => (chunk.getValid(i) ? 1 : 0));
}

function fromEachRow(chunks: readonly Data[], sign: (chunk: Data, i: number) => number): Uint8Array {
  const signs = new Uint8Array(rowsOf(chunks));
  let at = 0;
  for (const chunk of chunks) for (let i = 0; i < chunk.length; i++) signs[at++] = sign(chunk, i);
  return signs;
}

/** As `fromEachRow`, but `0` where there is no value. */
function fromEach(chunks: readonly Data[], sign: (chunk: Data, i: number) => number): Uint8Array {
  return fromEachRow(chunks, (chunk, i) => (chunk.getValid(i) ? sign(chunk, i) : 0));
}

function rowsOf(chunks: readonly Data[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

function isSet(bits: Numbers, at: number): boolean {
  return ((Number(bits[at >> 3]) >> (at % 8)) & 1) === 1;
}

/** Numbers of one chunk without nulls are read where they are. */
function numbersOf(chunks: readonly Data[]): Numbers {
  const parts = chunks.map((chunk) => {
    const part = buffersOf(chunk).values.subarray(0, chunk.length * chunk.stride);
    if (chunk.nullCount === 0) return part;
    const own = part.slice();
    const zero = own instanceof BigInt64Array || own instanceof BigUint64Array ? 0n : 0;
    for (let i = 0; i < chunk.length; i++) {
      if (!chunk.getValid(i)) own.fill(zero as never, i * chunk.stride, (i + 1) * chunk.stride);
    }
    return own;
  });
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const Class = first?.constructor as new (length: number) => Numbers;
  const all = new Class(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part as never, at);
    at += part.length;
  }
  return all;
}

function offsetsOf(chunk: Data, i: number): readonly [from: number, to: number] {
  const { valueOffsets } = buffersOf(chunk);
  return chunk.getValid(i) ? [Number(valueOffsets[i]), Number(valueOffsets[i + 1])] : [0, 0];
}

function lengthsOf(chunks: readonly Data[]): Float64Array {
  const lengths = new Float64Array(rowsOf(chunks));
  let at = 0;
  for (const chunk of chunks) {
    for (let i = 0; i < chunk.length; i++) {
      const [from, to] = offsetsOf(chunk, i);
      lengths[at++] = to - from;
    }
  }
  return lengths;
}

function bytesOf(chunks: readonly Data[]): Uint8Array {
  const parts = chunks.flatMap((chunk) =>
    rangesOf(chunk).map(([from, to]) => buffersOf(chunk).values.subarray(from, to) as Uint8Array),
  );
  return parts.length === 1 ? (parts[0] as Uint8Array) : new Uint8Array(Buffer.concat(parts));
}

function membersOf(chunk: Data): readonly Data[] {
  const [members] = chunk.children;
  if (members === undefined) return [];
  return rangesOf(chunk).map(([from, to]) => members.slice(from, to - from));
}

/** What the rows of a chunk refer to, in as few pieces as there are. */
function rangesOf(chunk: Data): readonly (readonly [from: number, to: number])[] {
  const ranges: [from: number, to: number][] = [];
  for (let i = 0; i < chunk.length; i++) {
    const [from, to] = offsetsOf(chunk, i);
    if (from === to) continue;
    const last = ranges.at(-1);
    if (last?.[1] === from) last[1] = to;
    else ranges.push([from, to]);
  }
  return ranges;
}

/** What the indexes of a dictionary stand for: two dictionaries may have the same values in another order. */
function meantBy(chunks: readonly Data[]): Parts {
  const all: unknown[] = [];
  for (const chunk of chunks) {
    const { dictionary } = chunk;
    const parts = new Map<number, unknown>();
    for (let i = 0; i < chunk.length; i++) {
      if (!chunk.getValid(i)) {
        all.push(undefined);
        continue;
      }
      const index = Number(buffersOf(chunk).values[i]);
      if (!parts.has(index)) parts.set(index, partsOf(dictionary?.slice(index, index + 1).data ?? []));
      all.push(parts.get(index));
    }
  }
  return all;
}
