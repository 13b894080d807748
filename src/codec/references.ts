/**
 * References: large data that does not travel in the record it belongs to. The record has a digest in its place, and who has
 * no use for the data passes on the record, and neither reads it nor writes it again.
 *
 * Here is what references are made of, and what reads and writes them must do. Where the data is, they know alone.
 */

import { isPlainObject } from '../base/plain.ts';
import { isDigest } from './canonical/digest-text.ts';
import type { Digest } from './canonical/digester.ts';
import { DecodeError } from './decode-error.ts';
import { expectIndex, expectList, expectRecord, expectText, unexpected } from './expect.ts';
import { kindKey } from './kind-key.ts';

/** The kind of records that stand for data elsewhere. */
export const refKind = 'ref';
/** The kind of records that stand for views of such data. */
export const viewKind = 'view';

/** Where data is that is not in its record. */
export interface Referenced {
  /** SHA-256 of the bytes. */
  readonly digest: Digest;
  /** How many bytes there are. */
  readonly bytes: number;
  /** Which of several copies of the same bytes it is, where each has an owner. */
  readonly place?: string;
}

/** What a record of kind `ref` has as its data. */
export interface RefData extends Referenced {
  /** The bytes are those of an `ArrayBuffer`, or they are a record with all that is in it. */
  readonly as: 'memory' | 'record';
  /** The name of the codec, if a record of an instance is there. */
  readonly class?: string;
}

/** Puts data elsewhere. */
export interface ReferenceWriter {
  /** From how many bytes on memory leaves its record. */
  readonly leastBytes: number;
  /** Whether a sealed value may be sent on as it is, or has to be opened. */
  readsWhatIsOf?(home: object): boolean;
  /** @returns `undefined` if it cannot be put there, as the disk is full: then it stays in its record */
  write(bytes: Uint8Array): Referenced | undefined;
  /** Makes bytes of a record. */
  encode(record: unknown): Uint8Array;
}

/** Fetches data from elsewhere. */
export interface ReferenceReader {
  /**
   * Gives the bytes, in memory that nobody else has.
   *
   * @throws {DecodeError} If they are not there, or not those of the digest.
   */
  read(referenced: Referenced): Uint8Array<ArrayBuffer>;
  /** @throws {DecodeError} If the bytes are no record. */
  decode(bytes: Uint8Array): unknown;
}

/** What stands for data that has been left where it is. */
export type Undereferenced = 'keep';

/**
 * Stands for large data that was not fetched: what `fromJSON` gives without `dereference`. `toJSON` writes it as the
 * reference that it was read from.
 */
export class Reference {
  /** SHA-256 of the bytes, by which they are found. */
  readonly digest: Digest;
  /** How many bytes there are. */
  readonly bytes: number;
  /** What it would be: `Float64Array`, `Buffer`, or the name of a codec. */
  readonly type: string;
  /** The record. */
  readonly #record: object;

  /** @internal */
  constructor(record: object, { digest, bytes }: Referenced, type: string) {
    this.#record = record;
    this.digest = digest;
    this.bytes = bytes;
    this.type = type;
    Object.freeze(this);
  }

  /** @internal */
  static recordOf(reference: Reference): object {
    return reference.#record;
  }
}

/** The data of a record of kind `ref`; `undefined` if it is no such record. */
export function refDataIn(record: unknown): unknown {
  if (typeof record !== 'object' || record === null || !isPlainObject(record)) return undefined;
  return record[kindKey] === refKind ? record['data'] : undefined;
}

const placePattern = /^[0-9a-z]{1,40}-\d{1,16}$/;

/** @throws {DecodeError} If it is no data of a reference. */
export function expectRefData(given: unknown): RefData {
  const { digest, bytes, as, place, class: name } = expectRecord(given, 'ref');
  const text = expectText(digest, 'ref.digest');
  if (!isDigest(text)) throw unexpected(digest, 'ref.digest', 'a digest');
  if (as !== 'memory' && as !== 'record') throw unexpected(as, 'ref.as', "'memory' or 'record'");
  // It becomes the name of a file.
  if (place !== undefined && !placePattern.test(expectText(place, 'ref.place')))
    throw unexpected(place, 'ref.place', 'a place');
  return {
    digest: text,
    bytes: expectIndex(bytes, 'ref.bytes'),
    as,
    ...(place === undefined ? {} : { place: place as string }),
    ...(name === undefined ? {} : { class: expectText(name, 'ref.class') }),
  };
}

type ViewClass = new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView;

const viewNames: ReadonlySet<string> = new Set([
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'DataView',
]);

/** A view as data; `undefined` if nobody knows how to make one of its class. */
export function viewData(view: ArrayBufferView, memory: object): readonly unknown[] | undefined {
  const name = view.constructor.name;
  if (!viewNames.has(name) || (globalThis as Record<string, unknown>)[name] !== view.constructor)
    return undefined;
  const length = view instanceof DataView ? view.byteLength : (view as Uint8Array).length;
  return [name, memory, view.byteOffset, length];
}

/** What a record of kind `view` holds. */
export interface ViewParts {
  readonly name: string;
  /** The record of its memory. */
  readonly memory: unknown;
  readonly offset: number;
  readonly length: number;
}

/** @throws {DecodeError} If it is no data of a view. */
export function expectView(given: unknown): ViewParts {
  const [name, memory, offset, length] = expectList(given, 'view');
  if (typeof name !== 'string' || !viewNames.has(name)) throw unexpected(name, 'view', 'the name of a view');
  return {
    name,
    memory,
    offset: expectIndex(offset, 'view.offset'),
    length: expectIndex(length, 'view.length'),
  };
}

/** @throws {DecodeError} If there is no such view of that memory. */
export function makeView({ name, offset, length }: ViewParts, memory: unknown): ArrayBufferView {
  if (!(memory instanceof ArrayBuffer)) throw unexpected(memory, 'view', 'of memory');
  const View = (globalThis as unknown as Record<string, ViewClass | undefined>)[name];
  if (View === undefined)
    throw new DecodeError('view', `Cannot read a view as this runtime has none: received ${name}`);
  try {
    return new View(memory, offset, length);
  } catch (cause) {
    throw new DecodeError('view', `Cannot read a view as it reaches beyond its memory: received ${name}`, {
      cause,
    });
  }
}

/** The references in packed data. */
export interface References {
  readonly places: ReadonlySet<string>;
  /** Whether it holds records of other kinds than those of data: tasks, graphs, failures. */
  readonly holdsOthers: boolean;
}

/** How many holes of a list are looked at one by one. Arbitrary: lists with more are rare. */
const mostHoles = 16;

function pushMembers(list: readonly unknown[], left: unknown[]): void {
  let holes = 0;
  for (let i = 0; i < list.length; i++) {
    const member = list[i];
    if (typeof member === 'object') left.push(member);
    if (member !== undefined || ++holes <= mostHoles) continue;
    // A list of four thousand million holes takes ten bytes: go on with those that are there.
    for (const key of Object.keys(list)) left.push(list[key as never]);
    return;
  }
}

/** Kinds of records that hold nothing which a run must see. */
const dataKinds: ReadonlySet<unknown> = new Set([
  refKind,
  viewKind,
  'buffer',
  'error',
  'escape',
  'bare',
  'path',
]);

/** Looks for references in packed data. It may be anything. */
export function referencesIn(packed: unknown): References {
  const places = new Set<string>();
  let holdsOthers = false;
  const seen = new Set<object>();
  const left: unknown[] = [packed];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (Array.isArray(next)) pushMembers(next, left);
    else if (next instanceof Map) for (const [key, value] of next) left.push(key, value);
    else if (next instanceof Set) for (const value of next) left.push(value);
    else if (isPlainObject(next)) {
      const kind = next[kindKey];
      if (kind === refKind) {
        const { place } = (next['data'] ?? {}) as { readonly place?: unknown };
        if (typeof place === 'string' && placePattern.test(place)) places.add(place);
      } else {
        if (typeof kind === 'string' && !dataKinds.has(kind) && !kind.startsWith('user:')) holdsOthers = true;
        for (const key of Object.keys(next)) left.push(next[key]);
      }
    }
  }
  return { places, holdsOthers };
}
