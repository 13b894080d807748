/**
 * A quick look whether data is a tree of what the structured clone algorithm keeps as it is: the common case, in
 * which nothing has to be done to send it.
 */

import { isKept } from './kept.ts';
import { kindKey } from './kind-key.ts';

/** Deeper data is left to a look that takes more time. */
const deepest = 100;
/** As is data with more values than this, or that seems to have: a value that stands in many places is looked at in each. */
const mostValues = 2 ** 22;

/**
 * Tells whether plain data holds nothing but primitives, lists, records, and what the clone algorithm keeps,
 * such as dates and views of bytes.
 *
 * @param leastBytes - memory of so many bytes does not count as plain
 * @returns `false` if it does not, or cannot be told quickly: for cycles, `Map`s and `Set`s, very deep data
 */
export function isPlainTree(value: unknown, leastBytes: number = Number.POSITIVE_INFINITY): boolean {
  return (
    isPlainLeaf(value) || (typeof value === 'object' && new Look(leastBytes).isPlain(value as object, 0))
  );
}

class Look {
  #left = mostValues;
  readonly #leastBytes: number;

  constructor(leastBytes: number) {
    this.#leastBytes = leastBytes;
  }

  isPlain(value: object, depth: number): boolean {
    if (depth > deepest) return false;
    if (Array.isArray(value)) return this.#isPlainList(value, depth);
    if (Object.getPrototypeOf(value) === Object.prototype)
      return this.#isPlainRecord(value as Record<string, unknown>, depth);
    return (
      !(value instanceof Map) && !(value instanceof Set) && isKept(value) && !isLarge(value, this.#leastBytes)
    );
  }

  #isPlainList(list: readonly unknown[], depth: number): boolean {
    this.#left -= list.length;
    if (this.#left < 0) return false;
    for (let i = 0; i < list.length; i++) if (!this.#isPlainMember(list[i], depth)) return false;
    return true;
  }

  #isPlainRecord(record: Record<string, unknown>, depth: number): boolean {
    for (const key in record) {
      if (--this.#left < 0 || key === kindKey || !this.#isPlainMember(record[key], depth)) return false;
    }
    return Object.getOwnPropertySymbols(record).length === 0;
  }

  #isPlainMember(member: unknown, depth: number): boolean {
    return isPlainLeaf(member) || (typeof member === 'object' && this.isPlain(member as object, depth + 1));
  }
}

function isPlainLeaf(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
    case 'string':
    case 'boolean':
    case 'undefined':
    case 'bigint':
      return true;
    default:
      return value === null;
  }
}

/** Whether a value is memory, or a view of memory, of at least so many bytes. */
export function isLarge(value: object, leastBytes: number): boolean {
  if (leastBytes === Number.POSITIVE_INFINITY) return false;
  const memory = ArrayBuffer.isView(value) ? value.buffer : value;
  return memory instanceof ArrayBuffer && memory.byteLength >= leastBytes;
}
