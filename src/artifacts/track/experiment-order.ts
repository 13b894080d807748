/**
 * The order of experiments in a project, which is that of lazyscribe: by the time they were made; those of one slug by the
 * time they were changed last. An equal one comes after those that are there.
 */

/** What experiments are ordered by. */
export interface Ordered {
  readonly slug: string;
  readonly createdMs: number;
  readonly lastUpdatedMs: number;
}

/** Puts an item where it belongs. **Cost:** as many comparisons as the logarithm of the length. */
export function insertInOrder<T>(list: T[], item: T, of: (item: T) => Ordered): void {
  const wanted = of(item);
  // Exactly the search of Python's `insort`: the order is not a total one, and comes out as there.
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(wanted, of(list[middle] as T))) high = middle;
    else low = middle + 1;
  }
  list.splice(low, 0, item);
}

function isBefore(a: Ordered, b: Ordered): boolean {
  return a.slug === b.slug ? a.lastUpdatedMs < b.lastUpdatedMs : a.createdMs < b.createdMs;
}
