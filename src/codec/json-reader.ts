/**
 * From JSON text back to the data that `json-writer.ts` wrote. Text may come from anywhere: nothing in it is run, and
 * what is wrong with it is told by a `DecodeError`.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { DecodeError } from './decode-error.ts';
import { deepestJson, typeKey, viewTypes } from './json-writer.ts';

/**
 * @param json - what `JSON.parse` gave
 * @throws {DecodeError} If it is not what was written.
 */
export function fromJsonData(json: unknown): unknown {
  return new Reader().read(json);
}

type Record_ = Readonly<Record<string, unknown>>;

class Reader {
  /** Objects that stand in several places. */
  readonly #shared: unknown[] = [];
  readonly #path: (string | number)[] = [];

  read(json: unknown): unknown {
    return this.#read(json, (made) => made);
  }

  /** @param keep - is given an object as soon as it is made, before what is in it */
  #read(json: unknown, keep: (made: object) => void): unknown {
    if (typeof json !== 'object' || json === null) return json;
    if (this.#path.length > deepestJson)
      throw this.#fault(`it is nested more than ${deepestJson} levels deep`);
    if (Array.isArray(json)) {
      const list: unknown[] = [];
      keep(list);
      for (let i = 0; i < json.length; i++) list.push(this.#at(i, json[i]));
      return list;
    }
    if (Object.hasOwn(json, typeKey)) return this.#readTyped(json as Record_, keep);
    const made: Record<string, unknown> = {};
    keep(made);
    for (const [key, value] of Object.entries(json)) put(made, key, this.#at(key, value));
    return made;
  }

  #readTyped({ [typeKey]: type, data }: Record_, keep: (made: object) => void): unknown {
    switch (type) {
      case 'undefined':
        return undefined;
      case 'number':
        return this.#number(data);
      case 'bigint':
        return this.#bigint(data);
      case 'shared':
        return this.#readShared(data);
      case 'same':
        if (typeof data !== 'number' || this.#shared[data] === undefined)
          throw this.#fault(`it refers to object ${inspectShort(data)}, which has not been there`);
        return this.#shared[data];
      case 'Date':
        return kept(this.#date(data), keep);
      case 'RegExp':
        return kept(this.#regExp(data), keep);
      case 'ArrayBuffer':
        return kept(this.#buffer(data), keep);
      case 'boxed':
        return kept(this.#boxed(data), keep);
      case 'Map':
        return this.#readMap(data, keep);
      case 'Set':
        return this.#readSet(data, keep);
      case 'list':
        return this.#readList(data, keep);
      case 'record':
        return this.#readMembers(kept({}, keep), data);
      case 'bare':
        return this.#readMembers(kept(Object.create(null) as object, keep), data);
      default:
        return this.#readView(type, data, keep);
    }
  }

  #readShared(data: unknown): unknown {
    const [number, inner] = this.#listOf(data);
    if (typeof number !== 'number' || number !== this.#shared.length)
      throw this.#fault(`objects are not numbered in order: received ${inspectShort(number)}`);
    // Keep the place, should there be others inside.
    this.#shared.push(undefined);
    const value = this.#at('data', inner, (made) => {
      this.#shared[number] = made;
    });
    if (typeof value !== 'object' || value === null) throw this.#fault('no object stands there');
    this.#shared[number] = value;
    return value;
  }

  #readMap(data: unknown, keep: (made: object) => void): Map<unknown, unknown> {
    const map = kept(new Map<unknown, unknown>(), keep);
    for (const entry of this.#listOf(data)) {
      const [key, value] = this.#listOf(entry);
      map.set(this.#at('key', key), this.#at('value', value));
    }
    return map;
  }

  #readSet(data: unknown, keep: (made: object) => void): Set<unknown> {
    const set = kept(new Set<unknown>(), keep);
    for (const member of this.#listOf(data)) set.add(this.#at('member', member));
    return set;
  }

  #readList(data: unknown, keep: (made: object) => void): unknown[] {
    const [length, members] = this.#listOf(data);
    if (!Number.isInteger(length) || (length as number) < 0 || (length as number) >= 2 ** 32)
      throw this.#fault(`it has no length: received ${inspectShort(length)}`);
    const list = kept([] as unknown[], keep);
    this.#readMembers(list, members);
    if (list.length > (length as number)) throw this.#fault('it is longer than it says');
    list.length = length as number;
    return list;
  }

  #readMembers<Made extends object>(made: Made, data: unknown): Made {
    for (const entry of this.#listOf(data)) {
      const [key, value] = this.#listOf(entry);
      if (typeof key !== 'string') throw this.#fault(`a key is no string: received ${typeof key}`);
      if (key === 'length' && Array.isArray(made)) throw this.#fault('a list has a member named length');
      put(made, key, this.#at(key, value));
    }
    return made;
  }

  #readView(type: unknown, data: unknown, keep: (made: object) => void): object {
    const View = typeof type === 'string' ? viewTypes.get(type) : undefined;
    if (View === undefined) throw this.#fault(`there is no type ${JSON.stringify(type)}`);
    const [json, offset, length] = Array.isArray(data) ? (data as unknown[]) : [data];
    const buffer = this.#at('buffer', json);
    if (!(buffer instanceof ArrayBuffer)) throw this.#fault('a view has no buffer');
    if (Array.isArray(data) && !(Number.isInteger(offset) && Number.isInteger(length)))
      throw this.#fault('a view has no place in its buffer');
    try {
      const view = Array.isArray(data)
        ? new View(buffer, offset as number, length as number)
        : new View(buffer);
      return kept(view, keep);
    } catch (cause) {
      throw this.#fault(`it is no ${String(type)}`, cause);
    }
  }

  #number(data: unknown): number {
    if (data === 'NaN' || data === 'Infinity' || data === '-Infinity' || data === '-0') return Number(data);
    throw this.#fault(`it is no number: received ${JSON.stringify(data)}`);
  }

  #bigint(data: unknown): bigint {
    // A number of so many digits takes a time that grows with their square.
    if (typeof data !== 'string' || !/^-?\d+$/.test(data) || data.length > 100_000)
      throw this.#fault('it is no bigint');
    return BigInt(data);
  }

  #date(data: unknown): Date {
    const date = new Date(typeof data === 'string' ? data : Number.NaN);
    if (data !== null && Number.isNaN(date.getTime())) throw this.#fault('it is no date');
    return date;
  }

  #regExp(data: unknown): RegExp {
    const [source, flags] = this.#listOf(data);
    try {
      return new RegExp(this.#text(source), this.#text(flags));
    } catch (cause) {
      throw this.#fault('it is no regular expression', cause);
    }
  }

  #buffer(data: unknown): ArrayBuffer {
    const text = this.#text(data);
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') !== text) throw this.#fault('it is not written in base64');
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  }

  #boxed(data: unknown): object {
    const value = this.#at('data', data);
    if (value === null || value === undefined || typeof value === 'object')
      throw this.#fault('it is no primitive');
    return Object(value) as object;
  }

  #listOf(data: unknown): readonly unknown[] {
    if (!Array.isArray(data))
      throw this.#fault(`a list is missing: received ${data === null ? 'null' : typeof data}`);
    return data;
  }

  #text(data: unknown): string {
    if (typeof data !== 'string') throw this.#fault(`a text is missing: received ${typeof data}`);
    return data;
  }

  #at(step: string | number, json: unknown, keep: (made: object) => void = () => undefined): unknown {
    this.#path.push(step);
    const value = this.#read(json, keep);
    this.#path.pop();
    return value;
  }

  #fault(reason: string, cause?: unknown): DecodeError {
    const shown = this.#path.slice(0, 20);
    const steps = shown.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
    const path = `value${steps}${shown.length < this.#path.length ? ' …' : ''}`;
    return new DecodeError(path, `Cannot read ${path} as ${reason}`, { cause });
  }
}

function kept<Made extends object>(made: Made, keep: (made: object) => void): Made {
  keep(made);
  return made;
}

/** Gives a member, whatever its name: `__proto__` too is a name like any other. */
function put(target: object, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  } else (target as Record<string, unknown>)[key] = value;
}
