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
import { copyDeeply } from './copy.ts';
import { DecodeError } from './decode-error.ts';
import { fromErrorData, toErrorData } from './error-data.ts';
import { expectList, expectText, unexpected } from './expect.ts';
import { findInside } from './find.ts';
import { isKept } from './kept.ts';
import { kindKey } from './kind-key.ts';
import { isPlainTree } from './plain-tree.ts';

/** A value that can be cloned, and whether it must be unpacked on the other side. */
export interface Packed {
  readonly data: unknown;
  readonly isPacked: boolean;
}

/** Packs and unpacks the instances of one kind. */
export interface PackCodec {
  /** Names the kind in records; unique. */
  readonly kind: string;
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
    unpack: (data: unknown) => {
      // Of anything else, `Buffer.from` makes as large a Buffer as it is told.
      if (!(data instanceof Uint8Array)) throw unexpected(data, 'buffer', 'bytes');
      return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    },
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

function packCodecOf({ name, codec }: CodecEntry): PackCodec {
  return {
    kind: `${userPrefix}${name}`,
    matches: () => true,
    pack: (value, pack) => pack(codec.encode(value)),
    unpack: (data, unpack) => codec.decode(unpack(data) as never),
  };
}

/** How many holes of a list are looked at one by one. Arbitrary: lists with more are rare. */
const mostHoles = 16;

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
   * @throws {NotCloneableError} If a part of it cannot be cloned, naming the way to it.
   */
  pack(value: unknown, what: string): Packed {
    if (isPlainTree(value)) return { data: value, isPacked: false };
    if (!this.#needsPacking(value)) return { data: value, isPacked: false };
    try {
      return { data: this.#packPart(value, new Set()), isPacked: true };
    } catch (error) {
      if (error instanceof Refused) throw this.explain(value, what, error.value);
      throw error;
    }
  }

  /**
   * Gives back what was packed. Data may come from anywhere: nothing is run but the user's own codecs.
   *
   * @throws {DecodeError} If it is not what was packed, or a codec throws.
   */
  unpack({ data, isPacked }: Packed): unknown {
    if (!isPacked) return data;
    try {
      return this.#unpackDeep(data, new Map());
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
  #packPart(value: unknown, inside: Set<object>): unknown {
    return copyDeeply(
      value,
      (instance) => this.#packInstance(instance, inside),
      (part, copy, remember) => {
        if (isPlainObject(part)) return packPlain(part, copy, remember);
        if (Array.isArray(part)) return undefined;
        if (this.#codecOf(part) !== undefined) return this.#packInstance(part, inside);
        // The clone algorithm copies it; once is enough.
        return isKept(part) && !(part instanceof Map) && !(part instanceof Set) ? part : undefined;
      },
    );
  }

  #packInstance(value: object, inside: Set<object>): unknown {
    const codec = this.#codecOf(value);
    if (codec === undefined) {
      if (isCloneable(value)) return value;
      throw new Refused(value);
    }
    // What is inside itself by way of a codec, such as an error that is its own cause, has no end.
    if (inside.has(value)) throw new Refused(value);
    inside.add(value);
    const data = codec.pack(value as never, (part) => this.#packPart(part, inside));
    inside.delete(value);
    return { [kindKey]: codec.kind, data };
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

  #unpackDeep(part: unknown, done: Map<object, unknown>): unknown {
    if (typeof part !== 'object' || part === null) return part;
    if (done.has(part)) return done.get(part);
    if (Array.isArray(part)) return this.#unpackList(part, done);
    if (part instanceof Map) return this.#unpackMap(part, done);
    if (part instanceof Set) return this.#unpackSet(part, done);
    if (!isPlainObject(part)) return part;
    const kind = part[kindKey];
    if (typeof kind === 'string') return this.#unpackRecord(kind, part, done);
    done.set(part, part);
    for (const key of Object.keys(part)) {
      const value = part[key];
      if (typeof value === 'object' && value !== null) part[key] = this.#unpackDeep(value, done);
    }
    return part;
  }

  #unpackList(list: unknown[], done: Map<object, unknown>): unknown[] {
    done.set(list, list);
    let holes = 0;
    for (let i = 0; i < list.length; i++) {
      if (i in list) list[i] = this.#unpackDeep(list[i], done);
      else if (++holes > mostHoles) {
        // A list of four thousand million holes takes ten bytes: go on with those that are there.
        for (const key of Object.keys(list)) {
          const at = Number(key);
          if (at > i) list[at] = this.#unpackDeep(list[at], done);
        }
        return list;
      }
    }
    return list;
  }

  #unpackRecord(kind: string, record: Record<PropertyKey, unknown>, done: Map<object, unknown>): unknown {
    if (kind === bareKind || kind === escapeKind) return this.#unpackPlain(kind, record, done);
    const codec = this.#byKind.get(kind) ?? this.#userCodec(kind);
    if (codec === undefined) {
      throw new DecodeError(
        'value',
        kind.startsWith(userPrefix)
          ? `Cannot read a value as there is no codec for it: received ${inspectShort(kind.slice(userPrefix.length))}`
          : `Cannot read a value as its kind is not known: received ${inspectShort(kind)}`,
      );
    }
    const value = codec.unpack(record['data'] as never, (inner) => this.#unpackDeep(inner, done));
    done.set(record, value);
    return value;
  }

  #unpackPlain(kind: string, record: Record<PropertyKey, unknown>, done: Map<object, unknown>): unknown {
    const made: object = kind === bareKind ? Object.create(null) : {};
    done.set(record, made);
    for (const entry of expectList(record['data'], kind)) {
      const [key, part] = expectList(entry, kind);
      const value = this.#unpackDeep(part, done);
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

  #unpackMap(map: Map<unknown, unknown>, done: Map<object, unknown>): Map<unknown, unknown> {
    done.set(map, map);
    const entries = [...map];
    map.clear();
    for (const [key, value] of entries) map.set(this.#unpackDeep(key, done), this.#unpackDeep(value, done));
    return map;
  }

  #unpackSet(set: Set<unknown>, done: Map<object, unknown>): Set<unknown> {
    done.set(set, set);
    const members = [...set];
    set.clear();
    for (const member of members) set.add(this.#unpackDeep(member, done));
    return set;
  }

  /** Whether anything in a value is other than plain data that the clone algorithm keeps as it is. */
  #needsPacking(root: unknown): boolean {
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
      } else if (!isKept(next)) return true;
    }
    return false;
  }

  #isUncloneable(value: unknown): boolean {
    if (typeof value === 'symbol') return true;
    if (typeof value === 'function') return this.#codecOf(value) === undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    if (isPlainObject(value)) return Object.getOwnPropertySymbols(value).length > 0;
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
