/**
 * Putting the encoded entries of a `Map` or `Set` in order, by their bytes, so that the order in which they were added
 * does not matter.
 */

/**
 * Sorts stretches of memory that lie one behind another.
 *
 * @param starts - where each begins, ascending
 * @param end - where the last one ends
 */
export function sortEntries(bytes: Buffer, starts: readonly number[], end: number): void {
  const first = starts[0];
  if (first === undefined || starts.length === 1) return;
  const order = starts.map((_, entry) => entry);
  const endOf = (entry: number): number => starts[entry + 1] ?? end;
  order.sort((a, b) => compare(bytes, starts[a] as number, endOf(a), starts[b] as number, endOf(b)));
  if (order.every((entry, index) => entry === index)) return;
  const unsorted = Buffer.from(bytes.subarray(first, end));
  let position = first;
  for (const entry of order) {
    unsorted.copy(bytes, position, (starts[entry] as number) - first, endOf(entry) - first);
    position += endOf(entry) - (starts[entry] as number);
  }
}

function compare(bytes: Buffer, a: number, endOfA: number, b: number, endOfB: number): number {
  const length = Math.min(endOfA - a, endOfB - b);
  for (let i = 0; i < length; i++) {
    const difference = (bytes[a + i] as number) - (bytes[b + i] as number);
    if (difference !== 0) return difference;
  }
  return endOfA - a - (endOfB - b);
}
