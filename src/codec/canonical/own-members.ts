/**
 * Which members of their own objects have, besides what makes them what they are: keys of records, and named members
 * that somebody put on a list, a `Map` or an array of numbers.
 *
 * Members that are not enumerable are not looked at: no copy by value keeps them.
 */

/** Up to so many elements listing all keys is faster than `inspect`. Measured. */
const fewElements = 150;

const none: readonly string[] = [];

/** The names of a record's members, sorted by UTF-16 code units. */
export function sortedKeys(record: object): readonly string[] {
  const keys = Object.keys(record);
  for (let i = 1; i < keys.length; i++) {
    if ((keys[i - 1] as string) > (keys[i] as string)) return keys.sort();
  }
  return keys;
}

/** The first symbol under which an object has an enumerable member. */
export function symbolMember(value: object): symbol | undefined {
  const symbols = Object.getOwnPropertySymbols(value);
  if (symbols.length === 0) return undefined;
  return symbols.find((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol));
}

/** The names of members of a list or typed array that are not its elements, sorted. */
export function namedMembers(value: ArrayLike<unknown> & object): readonly string[] {
  if (value.length > fewElements && showsNoMembers(value)) return none;
  const keys = Object.keys(value);
  // Elements come first.
  const last = keys[keys.length - 1];
  if (last === undefined || isIndex(last)) return none;
  return keys.filter((key) => !isIndex(key)).sort();
}

/**
 * Whether an array surely has no named members. Listing all keys of a large array makes a string for each element, which
 * takes longer than hashing it; `inspect` is the only thing in Node.js that leaves out the elements before it makes them.
 * Should its text ever change, keys are listed after all.
 */
function showsNoMembers(value: object): boolean {
  const { inspect, types } = process.getBuiltinModule('node:util');
  // Of a proxy it would show the target.
  if (types.isProxy(value)) return false;
  const text = inspect(value, {
    maxArrayLength: 0,
    depth: 0,
    breakLength: Number.POSITIVE_INFINITY,
    customInspect: false,
    showHidden: false,
    getters: false,
  });
  return text.endsWith(' more items ]');
}

/** The indices of the elements that a list has, ascending: in a sparse list they are few. */
export function presentIndices(list: object): number[] {
  const indices: number[] = [];
  for (const key of Reflect.ownKeys(list)) {
    if (typeof key === 'string' && isIndex(key)) indices.push(Number(key));
  }
  return indices;
}

/** Whether a key is that of an element of an array. */
function isIndex(key: string): boolean {
  const index = Number(key);
  return index >= 0 && index < 2 ** 32 - 1 && Number.isInteger(index) && String(index) === key;
}
