/**
 * The header of a `.npy` file as data: written as NumPy writes it, and read by a small grammar of its own, since it is
 * a literal of Python that must never be evaluated.
 *
 * The format is that of NumPy's enhancement proposal 1, as `numpy.lib.format` describes it.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { DecodeError } from './decode-error.ts';

/** What a header tells. */
export interface NpyHeader {
  /** The type of the elements in NumPy's notation, such as `<f8`. */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59); // \x93NUMPY
/** Before the header there are the magic, two bytes of version, and the length: two bytes, or four from version 2 on. */
const lengthAt = 8;
/** The array begins at a multiple of it. */
const alignment = 64;
/** Room that NumPy leaves for the first dimension to grow in place, in digits. */
const growthDigits = 21;
/** More than NumPy reads unless it is told to. */
const mostHeaderBytes = 10_000;
/** As many as NumPy has. */
export const mostDimensions = 64;

/** Writes all that comes before the elements, in version 1.0 of the format. */
export function writeNpyHeader({ descr, fortranOrder, shape }: NpyHeader): Uint8Array {
  const list = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const order = fortranOrder ? 'True' : 'False';
  let text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${list}), }`;
  const growing = fortranOrder ? shape.at(-1) : shape[0];
  if (growing !== undefined) text += ' '.repeat(growthDigits - String(growing).length);
  const before = lengthAt + 2;
  // As NumPy does it: a whole line of spaces if there was nothing to fill.
  text += ' '.repeat(alignment - ((before + text.length + 1) % alignment));
  const bytes = new Uint8Array(before + text.length + 1);
  bytes.set(magic);
  bytes.set([1, 0], magic.length);
  new DataView(bytes.buffer).setUint16(lengthAt, text.length + 1, true);
  bytes.set(Buffer.from(`${text}\n`, 'latin1'), before);
  return bytes;
}

/**
 * Reads a header of version 1.0, 2.0 or 3.0.
 *
 * @returns the header, and where the elements begin
 * @throws {DecodeError} If it is no such header.
 */
export function readNpyHeader(bytes: Uint8Array): { readonly header: NpyHeader; readonly end: number } {
  if (bytes.length < lengthAt || magic.some((byte, at) => bytes[at] !== byte))
    throw npyFault('it does not begin with the mark of NumPy');
  const [major = 0, minor = 0] = bytes.subarray(magic.length);
  if (major < 1 || major > 3 || minor !== 0)
    throw npyFault(`it is of version ${major}.${minor}: versions 1.0, 2.0 and 3.0 are read`);
  const start = lengthAt + (major === 1 ? 2 : 4);
  if (bytes.length < start) throw npyFault('it is cut off in its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = major === 1 ? view.getUint16(lengthAt, true) : view.getUint32(lengthAt, true);
  if (length > mostHeaderBytes)
    throw npyFault(`its header has more than ${mostHeaderBytes} bytes: received ${length}`);
  const end = start + length;
  if (bytes.length < end) throw npyFault('it is cut off in its header');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length);
  return { header: new HeaderReader(text.toString(major === 3 ? 'utf8' : 'latin1')).read(), end };
}

/** What is thrown for bytes that are no `.npy` file that can be read. */
export function npyFault(reason: string): DecodeError {
  return new DecodeError('npy', `Cannot read an array as ${reason}`);
}

/** Reads `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`: these keys, once each, and nothing else. */
class HeaderReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): NpyHeader {
    const found = new Map<string, unknown>();
    this.#expect('{');
    while (!this.#accept('}')) {
      const key = this.#string();
      this.#expect(':');
      if (found.has(key)) throw npyFault(`its header has two members ${inspectShort(key)}`);
      found.set(key, this.#member(key));
      if (this.#accept(',')) continue;
      this.#expect('}');
      break;
    }
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#fault();
    if (found.size < 3) throw npyFault('its header does not tell the type, the order and the shape');
    return {
      descr: found.get('descr') as string,
      fortranOrder: found.get('fortran_order') as boolean,
      shape: found.get('shape') as readonly number[],
    };
  }

  #member(key: string): unknown {
    switch (key) {
      case 'descr':
        if (this.#accept('['))
          throw npyFault('its elements are records\n  save each field as an array of its own');
        return this.#string();
      case 'fortran_order':
        return this.#take(/True|False/y) === 'True';
      case 'shape':
        return this.#shape();
      default:
        throw npyFault(`its header has a member ${inspectShort(key)}`);
    }
  }

  #shape(): number[] {
    const shape: number[] = [];
    this.#expect('(');
    while (!this.#accept(')')) {
      // NumPy wrote `3L` under Python 2.
      const size = Number(this.#take(/\d{1,16}L?/y).replace('L', ''));
      if (!Number.isSafeInteger(size) || shape.push(size) > mostDimensions)
        throw npyFault('its shape is larger than there may be');
      if (this.#accept(',')) continue;
      // `(3)` is no list to Python, but a number.
      if (shape.length === 1) throw this.#fault();
      this.#expect(')');
      break;
    }
    return shape;
  }

  #string(): string {
    return this.#take(/'[^'"\\\n]*'|"[^'"\\\n]*"/y).slice(1, -1);
  }

  #take(pattern: RegExp): string {
    this.#skipSpace();
    pattern.lastIndex = this.#at;
    const [taken] = pattern.exec(this.#text) ?? [];
    if (taken === undefined) throw this.#fault();
    this.#at += taken.length;
    return taken;
  }

  #accept(sign: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#accept(sign)) throw this.#fault();
  }

  #skipSpace(): void {
    while (' \t\n'.includes(this.#text[this.#at] ?? '-')) this.#at++;
  }

  #fault(): DecodeError {
    const rest = inspectShort(this.#text.slice(this.#at, this.#at + 20));
    return npyFault(`its header is not written as NumPy does it, at ${this.#at}: received ${rest}`);
  }
}
