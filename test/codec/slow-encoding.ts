/**
 * The canonical encoding once more, as `docs/formats/digest.md` tells it: slow, recursive, a list of bytes at a time. Shares
 * nothing with `src/`, so that what both give is what the document says.
 */

import { createHash } from 'node:crypto';

type Bytes = readonly number[];

const header = [...Buffer.from('heddle'), 1, 0x12];

/** The digest of a value. */
export function slowDigest(value: unknown): string {
  return sha256([...header, ...encode(value, [])]).toString('hex');
}

/** The encoding of a value, without the header. */
export function slowEncoding(value: unknown): Bytes {
  return encode(value, []);
}

/** A value in another one. */
function inner(value: unknown, enclosers: readonly unknown[]): Bytes {
  return cut(encode(value, enclosers));
}

function cut(bytes: Bytes): Bytes {
  return bytes.length > 1024 ? [ascii('#'), ...sha256([...header, ...bytes])] : bytes;
}

function encode(value: unknown, enclosers: readonly unknown[]): Bytes {
  switch (typeof value) {
    case 'undefined':
      return [ascii('u')];
    case 'boolean':
      return [ascii(value ? 't' : 'f')];
    case 'number':
      return [ascii('d'), ...float(value)];
    case 'string':
      return text(value);
    case 'bigint': {
      const magnitude: number[] = [];
      for (let rest = value < 0n ? -value : value; rest > 0n; rest >>= 8n)
        magnitude.unshift(Number(rest & 255n));
      return [ascii(value < 0n ? 'm' : 'p'), ...count(magnitude.length), ...magnitude];
    }
    default:
      return value === null ? [ascii('n')] : object(value as object, enclosers);
  }
}

function object(value: object, outer: readonly unknown[]): Bytes {
  const out = outer.toReversed().indexOf(value);
  if (out >= 0) return [ascii('c'), ...count(out + 1)];
  const enclosers = [...outer, value];
  const member = (key: string): Bytes => [
    ...text(key),
    ...inner((value as Record<string, unknown>)[key], enclosers),
  ];
  if (Array.isArray(value)) return list(value, enclosers, member);
  if (value instanceof Map) {
    const entries = [...value].map(([k, v]) => [...inner(k, enclosers), ...inner(v, enclosers)]);
    return [ascii('M'), ...count(entries.length), ...entries.sort(byBytes).flat()];
  }
  if (value instanceof Set) {
    const members = [...value].map((part) => inner(part, enclosers));
    return [ascii('S'), ...count(members.length), ...members.sort(byBytes).flat()];
  }
  if (value instanceof Date) return [ascii('D'), ...float(value.getTime())];
  if (value instanceof RegExp)
    return [ascii('R'), ...text(value.source), ...text(value.flags), ...float(value.lastIndex)];
  if ([Number, String, Boolean, BigInt].some((Class) => value instanceof Class))
    return [ascii('x'), ...inner(value.valueOf(), enclosers)];
  if (value instanceof Error) {
    const keys = new Set([...Object.keys(value), 'name', 'message']);
    if (Object.hasOwn(value, 'cause')) keys.add('cause');
    if (Object.hasOwn(value, 'errors')) keys.add('errors');
    const sorted = [...keys].sort();
    return [
      ascii('E'),
      ...text(value.constructor.name),
      ...count(sorted.length),
      ...sorted.map(member).flat(),
    ];
  }
  if (value instanceof ArrayBuffer) {
    const head = value.resizable ? [ascii('a'), ...count(value.maxByteLength)] : [ascii('A')];
    return memory(head, new Uint8Array(value));
  }
  if (value instanceof SharedArrayBuffer) {
    const head = value.growable ? [ascii('g'), ...count(value.maxByteLength)] : [ascii('G')];
    return memory(head, new Uint8Array(value));
  }
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    if (value instanceof DataView) return memory([ascii('V')], bytes);
    if (value instanceof Buffer) return memory([ascii('N')], bytes);
    return memory([ascii('T'), ascii(elementCodes[value.constructor.name] as string)], bytes);
  }
  const method = (value as Record<symbol, unknown>)[Symbol.for('heddle.digest')];
  if (typeof method === 'function') {
    const { kind, parts } = method.call(value) as { kind: string; parts: unknown };
    return [ascii('K'), ...text(kind), ...inner(parts, enclosers)];
  }
  const keys = Object.keys(value).sort();
  return [ascii('r'), ...count(keys.length), ...keys.map(member).flat()];
}

function list(
  value: readonly unknown[],
  enclosers: readonly unknown[],
  member: (key: string) => Bytes,
): Bytes {
  const names = Object.keys(value)
    .filter((key) => !/^\d+$/.test(key))
    .sort();
  const bytes: number[] = [ascii(names.length === 0 ? 'l' : 'L'), ...count(value.length)];
  if (names.length > 0) bytes.push(...count(names.length));
  for (let i = 0; i < value.length; i++) {
    if (i in value) {
      bytes.push(...inner(value[i], enclosers));
      continue;
    }
    let end = i;
    while (end < value.length && !(end in value)) end++;
    bytes.push(ascii('h'), ...count(end - i));
    i = end - 1;
  }
  return [...bytes, ...names.map(member).flat()];
}

const elementCodes: Readonly<Record<string, string>> = {
  Int8Array: 'b',
  Uint8Array: 'B',
  Uint8ClampedArray: 'C',
  Int16Array: 'h',
  Uint16Array: 'H',
  Int32Array: 'i',
  Uint32Array: 'I',
  BigInt64Array: 'q',
  BigUint64Array: 'Q',
  Float16Array: 'e',
  Float32Array: 'f',
  Float64Array: 'd',
};

function memory(head: Bytes, bytes: Uint8Array): Bytes {
  return [...head, ...count(bytes.length), ...bytes];
}

function text(value: string): Bytes {
  const utf8 = Buffer.from(value, 'utf8');
  if (utf8.toString('utf8') === value) return [ascii('s'), ...count(utf8.length), ...utf8];
  const units = Buffer.from(value, 'utf16le');
  return [ascii('w'), ...count(units.length), ...units];
}

function float(value: number): Bytes {
  const bytes = Buffer.alloc(8);
  if (Number.isNaN(value)) bytes.writeUInt16LE(0x7ff8, 6);
  else bytes.writeDoubleLE(value);
  return [...bytes];
}

function count(value: number): Bytes {
  return value < 128 ? [value] : [(value % 128) + 128, ...count(Math.floor(value / 128))];
}

function byBytes(a: Bytes, b: Bytes): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function ascii(letter: string): number {
  return letter.charCodeAt(0);
}

function sha256(bytes: Bytes): Buffer {
  return createHash('sha256').update(Buffer.from(bytes)).digest();
}
