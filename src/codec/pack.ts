/**
 * Making values ready for the structured clone algorithm, and back, without losing what it loses.
 *
 * Structured cloning turns a `Buffer` into a `Uint8Array`, an error of a class into a bare one, and an
 * instance of a class into a plain object without a word. Packing replaces what has a codec by a
 * record of plain data, and refuses what has none, naming the way to it. Data that needs neither is
 * passed on as it is, after one look at it.
 */

import { HeddleError } from '../base/errors.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { pathText } from '../base/path.ts';
import { classNameOf, isPlainObject } from '../base/plain.ts';
import type { CodecEntry, Codecs } from './codecs.ts';
import { copyDeeply, copyValue } from './copy.ts';
import { DecodeError } from './decode-error.ts';
import { fromErrorData, toErrorData } from './error-data.ts';
import { expectList, expectText, unexpected } from './expect.ts';
import { FilePath } from './file-path.ts';
import { findInside } from './find.ts';
import { isKept } from './kept.ts';
import { kindKey } from './kind-key.ts';
import { isLarge, isPlainTree } from './plain-tree.ts';
import {
  expectRefData,
  expectView,
  makeView,
  Reference,
  type ReferenceReader,
  type ReferenceWriter,
  refDataIn,
  refKind,
  type Undereferenced,
  viewData,
  viewKind,
} from './references.ts';
import { Sealed } from './sealed.ts';

/** A value that can be cloned, and whether it must be unpacked on the other side. */
export interface Packed {
  readonly data: unknown;
  readonly isPacked: boolean;
}

/** Packs and unpacks the instances of one kind. */
export interface PackCodec {
  /** Names the kind in records; unique. */
  readonly kind: string;
  /** The name of the user's codec, if its records are to be written apart. */
  readonly refClass?: string | undefined;
  /** Whether a value is of this kind. Asked of functions and of instances of classes only. */
  matches(value: object): boolean;
  /** Gives plain data; parts of it are packed with `pack`. */
  pack(value: never, pack: (part: unknown) => unknown): unknown;
  unpack(data: never, unpack: (part: unknown) => unknown): unknown;
}

/** A value cannot be sent to another thread or process. */
export class NotCloneableError extends HeddleError {
  override readonly name: string = 'NotCloneableError';
  /** The way to it from where the search began, such as `args[0].model`. */
  readonly path: string;
  constructor(path: string, message: string, options?: ErrorOptions) {
    super('HEDDLE_NOT_CLONEABLE', message, options);
    this.path = path;
  }
}

/** A plain object of the user that looks like a record. */
const escapeKind = 'escape';
/** A plain object without a prototype, which cloning would give one. */
const bareKind = 'bare';

const builtinCodecs: readonly PackCodec[] = [
  {
    kind: 'buffer',
    matches: (value) =>
      typeof Buffer !== 'undefined' &&
      value instanceof Buffer &&
      !(value.buffer instanceof SharedArrayBuffer),
    // Cut off the block that Node shares among small Buffers.
    pack: (value: Buffer) => new Uint8Array(value),
    unpack: (data: unknown, unpack) => {
      const bytes = refDataIn(data) === undefined ? data : unpack(data);
      if (bytes instanceof ArrayBuffer) return Buffer.from(bytes);
      // Of anything else, `Buffer.from` makes as large a Buffer as it is told.
      if (!(bytes instanceof Uint8Array)) throw unexpected(bytes, 'buffer', 'bytes');
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
  },
  {
    kind: 'path',
    matches: (value) => value instanceof FilePath,
    pack: (value: FilePath) => value.path,
    unpack: (data: unknown) => new FilePath(expectText(data, 'path')),
  },
  {
    kind: 'error',
    matches: (value) => value instanceof Error,
    pack: (value: Error, pack) => toErrorData(value, pack),
    unpack: (data: unknown, unpack) => fromErrorData(data, unpack),
  },
];

/** Begins the kinds of users. */
const userPrefix = 'user:';

function packCodecOf({ name, codec, ref }: CodecEntry): PackCodec {
  return {
    kind: `${userPrefix}${name}`,
    refClass: ref === true ? name : undefined,
    matches: () => true,
    pack: (value, pack) => pack(codec.encode(value)),
    unpack: (data, unpack) => codec.decode(unpack(data) as never),
  };
}

/** How many holes of a list are looked at one by one. Arbitrary: lists with more are rare. */
const mostHoles = 16;

/** What is kept while a value is packed. */
interface Packing {
  /** What is being packed by codecs just now, one inside the other. */
  readonly inside: Set<object>;
  /** Puts large data elsewhere; `undefined` if all is to stay in the record. */
  readonly refs: ReferenceWriter | undefined;
  /** What stands for memory, so that views of the same memory go on sharing it. */
  readonly memories: Map<ArrayBuffer, object | undefined>;
}

/** What is kept while a value is unpacked. */
interface Unpacking {
  readonly done: Map<object, unknown>;
  readonly refs: ReferenceReader | Undereferenced | undefined;
}

/** Packs values with a fixed list of codecs. Both sides must have the same. */
export class Packer {
  readonly #codecs: readonly PackCodec[];
  readonly #byKind: ReadonlyMap<string, PackCodec>;
  /** Those of the user, between heddle's own kinds and those of the platform. */
  #users: Codecs | undefined;

  constructor(codecs: readonly PackCodec[] = []) {
    this.#codecs = codecs;
    this.#byKind = new Map([...codecs, ...builtinCodecs].map((codec) => [codec.kind, codec]));
  }

  /** Takes the user's codecs from now on. */
  use(users: Codecs | undefined): void {
    this.#users = users;
  }

  /**
   * Makes a value ready to be cloned.
   *
   * @param what - names the value in errors: `args`, `result`
   * @param refs - puts large data elsewhere; all is in the record without
   * @throws {NotCloneableError} If a part of it cannot be cloned, naming the way to it.
   */
  pack(value: unknown, what: string, refs?: ReferenceWriter): Packed {
    const leastBytes = refs?.leastBytes;
    if (isPlainTree(value, leastBytes)) return { data: value, isPacked: false };
    if (!this.#needsPacking(value, leastBytes)) return { data: value, isPacked: false };
    try {
      const packing = { inside: new Set<object>(), refs, memories: new Map() };
      return { data: this.#packPart(value, packing), isPacked: true };
    } catch (error) {
      if (error instanceof Refused) throw this.explain(value, what, error.value);
      throw error;
    }
  }

  /**
   * Gives back what was packed. Data may come from anywhere: nothing is run but the user's own codecs.
   *
   * @param refs - fetches what was put elsewhere; or leaves it there
   * @throws {DecodeError} If it is not what was packed, or a codec throws.
   */
  unpack({ data, isPacked }: Packed, refs?: ReferenceReader | Undereferenced): unknown {
    if (!isPacked) return data;
    try {
      return this.#unpackDeep(data, { done: new Map(), refs });
    } catch (cause) {
      if (cause instanceof DecodeError) throw cause;
      const reason = cause instanceof Error ? cause.message : inspectShort(cause);
      throw new DecodeError('value', `Cannot read the value: ${reason}`, { cause });
    }
  }

  /** Says what in a value cannot be cloned. */
  explain(value: unknown, what: string, culprit?: unknown, cause?: unknown): NotCloneableError {
    const found = findInside(
      value,
      (part) => (culprit === undefined ? this.#isUncloneable(part) : part === culprit),
      {
        most: Number.POSITIVE_INFINITY,
      },
    );
    const path = pathText(what, found?.steps ?? []);
    const reason =
      found === undefined
        ? String((cause as Error | undefined)?.message ?? 'it cannot be cloned')
        : reasonOf(found.value);
    return new NotCloneableError(path, `${path}: ${reason}`, { cause });
  }

  /** Packs what is inside a value. The hooks see each object before the copier does. */
  #packPart(value: unknown, packing: Packing): unknown {
    return copyDeeply(
      value,
      (instance) => this.#packInstance(instance, packing),
      (part, copy, remember) => {
        if (isPlainObject(part)) return packPlain(part, copy, remember);
        if (Array.isArray(part)) return undefined;
        if (this.#codecOf(part) !== undefined) return this.#packInstance(part, packing);
        // The clone algorithm copies it; once is enough.
        if (isKept(part) && !(part instanceof Map) && !(part instanceof Set))
          return packMemory(part, packing);
        // Of a class of the user, or of another realm. A copy of it would be made of what stands for its memory.
        return ArrayBuffer.isView(part) ? part : undefined;
      },
    );
  }

  #packInstance(value: object, packing: Packing): unknown {
    if (value instanceof Sealed) return this.#packSealed(value, packing);
    if (value instanceof Reference) return copyValue(Reference.recordOf(value));
    const codec = this.#codecOf(value);
    if (codec === undefined) {
      if (isCloneable(value)) return value;
      throw new Refused(value);
    }
    const { inside, refs } = packing;
    if (refs !== undefined && value instanceof Buffer && value.length >= refs.leastBytes) {
      const referenced = refs.write(value);
      if (referenced !== undefined)
        return { [kindKey]: codec.kind, data: { [kindKey]: refKind, data: { ...referenced, as: 'memory' } } };
    }
    // What is inside itself by way of a codec, such as an error that is its own cause, has no end.
    if (inside.has(value)) throw new Refused(value);
    inside.add(value);
    const isApart = refs !== undefined && codec.refClass !== undefined;
    const inner = isApart ? { inside, refs: undefined, memories: new Map() } : packing;
    const data = codec.pack(value as never, (part) => this.#packPart(part, inner));
    inside.delete(value);
    const record = { [kindKey]: codec.kind, data };
    const referenced = isApart ? refs.write(refs.encode(record)) : undefined;
    if (referenced === undefined) return record;
    return { [kindKey]: refKind, data: { ...referenced, as: 'record', class: codec.refClass } };
  }

  /** What was never opened goes on as it came, if whoever gets it can open it. */
  #packSealed(value: Sealed, packing: Packing): unknown {
    if (packing.refs?.readsWhatIsOf?.(value.home) === true) return value.packed();
    return this.#packPart(value.open(), packing);
  }

  #codecOf(value: object): PackCodec | undefined {
    const own = this.#codecs.find((codec) => codec.matches(value));
    if (own !== undefined || typeof value === 'function') return own;
    const users = this.#users?.find(value);
    if (users !== undefined) return packCodecOf(users);
    const builtin = builtinCodecs.find((codec) => codec.matches(value));
    if (builtin !== undefined || this.#users?.last === undefined || isCloneable(value)) return builtin;
    return packCodecOf(this.#users.last);
  }

  #unpackDeep(part: unknown, unpacking: Unpacking): unknown {
    if (typeof part !== 'object' || part === null) return part;
    if (unpacking.done.has(part)) return unpacking.done.get(part);
    if (Array.isArray(part)) return this.#unpackList(part, unpacking);
    if (part instanceof Map) return this.#unpackMap(part, unpacking);
    if (part instanceof Set) return this.#unpackSet(part, unpacking);
    if (!isPlainObject(part)) return part;
    const kind = part[kindKey];
    if (typeof kind === 'string') return this.#unpackRecord(kind, part, unpacking);
    unpacking.done.set(part, part);
    for (const key of Object.keys(part)) {
      const value = part[key];
      if (typeof value === 'object' && value !== null) part[key] = this.#unpackDeep(value, unpacking);
    }
    return part;
  }

  #unpackList(list: unknown[], unpacking: Unpacking): unknown[] {
    unpacking.done.set(list, list);
    let holes = 0;
    for (let i = 0; i < list.length; i++) {
      if (i in list) list[i] = this.#unpackDeep(list[i], unpacking);
      else if (++holes > mostHoles) {
        // A list of four thousand million holes takes ten bytes: go on with those that are there.
        for (const key of Object.keys(list)) {
          const at = Number(key);
          if (at > i) list[at] = this.#unpackDeep(list[at], unpacking);
        }
        return list;
      }
    }
    return list;
  }

  #unpackRecord(kind: string, record: Record<PropertyKey, unknown>, unpacking: Unpacking): unknown {
    if (kind === bareKind || kind === escapeKind) return this.#unpackPlain(kind, record, unpacking);
    const kept = unpacking.refs === 'keep' ? keptReference(kind, record) : undefined;
    if (kept !== undefined) {
      unpacking.done.set(record, kept);
      return kept;
    }
    if (kind === refKind || kind === viewKind) return this.#unpackReference(kind, record, unpacking);
    const codec = this.#byKind.get(kind) ?? this.#userCodec(kind);
    if (codec === undefined) {
      throw new DecodeError(
        'value',
        kind.startsWith(userPrefix)
          ? `Cannot read a value as there is no codec for it: received ${inspectShort(kind.slice(userPrefix.length))}`
          : `Cannot read a value as its kind is not known: received ${inspectShort(kind)}`,
      );
    }
    const value = codec.unpack(record['data'] as never, (inner) => this.#unpackDeep(inner, unpacking));
    unpacking.done.set(record, value);
    return value;
  }

  #unpackReference(kind: string, record: Record<PropertyKey, unknown>, unpacking: Unpacking): unknown {
    const value =
      kind === refKind ? this.#fetch(record['data'], unpacking) : this.#unpackView(record['data'], unpacking);
    unpacking.done.set(record, value);
    return value;
  }

  #fetch(given: unknown, { refs }: Unpacking): unknown {
    const data = expectRefData(given);
    if (refs === undefined || refs === 'keep') {
      throw new DecodeError(
        'ref',
        'Cannot read a value as it holds a reference, and nothing is known of where it leads',
      );
    }
    const bytes = refs.read(data);
    if (data.as === 'memory') return bytes.buffer;
    // What was written apart is whole in itself: a reference in it would lead to a circle.
    return this.#unpackDeep(refs.decode(bytes), { done: new Map(), refs: undefined });
  }

  #unpackView(given: unknown, unpacking: Unpacking): unknown {
    const parts = expectView(given);
    return makeView(parts, this.#unpackDeep(parts.memory, unpacking));
  }

  #unpackPlain(kind: string, record: Record<PropertyKey, unknown>, unpacking: Unpacking): unknown {
    const made: object = kind === bareKind ? Object.create(null) : {};
    unpacking.done.set(record, made);
    for (const entry of expectList(record['data'], kind)) {
      const [key, part] = expectList(entry, kind);
      const value = this.#unpackDeep(part, unpacking);
      Object.defineProperty(made, expectText(key, kind), {
        value,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return made;
  }

  #userCodec(kind: string): PackCodec | undefined {
    if (!kind.startsWith(userPrefix)) return undefined;
    const entry = this.#users?.named(kind.slice(userPrefix.length));
    return entry === undefined ? undefined : packCodecOf(entry);
  }

  #unpackMap(map: Map<unknown, unknown>, unpacking: Unpacking): Map<unknown, unknown> {
    unpacking.done.set(map, map);
    const entries = [...map];
    map.clear();
    for (const [key, value] of entries)
      map.set(this.#unpackDeep(key, unpacking), this.#unpackDeep(value, unpacking));
    return map;
  }

  #unpackSet(set: Set<unknown>, unpacking: Unpacking): Set<unknown> {
    unpacking.done.set(set, set);
    const members = [...set];
    set.clear();
    for (const member of members) set.add(this.#unpackDeep(member, unpacking));
    return set;
  }

  /** Whether anything in a value is other than plain data that the clone algorithm keeps as it is. */
  #needsPacking(root: unknown, leastBytes: number = Number.POSITIVE_INFINITY): boolean {
    const places: object[] = [];
    const seen = new Set<object>();
    const isSpecial = (value: unknown): boolean => {
      const type = typeof value;
      if (type === 'function' || type === 'symbol') return true;
      if (type !== 'object' || value === null || seen.has(value as object)) return false;
      seen.add(value as object);
      places.push(value as object);
      return false;
    };
    if (isSpecial(root)) return true;
    for (let next = places.pop(); next !== undefined; next = places.pop()) {
      if (Array.isArray(next)) {
        for (let i = 0; i < next.length; i++) if (isSpecial(next[i])) return true;
      } else if (isPlainObject(next)) {
        if (Object.getPrototypeOf(next) === null || Object.getOwnPropertySymbols(next).length > 0)
          return true;
        for (const key of Object.keys(next)) if (key === kindKey || isSpecial(next[key])) return true;
      } else if (Object.getPrototypeOf(next) === Map.prototype) {
        for (const [key, value] of next as Map<unknown, unknown>)
          if (isSpecial(key) || isSpecial(value)) return true;
      } else if (Object.getPrototypeOf(next) === Set.prototype) {
        for (const value of next as Set<unknown>) if (isSpecial(value)) return true;
      } else if (!isKept(next) || isLarge(next, leastBytes)) return true;
    }
    return false;
  }

  #isUncloneable(value: unknown): boolean {
    if (typeof value === 'symbol') return true;
    if (typeof value === 'function') return this.#codecOf(value) === undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    if (isPlainObject(value)) return Object.getOwnPropertySymbols(value).length > 0;
    if (value instanceof Sealed || value instanceof Reference) return false;
    return this.#codecOf(value) === undefined && !isKept(value) && !isCloneable(value);
  }
}

type Entries = (readonly [string, unknown])[];

function packPlain(
  value: Record<PropertyKey, unknown>,
  copy: (part: unknown) => unknown,
  remember: <Copy>(copy: Copy) => Copy,
): object | undefined {
  if (Object.getOwnPropertySymbols(value).length > 0) throw new Refused(value);
  const isBare = Object.getPrototypeOf(value) === null;
  if (!isBare && !Object.hasOwn(value, kindKey)) return undefined;
  const data: Entries = [];
  // Before its members, which may hold it.
  const record = remember({ [kindKey]: isBare ? bareKind : escapeKind, data });
  for (const key of Object.keys(value)) data.push([key, copy(value[key])]);
  return record;
}

/** Memory, and views of it: as they are, or by reference if they are large. */
function packMemory(part: object, { refs, memories }: Packing): object {
  if (refs === undefined || !isLarge(part, refs.leastBytes)) return part;
  const isView = ArrayBuffer.isView(part);
  const memory = (isView ? part.buffer : part) as ArrayBuffer;
  // What can grow, and what views follow, only the clone algorithm knows how to keep.
  if ((memory as { readonly resizable?: boolean }).resizable === true) return part;
  if (!memories.has(memory)) memories.set(memory, referenceTo(memory, refs));
  const record = memories.get(memory);
  if (record === undefined || !isView) return record ?? part;
  const data = viewData(part, record);
  return data === undefined ? part : { [kindKey]: viewKind, data };
}

function referenceTo(memory: ArrayBuffer, refs: ReferenceWriter): object | undefined {
  const referenced = refs.write(new Uint8Array(memory));
  return referenced === undefined ? undefined : { [kindKey]: refKind, data: { ...referenced, as: 'memory' } };
}

/** What stands for a record that is, or is a view of, data elsewhere. */
function keptReference(kind: string, record: Record<PropertyKey, unknown>): Reference | undefined {
  if (kind === refKind) {
    const data = expectRefData(record['data']);
    return new Reference(record, data, data.class ?? 'ArrayBuffer');
  }
  if (kind === viewKind) {
    const { name, memory } = expectView(record['data']);
    return new Reference(record, expectRefData(refDataIn(memory)), name);
  }
  const inner = kind === 'buffer' ? refDataIn(record['data']) : undefined;
  return inner === undefined ? undefined : new Reference(record, expectRefData(inner), 'Buffer');
}

/** Thrown while packing, to be explained with the way to the value. */
class Refused extends Error {
  readonly value: unknown;
  constructor(value: unknown) {
    super('a value cannot be cloned');
    this.value = value;
  }
}

/** Whether the clone algorithm keeps an instance with its class: true for those of the platform, such as `Blob`. */
function isCloneable(value: object): boolean {
  if (isKept(value)) return true;
  if (typeof value === 'function') return false;
  try {
    const copy: unknown = structuredClone(value);
    return (
      typeof copy === 'object' &&
      copy !== null &&
      Object.getPrototypeOf(copy) === Object.getPrototypeOf(value)
    );
  } catch {
    return false;
  }
}

function reasonOf(value: unknown): string {
  if (typeof value === 'symbol') return `${String(value)} is a symbol, which cannot be cloned`;
  if (typeof value === 'function') {
    const name = value.name === '' ? 'a function' : `'${value.name}' is a function`;
    return `${name}, which cannot be cloned; pass a task of a module in its place`;
  }
  if (value instanceof Promise) return 'it is a promise; wait for it first';
  const name = typeof value === 'object' && value !== null ? classNameOf(value) : typeof value;
  if (name === 'Object') return 'it has a member under a symbol, which would be lost';
  return `it is an instance of class '${name}', which would lose its class; pass plain data in its place, or register it with codecs()`;
}
