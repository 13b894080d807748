/**
 * A quick look whether data can hold a delayed value at all, taken of every result of every call.
 */

import { isPlainObject } from '../base/plain.ts';

/**
 * Tells whether plain data holds a function anywhere (a delayed value is one, to `typeof`): in arrays,
 * plain objects, `Map`s and `Set`s, at any depth. Instances of classes and getters are not looked into.
 */
export function holdsFunction(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  return search([value], new Set([value]));
}

function search(places: object[], seen: Set<object>): boolean {
  for (let next = places.pop(); next !== undefined; next = places.pop()) {
    if (Array.isArray(next)) {
      for (let i = 0; i < next.length; i++) if (look(next[i])) return true;
    } else if (next instanceof Map) {
      for (const [key, member] of next) if (look(key) || look(member)) return true;
    } else if (next instanceof Set) {
      for (const member of next) if (look(member)) return true;
    } else if (isPlainObject(next)) {
      for (const key of Reflect.ownKeys(next)) {
        const property = Object.getOwnPropertyDescriptor(next, key);
        if (property !== undefined && 'value' in property && look(property.value)) return true;
      }
    }
  }
  return false;

  function look(value: unknown): boolean {
    const type = typeof value;
    if (type === 'function') return true;
    if (type === 'object' && value !== null && !seen.has(value as object)) {
      seen.add(value as object);
      places.push(value as object);
    }
    return false;
  }
}
