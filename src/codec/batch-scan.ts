/**
 * Looking through many values that are to be sent in one message.
 *
 * Cloning keeps identity within a message: two calls that were given the same object would share one
 * copy, and what one of them changes in it the other would see. A value that shares an object with an
 * earlier one is therefore copied before it is sent; one that holds what cannot be copied here, such as
 * an error, must travel alone.
 */

import { copyValue } from './copy.ts';

/** A value holds something that no other value of its message may share, and that cannot be copied here. */
export class MustTravelAloneError extends Error {}

/** Keeps the values of one message apart. */
export class BatchScan {
  /** Objects that stand in earlier values; made when the first object comes. */
  #seen: Set<object> | undefined;

  /**
   * Gives a value that shares nothing with those given before: itself as a rule, or a copy.
   *
   * @throws {MustTravelAloneError} If it shares an object with one of them and cannot be copied, as it
   *   holds an instance of a class other than those of plain data.
   */
  separate(value: unknown): unknown {
    if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return value;
    this.#seen ??= new Set();
    if (isFlat(value)) {
      if (this.#seen.has(value)) return copyValue(value, refuse);
      this.#seen.add(value);
      return value;
    }
    const own = this.#collect(value);
    if (own === undefined) return copyValue(value, refuse);
    for (const object of own) this.#seen.add(object);
    return value;
  }

  /** The objects in a value; `undefined` if one of them was seen before. */
  #collect(root: object): object[] | undefined {
    const seen = this.#seen as Set<object>;
    if (seen.has(root)) return undefined;
    const own: object[] = [root];
    const inside = new Set<object>([root]);
    for (let next = 0; next < own.length; next++) {
      for (const member of membersOf(own[next] as object)) {
        if (typeof member !== 'object' || member === null || inside.has(member)) continue;
        if (member instanceof SharedArrayBuffer) continue;
        if (seen.has(member)) return undefined;
        inside.add(member);
        own.push(member);
      }
    }
    return own;
  }
}

function refuse(value: object): object {
  if (typeof value === 'function' || value instanceof SharedArrayBuffer) return value;
  throw new MustTravelAloneError();
}

/** Whether a value is a list or record of nothing but primitives, the common case. */
function isFlat(value: object): boolean {
  if (Array.isArray(value)) return value.every(isPrimitive);
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key in value) if (!isPrimitive((value as Record<string, unknown>)[key])) return false;
  return true;
}

function isPrimitive(value: unknown): boolean {
  return (typeof value !== 'object' || value === null) && typeof value !== 'function';
}

function membersOf(value: object): Iterable<unknown> {
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  if (value instanceof Set) return value;
  if (ArrayBuffer.isView(value)) return value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
  if (value instanceof Error) return [value.cause, ...Object.values(value)];
  return Object.values(value);
}
