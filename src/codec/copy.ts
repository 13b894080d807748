/**
 * Copying by value, for data that stays in this thread.
 *
 * Gives what the structured clone algorithm gives (cycles and shared references are kept), with two
 * differences: functions and instances of classes are passed on as they are, since no general copy of
 * them exists, and a caller may put something else in the place of either.
 *
 * Cost: one visit a value; a list or record of primitives is copied without further bookkeeping.
 */

import { isPlainObject } from '../base/plain.ts';

/**
 * Says what stands in the copy for a function or an instance of a class.
 * Called once for each place such a value stands in, in a fixed order.
 */
export type Replace = (value: object) => unknown;

const keep: Replace = (value) => value;

/**
 * Copies plain data: arrays, plain objects, `Map`, `Set`, `Date`, `RegExp`, buffers and views on them.
 *
 * - **Identity:** values shared or cyclic in the original are so in the copy.
 * - **By reference:** functions, symbols, instances of other classes, `SharedArrayBuffer`s.
 *
 * @throws {RangeError} If the data is nested deeper than the stack reaches (some 5,000 levels).
 */
export function copyValue(value: unknown, replace: Replace = keep): unknown {
  if (typeof value === 'function') return replace(value);
  if (typeof value !== 'object' || value === null) return value;
  return copyFlat(value) ?? copyDeeply(value, replace);
}

type CopyOther = (
  value: object,
  copy: (part: unknown) => unknown,
  remember: <Copy>(copy: Copy) => Copy,
) => unknown;

/**
 * Copies like `copyValue`.
 *
 * @param copyOther - is asked first of each object and function; what it gives other than `undefined`
 *   stands in the copy. It gets a function that copies a part, and one to be told of the copy before its parts are
 *   copied, if they may hold the value itself.
 */
export function copyDeeply(value: unknown, replace: Replace, copyOther?: CopyOther): unknown {
  return new Copier(replace, copyOther).copy(value);
}

/** Copies a list or record that holds nothing but primitives, the common case; otherwise `undefined`. */
export function copyFlat(value: object): object | undefined {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      const type = typeof item;
      if (type === 'function' || (type === 'object' && item !== null)) return undefined;
      if (item === undefined && !(i in value)) return undefined;
    }
    return value.slice();
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined;
  if (Object.getOwnPropertySymbols(value).length > 0) return undefined;
  const source = value as Record<PropertyKey, unknown>;
  for (const key in source) {
    const member = source[key];
    const type = typeof member;
    if (type === 'function' || (type === 'object' && member !== null) || key === '__proto__')
      return undefined;
  }
  return { ...source };
}

class Copier {
  readonly #replace: Replace;
  /** From each object met to its copy. Set before the members are copied, so that cycles close. */
  readonly #copies = new Map<object, unknown>();

  readonly #copyOther: CopyOther | undefined;

  constructor(replace: Replace, copyOther?: CopyOther) {
    this.#replace = replace;
    this.#copyOther = copyOther;
  }

  copy(value: unknown): unknown {
    if (typeof value === 'function') return this.#replace(value);
    if (typeof value !== 'object' || value === null) return value;
    const known = this.#copies.get(value);
    if (known !== undefined) return known;
    const other = this.#copyOther?.(
      value,
      (part) => this.copy(part),
      (copy) => this.#remember(value, copy),
    );
    if (other !== undefined) return this.#remember(value, other);
    if (Array.isArray(value)) return this.#copyArray(value);
    if (isPlainObject(value)) return this.#copyRecord(value);
    return this.#copyBuiltin(value);
  }

  #copyArray(list: readonly unknown[]): unknown[] {
    const copy: unknown[] = new Array(list.length);
    this.#copies.set(list, copy);
    for (let i = 0; i < list.length; i++) {
      const item = list[i];
      if (item !== undefined || i in list) copy[i] = this.copy(item);
    }
    return copy;
  }

  #copyRecord(record: Record<PropertyKey, unknown>): object {
    const copy = (Object.getPrototypeOf(record) === null ? Object.create(null) : {}) as Record<
      PropertyKey,
      unknown
    >;
    this.#copies.set(record, copy);
    for (const key of Reflect.ownKeys(record)) {
      if (!Object.prototype.propertyIsEnumerable.call(record, key)) continue;
      const member = this.copy(record[key]);
      if (key === '__proto__') {
        Object.defineProperty(copy, key, {
          value: member,
          enumerable: true,
          writable: true,
          configurable: true,
        });
      } else copy[key] = member;
    }
    return copy;
  }

  #copyBuiltin(value: object): unknown {
    switch (Object.getPrototypeOf(value)) {
      case Map.prototype: {
        const copy = new Map<unknown, unknown>();
        this.#copies.set(value, copy);
        for (const [key, member] of value as Map<unknown, unknown>)
          copy.set(this.copy(key), this.copy(member));
        return copy;
      }
      case Set.prototype: {
        const copy = new Set<unknown>();
        this.#copies.set(value, copy);
        for (const member of value as Set<unknown>) copy.add(this.copy(member));
        return copy;
      }
      case Date.prototype:
        return this.#remember(value, new Date((value as Date).getTime()));
      case RegExp.prototype:
        return this.#remember(value, new RegExp((value as RegExp).source, (value as RegExp).flags));
      case ArrayBuffer.prototype:
        return this.#remember(value, structuredClone(value));
    }
    if (ArrayBuffer.isView(value)) return this.#copyView(value);
    return this.#replace(value);
  }

  #copyView(view: ArrayBufferView): unknown {
    if (view.buffer instanceof SharedArrayBuffer) return view;
    // Node cuts small Buffers from one large block: copy the bytes that are meant, not the block.
    if (typeof Buffer !== 'undefined' && view instanceof Buffer)
      return this.#remember(view, Buffer.from(view));
    const buffer = this.copy(view.buffer);
    const View = view.constructor as new (buffer: unknown, offset: number, length: number) => object;
    const length = view instanceof DataView ? view.byteLength : (view as Uint8Array).length;
    return this.#remember(view, new View(buffer, view.byteOffset, length));
  }

  #remember<Copy>(value: object, copy: Copy): Copy {
    this.#copies.set(value, copy);
    return copy;
  }
}
