/**
 * Codecs of users: how instances of their classes cross to workers and into text.
 *
 * One rule says which codec is taken, of all that fit: that of the instance's own class; that of the nearest
 * class above it that is registered for subclasses; the hook that was added last; the fallback.
 */

import { inspectShort } from '../base/inspect-short.ts';

/** How a value becomes data, and comes back. What is given as data may hold anything that can itself be sent. */
export interface Codec<Value = unknown, Data = unknown> {
  encode(value: Value): Data;
  decode(data: Data): Value;
  /**
   * What stands for a value in digests, if it has several encodings: the same for equal values.
   *
   * @defaultValue what `encode` gives
   */
  digest?(value: Value): unknown;
}

/** A codec that is not for one class has a name, by which the other side finds it. */
export interface NamedCodec<Value = unknown, Data = unknown> extends Codec<Value, Data> {
  /** Unique among the codecs that are used together. */
  readonly name: string;
}

/** Options of `register`. */
export interface RegisterOptions {
  /**
   * By which name the other side finds the codec: to be given if two classes are called the same.
   *
   * @defaultValue the name of the class
   */
  readonly name?: string;
  /**
   * Whether instances of subclasses are taken too, unless these have a codec of their own. They come back as what
   * `decode` makes.
   *
   * @defaultValue `false`: an instance of a subclass is refused, since it would lose its class
   */
  readonly forSubclasses?: boolean;
  /**
   * Whether instances cross by reference, however small: what `encode` gives is written apart, once, and read only where the
   * instance is used. What it holds is its own then: an object that stands both in it and beside it becomes two.
   *
   * @defaultValue `false`: only large memory in it does, see `openProcesses`
   */
  readonly ref?: boolean;
}

/** A class, also one that cannot be constructed from outside. */
export type AnyClass<Instance = object> = abstract new (...args: never[]) => Instance;

/** The method by which an instance gives the data that stands for it. */
export const encodeSymbol: unique symbol = Symbol.for('heddle.encode');
/** The static method by which a class makes an instance of such data. */
export const decodeSymbol: unique symbol = Symbol.for('heddle.decode');

/** A class that knows by itself how its instances cross. */
export interface SelfCodingClass<Data = never> {
  readonly prototype: { [encodeSymbol](): unknown };
  [decodeSymbol](data: Data): object;
}

/** Where codecs are found: the module to import, and the name they have there. */
export interface CodecsModule {
  readonly url: string;
  readonly name: string;
}

/** A codec of a type that is known only where it was registered. */
export interface StoredCodec {
  encode(value: never): unknown;
  decode(data: never): unknown;
  digest?(value: never): unknown;
}

/** A codec as it is kept. */
export interface CodecEntry {
  readonly name: string;
  readonly codec: StoredCodec;
  /** Whether instances cross by reference. */
  readonly ref?: boolean;
}

interface ClassEntry extends CodecEntry {
  readonly Class: AnyClass;
  readonly forSubclasses: boolean;
}

interface HookEntry extends CodecEntry {
  matches(value: object): boolean;
}

/** A set of codecs. Made with `codecs`. */
export class Codecs {
  /** Where workers find them: one module, or several if they were put together. Empty if they stay here. */
  readonly modules: readonly CodecsModule[];
  readonly #classes = new Map<AnyClass, ClassEntry>();
  readonly #hooks: HookEntry[] = [];
  #fallback: CodecEntry | undefined;
  readonly #byName = new Map<string, CodecEntry>();

  /** @internal */
  constructor(modules: readonly CodecsModule[]) {
    this.modules = modules;
  }

  /**
   * Says how instances of a class cross.
   *
   * @throws {TypeError} If the class or its name is registered already, or crosses as it is.
   */
  register<Instance extends object, Data>(
    Class: AnyClass<Instance>,
    codec: Codec<Instance, Data>,
    options?: RegisterOptions,
  ): this;
  /** Registers a class that has `encodeSymbol` and `static [decodeSymbol]`. */
  register(Class: AnyClass & SelfCodingClass): this;
  register(Class: AnyClass, codec?: StoredCodec, options: RegisterOptions = {}): this {
    if (typeof Class !== 'function' || typeof Class.prototype !== 'object') {
      throw new TypeError(
        `Cannot register a codec as it must be for a class: received ${inspectShort(Class)}`,
      );
    }
    const { name = Class.name, forSubclasses = false, ref = false } = options;
    if (crossing.has(Class)) {
      throw new TypeError(`Cannot register a codec for ${name} as its instances cross as they are`);
    }
    if (this.#classes.has(Class)) {
      throw new TypeError(`Cannot register class '${name}' as it has a codec already`);
    }
    const entry = { name, Class, forSubclasses, ref, codec: codec ?? selfCodecOf(Class) };
    checkCodec(entry.codec, name);
    this.#put(entry);
    this.#classes.set(Class, entry);
    return this;
  }

  /**
   * Says how all instances cross for which a function gives `true`, and which have no codec by their class. It is
   * asked of instances of classes only, and must not throw.
   *
   * @throws {TypeError} If the name is taken.
   */
  hook<Value extends object, Data>(
    matches: (value: object) => value is Value,
    codec: NamedCodec<Value, Data>,
  ): this;
  hook<Data>(matches: (value: object) => boolean, codec: NamedCodec<object, Data>): this;
  hook(matches: (value: object) => boolean, codec: StoredCodec & { readonly name: string }): this {
    checkCodec(codec, codec?.name);
    const entry = { name: codec.name, codec, matches };
    this.#put(entry);
    this.#hooks.unshift(entry);
    return this;
  }

  /** Says how all other instances cross, which would be refused without. */
  fallback<Data>(codec: NamedCodec<object, Data>): this {
    checkCodec(codec, codec?.name);
    const entry = { name: codec.name, codec };
    this.#put(entry);
    this.#fallback = entry;
    return this;
  }

  /** Gives codecs that have those of both; where both have one for the same class or name, those of `other`. */
  extend(other: Codecs): Codecs {
    const both = new Codecs([...this.modules, ...other.modules]);
    for (const part of [this, other]) both.#take(part);
    return both;
  }

  #take(other: Codecs): void {
    for (const [Class, entry] of other.#classes) this.#classes.set(Class, entry);
    this.#hooks.unshift(...other.#hooks);
    this.#fallback = other.#fallback ?? this.#fallback;
    for (const [name, entry] of other.#byName) this.#byName.set(name, entry);
  }

  /** The codec of an instance, but for the fallback. @internal */
  find(value: object): CodecEntry | undefined {
    const own = (value as { readonly constructor?: unknown }).constructor as AnyClass | undefined;
    const exact = own === undefined ? undefined : this.#classes.get(own);
    if (exact !== undefined && Object.getPrototypeOf(value) === exact.Class.prototype) return exact;
    return this.#findAbove(value) ?? this.#hooks.find(({ matches }) => matches(value));
  }

  #findAbove(value: object): CodecEntry | undefined {
    for (
      let prototype = Object.getPrototypeOf(value) as object | null;
      prototype !== null;
      prototype = Object.getPrototypeOf(prototype) as object | null
    ) {
      const Class = (prototype as { readonly constructor?: unknown }).constructor as AnyClass;
      const entry = this.#classes.get(Class);
      if (entry?.forSubclasses === true && entry.Class.prototype === prototype) return entry;
    }
    return undefined;
  }

  /** The codec for what no other is for. @internal */
  get last(): CodecEntry | undefined {
    return this.#fallback;
  }

  /** @internal */
  named(name: string): CodecEntry | undefined {
    return this.#byName.get(name);
  }

  #put(entry: CodecEntry): void {
    if (typeof entry.name !== 'string' || entry.name === '') {
      throw new TypeError('Cannot register a codec as it has no name\n  give it one: { name: … }');
    }
    if (this.#byName.has(entry.name)) {
      throw new TypeError(
        `Cannot register a codec as there is one named '${entry.name}' already\n  give it another: { name: … }`,
      );
    }
    this.#byName.set(entry.name, entry);
  }
}

/** Classes whose instances cross as they are. */
const crossing: ReadonlySet<unknown> = new Set<unknown>([
  Object,
  Array,
  Map,
  Set,
  Date,
  RegExp,
  ArrayBuffer,
  SharedArrayBuffer,
  DataView,
  Boolean,
  Number,
  String,
  Promise,
  Function,
]);

function selfCodecOf(Class: AnyClass): StoredCodec {
  const { prototype, [decodeSymbol]: decode } = Class as unknown as Partial<SelfCodingClass>;
  if (typeof prototype?.[encodeSymbol] !== 'function' || typeof decode !== 'function') {
    throw new TypeError(
      `Cannot register class '${Class.name}' as it has no codec: received none, and it has not both [encodeSymbol]() and static [decodeSymbol](data)\n` +
        '  give it one: register(Class, { encode, decode }), or asObject(Class)',
    );
  }
  return {
    encode: (value: { [encodeSymbol](): unknown }) => value[encodeSymbol](),
    decode: (data) => decode.call(Class as unknown as SelfCodingClass, data as never),
  };
}

function checkCodec(codec: StoredCodec | undefined, name: string | undefined): void {
  if (typeof codec?.encode === 'function' && typeof codec.decode === 'function') return;
  throw new TypeError(
    `Cannot register the codec of '${String(name)}' as it must have encode and decode: received ${inspectShort(codec)}`,
  );
}

/**
 * A codec for instances that are no more than their own members: they are made again from the class's prototype,
 * without calling its constructor. What is in private fields (`#name`) is lost: write a codec for such a class.
 *
 * @example
 * ```ts
 * import { asObject, codecs, fromJSON, toJSON } from 'heddle';
 * class Point {
 *   x: number;
 *   y: number;
 *   constructor(x: number, y: number) {
 *     this.x = x;
 *     this.y = y;
 *   }
 *   get length(): number {
 *     return Math.hypot(this.x, this.y);
 *   }
 * }
 * const shapes = codecs().register(Point, asObject(Point));
 * const back = fromJSON(toJSON(new Point(3, 4), { codecs: shapes }), { codecs: shapes }) as Point;
 * assert.equal(back.length, 5);
 * ```
 */
export function asObject<Instance extends object>(
  Class: AnyClass<Instance>,
): Codec<Instance, Readonly<Record<string, unknown>>> {
  return {
    encode: (value) => ({ ...value }) as Readonly<Record<string, unknown>>,
    decode: (data) => {
      if (typeof data !== 'object' || data === null) {
        throw new TypeError(
          `Cannot make a ${Class.name} as its data must be an object: received ${inspectShort(data)}`,
        );
      }
      const made = Object.create(Class.prototype as object) as Instance;
      for (const [key, value] of Object.entries(data)) {
        Object.defineProperty(made, key, { value, enumerable: true, writable: true, configurable: true });
      }
      return made;
    },
  };
}
