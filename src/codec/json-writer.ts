/**
 * Plain data as readable JSON text, exactly: all that the structured clone algorithm keeps comes back as it was.
 *
 * What JSON has stands as it is. All else is a record `{ "#type": …, "data": … }`, described in
 * `docs/formats/json.md`.
 */

import { isPlainObject } from '../base/plain.ts';
import { NotCloneableError } from './pack.ts';

/** The key that marks a record. A record of the user with this key is itself written as one. */
export const typeKey = '#type';
/** Of what can be read and written without the stack running over. Arbitrary. */
export const deepestJson = 500;

/** What JSON holds. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What stands for an object that stands in several places, or in itself: a number, from the second place on. */
interface Place {
  number: number | undefined;
}

/**
 * Turns plain data into what `JSON.stringify` takes.
 *
 * @throws {NotCloneableError} If it holds what is no plain data, naming the way to it.
 */
export function toJsonData(value: unknown): Json {
  return new Writer(value).write();
}

class Writer {
  readonly #root: unknown;
  /** Objects that stand in more than one place. */
  readonly #shared = new Map<object, Place>();
  #next = 0;
  readonly #path: (string | number)[] = [];

  constructor(root: unknown) {
    this.#root = root;
    this.#findShared();
  }

  write(): Json {
    return this.#write(this.#root);
  }

  #findShared(): void {
    const seen = new Set<object>();
    const places: unknown[] = [this.#root];
    while (places.length > 0) {
      const next = places.pop();
      if (typeof next !== 'object' || next === null) continue;
      if (seen.has(next)) {
        this.#shared.set(next, { number: undefined });
        continue;
      }
      seen.add(next);
      for (const member of membersOf(next)) places.push(member);
    }
  }

  #write(value: unknown): Json {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0) ? value : record('number', numberText(value));
      case 'undefined':
        return { [typeKey]: 'undefined' };
      case 'bigint':
        return record('bigint', String(value));
      case 'object':
        return value === null ? null : this.#writeObject(value);
      default:
        throw this.#refusal(value);
    }
  }

  #writeObject(value: object): Json {
    if (this.#path.length > deepestJson) {
      throw new NotCloneableError(
        this.#where(),
        `Cannot write a value as JSON as it is nested more than ${deepestJson} levels deep`,
      );
    }
    const place = this.#shared.get(value);
    if (place === undefined) return this.#writeOnce(value);
    if (place.number !== undefined) return record('same', place.number);
    place.number = this.#next++;
    return record('shared', [place.number, this.#writeOnce(value)]);
  }

  #writeOnce(value: object): Json {
    if (Array.isArray(value)) return this.#writeList(value);
    if (ArrayBuffer.isView(value)) return this.#writeView(value);
    switch (Object.getPrototypeOf(value)) {
      case Object.prototype:
        return this.#writeRecord(value as Record<string, unknown>);
      case null:
        return record('bare', this.#writeMembers(value as Record<string, unknown>));
      case Map.prototype:
        return record('Map', this.#items([...(value as Map<unknown, unknown>)]));
      case Set.prototype:
        return record('Set', this.#items([...(value as Set<unknown>)]));
      case Date.prototype: {
        const time = (value as Date).getTime();
        return record('Date', Number.isNaN(time) ? null : new Date(time).toISOString());
      }
      case RegExp.prototype:
        return record('RegExp', [(value as RegExp).source, (value as RegExp).flags]);
      case ArrayBuffer.prototype:
        return record('ArrayBuffer', base64Of(new Uint8Array(value as ArrayBuffer)));
      case Boolean.prototype:
      case Number.prototype:
      case String.prototype:
      case BigInt.prototype:
        return record('boxed', this.#write(value.valueOf()));
      default:
        if (isPlainObject(value)) return this.#writeRecord(value);
        throw this.#refusal(value);
    }
  }

  #writeList(list: readonly unknown[]): Json {
    const keys = Object.keys(list);
    const isPlain = keys.length === list.length && keys.every((key, index) => key === String(index));
    if (isPlain) return this.#items(list);
    return record('list', [list.length, keys.map((key) => [key, this.#at(key, list[key as never])])]);
  }

  #writeView(view: ArrayBufferView): Json {
    const { buffer, byteOffset, byteLength } = view;
    if (!(buffer instanceof ArrayBuffer)) throw this.#refusal(view);
    const type = view.constructor.name;
    if (!viewTypes.has(type)) throw this.#refusal(view);
    const whole = this.#at('buffer', buffer);
    if (byteOffset === 0 && byteLength === buffer.byteLength) return record(type, whole);
    const length = 'length' in view ? (view as Uint8Array).length : byteLength;
    return record(type, [whole, byteOffset, length]);
  }

  #writeRecord(value: Record<string, unknown>): Json {
    const members = this.#writeMembers(value);
    return Object.hasOwn(value, typeKey) ? record('record', members) : Object.fromEntries(members);
  }

  #writeMembers(value: Record<string, unknown>): readonly (readonly [string, Json])[] {
    if (Object.getOwnPropertySymbols(value).length > 0) throw this.#refusal(value);
    return Object.keys(value).map((key) => [key, this.#at(key, value[key])] as const);
  }

  #items(items: readonly unknown[]): Json[] {
    return items.map((item, index) => this.#at(index, item));
  }

  #at(step: string | number, value: unknown): Json {
    this.#path.push(step);
    const written = this.#write(value);
    this.#path.pop();
    return written;
  }

  #where(): string {
    const shown = this.#path.slice(0, 20);
    const text = shown.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
    return `value${text}${shown.length < this.#path.length ? ' …' : ''}`;
  }

  #refusal(value: unknown): NotCloneableError {
    const what =
      typeof value === 'object' && value !== null
        ? `an instance of class '${value.constructor?.name ?? '?'}'`
        : `a ${typeof value}`;
    return new NotCloneableError(
      this.#where(),
      `Cannot write a value as JSON as ${this.#where()} is no plain data: received ${what}`,
    );
  }
}

/** Views that are written, by the names of their classes. */
export const viewTypes: ReadonlyMap<
  string,
  new (
    buffer: ArrayBuffer,
    offset?: number,
    length?: number,
  ) => object
> = new Map(
  [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    BigInt64Array,
    BigUint64Array,
    Float32Array,
    Float64Array,
    DataView,
  ].map((View) => [View.name, View]),
);

function record(type: string, data: Json): Json {
  return { [typeKey]: type, data };
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function membersOf(value: object): Iterable<unknown> {
  if (ArrayBuffer.isView(value)) return [value.buffer];
  if (value instanceof Map) return [...value].flat();
  if (value instanceof Set) return value;
  return Object.values(value);
}
