/**
 * The order of the vertices within each row, with few crossings.
 *
 * Begins as a reader would, from the targets through their arguments in order, which draws a tree without
 * any crossing; then sweeps down and up, sorting each row by the mean place of its neighbours, and keeps the
 * best order seen. Finding the fewest crossings is hard even for two rows; this finds few.
 *
 * The method is that of K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of Hierarchical
 * System Structures", 1981; counting is by W. Barth, P. Mutzel, M. Jünger, "Simple and Efficient Bilayer
 * Cross Counting", 2004.
 */
/* oxlint-disable typescript/no-non-null-assertion -- Indexes come from the tables themselves, and a check for each
   would stand in the innermost loops. */
import type { Adjacency } from './layers.ts';
import type { Rows } from './rows.ts';

// Arbitrary; further sweeps found hardly any better order on random graphs.
const SWEEPS = 8;

/**
 * Orders the vertices of each row.
 *
 * **Order.** Depends on the rows alone: equal rows are ordered equally.
 * **Cost.** Eight sweeps, each of O(v log v + e log v); fewer where no crossing is left.
 *
 * @returns the vertices of each row, from left to right
 * @internal
 */
export function orderRows(rows: Rows): Int32Array[] {
  let order = readingOrder(rows);
  const places = new Int32Array(rows.rowOf.length);
  for (const row of order) note(row, places);
  let best = order.map((row) => row.slice());
  let fewest = crossings(rows, order, places);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep += 1) {
    const downwards = sweep % 2 === 0;
    order = downwards ? order : order.toReversed();
    for (const row of order)
      sortByNeighbours(rows, row, downwards ? rows.above : rows.below, downwards, places);
    order = downwards ? order : order.toReversed();
    const found = crossings(rows, order, places);
    if (found >= fewest) continue;
    fewest = found;
    best = order.map((row) => row.slice());
  }
  return best;
}

/** Depth first from the vertices that nothing needs, through what each needs, in the order of the links. */
function readingOrder(rows: Rows): Int32Array[] {
  const { rowOf, above, below, uppers } = rows;
  const order: number[][] = Array.from({ length: rows.count }, () => []);
  const seen = new Uint8Array(rowOf.length);
  for (let start = 0; start < rows.boxes; start += 1) {
    if (below.starts[start] !== below.starts[start + 1]) continue;
    const stack = [start];
    for (let vertex = stack.pop(); vertex !== undefined; vertex = stack.pop()) {
      if (seen[vertex] === 1) continue;
      seen[vertex] = 1;
      order[rowOf[vertex]!]!.push(vertex);
      for (let at = above.starts[vertex + 1]! - 1; at >= above.starts[vertex]!; at -= 1) {
        stack.push(uppers[above.items[at]!]!);
      }
    }
  }
  return order.map((row) => Int32Array.from(row));
}

function note(row: Int32Array, places: Int32Array): void {
  for (let place = 0; place < row.length; place += 1) places[row[place]!] = place;
}

function sortByNeighbours(
  rows: Rows,
  row: Int32Array,
  neighbours: Adjacency,
  downwards: boolean,
  places: Int32Array,
): void {
  const ends = downwards ? rows.uppers : rows.lowers;
  const means = new Float64Array(row.length);
  for (let place = 0; place < row.length; place += 1) {
    const vertex = row[place]!;
    const first = neighbours.starts[vertex]!;
    const end = neighbours.starts[vertex + 1]!;
    let sum = 0;
    for (let at = first; at < end; at += 1) {
      sum += places[ends[neighbours.items[at]!]!]!;
    }
    means[place] = end === first ? place : sum / (end - first);
  }
  // `places` of this row still holds the order before, which keeps equal ones in place.
  row.sort((a, b) => means[places[a]!]! - means[places[b]!]! || places[a]! - places[b]!);
  note(row, places);
}

/** Two segments between the same rows cross if their upper ends and their lower ends stand in contrary order. */
function crossings(rows: Rows, order: readonly Int32Array[], places: Int32Array): number {
  const { below, lowers } = rows;
  let total = 0;
  for (let upper = 0; upper + 1 < order.length; upper += 1) {
    const width = order[upper + 1]!.length;
    // A Fenwick tree: counts of segments by the place of their lower end.
    const tree = new Int32Array(width + 1);
    let counted = 0;
    for (const vertex of order[upper]!) {
      const first = below.starts[vertex]!;
      const end = below.starts[vertex + 1]!;
      // All of one vertex are compared before any is counted, since they meet there and do not cross.
      for (let at = first; at < end; at += 1) {
        total += counted;
        for (let place = places[lowers[below.items[at]!]!]! + 1; place > 0; place -= place & -place) {
          total -= tree[place]!;
        }
      }
      for (let at = first; at < end; at += 1) {
        counted += 1;
        for (let place = places[lowers[below.items[at]!]!]! + 1; place <= width; place += place & -place) {
          tree[place]! += 1;
        }
      }
    }
  }
  return total;
}
