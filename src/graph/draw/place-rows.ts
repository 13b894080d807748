/**
 * Where each vertex stands within its row: as straight below and above its neighbours as its row allows.
 *
 * The order of a row is kept and no two vertices come closer than they may, whatever the neighbours would
 * like. Which order that is, and how far rows stand apart, is left to others.
 */
/* oxlint-disable typescript/no-non-null-assertion -- Indexes come from the tables themselves, and a check for each
   would stand in the innermost loops. */
import type { Adjacency } from './layers.ts';
import type { Rows } from './rows.ts';

/** What placing needs to know beside the rows. All in pixels, across the direction of the drawing. */
export interface Extents {
  /** Half of what each vertex takes. */
  readonly halves: Float64Array;
  /** The least room between two vertices that stand side by side. */
  readonly between: (left: number, right: number) => number;
  /** How far from the middle of its lower end each segment arrives. */
  readonly offsets: Float64Array;
}

// Each pair of sweeps, one up and one down, carries a wish through all rows; more change little. The last goes
// down, since trees of calls lead down: a call stands below the middle of its arguments.
const PAIRS = 5;

/**
 * Places the vertices of all rows.
 *
 * **Cost.** Linear in vertices and segments.
 *
 * @param order – the vertices of each row, from left to right
 * @returns the middle of each vertex, in pixels; the least may be negative
 * @internal
 */
export function placeRows(rows: Rows, order: readonly Int32Array[], extents: Extents): Float64Array {
  const middles = new Float64Array(rows.rowOf.length);
  for (const row of order)
    placeRow(row, middles, new Float64Array(row.length), new Float64Array(row.length).fill(1), extents);
  const upwards = order.toReversed();
  for (let pair = 0; pair < PAIRS; pair += 1) {
    for (const row of upwards) settleRow(rows, row, rows.below, middles, extents);
    for (const row of order) settleRow(rows, row, rows.above, middles, extents);
  }
  return middles;
}

/** Moves the vertices of a row to the mean of what their neighbours on the given side would like. */
function settleRow(
  rows: Rows,
  row: Int32Array,
  side: Adjacency,
  middles: Float64Array,
  extents: Extents,
): void {
  const wishes = new Float64Array(row.length);
  const weights = new Float64Array(row.length);
  for (let place = 0; place < row.length; place += 1) {
    const vertex = row[place]!;
    let sum = 0;
    let weight = 0;
    for (let at = side.starts[vertex]!; at < side.starts[vertex + 1]!; at += 1) {
      const index = side.items[at]!;
      const [from, to] = [rows.uppers[index]!, rows.lowers[index]!];
      const pull = pullOf(rows, from, to);
      const offset = extents.offsets[index]!;
      sum += pull * (vertex === to ? middles[from]! - offset : middles[to]! + offset);
      weight += pull;
    }
    // Without a neighbour on this side it stays, and gives way to those that have one.
    wishes[place] = weight === 0 ? middles[vertex]! : sum / weight;
    weights[place] = weight === 0 ? 0.05 : weight;
  }
  placeRow(row, middles, wishes, weights, extents);
}

const PULLS = [1, 2, 8] as const;

/** Long lines are to be straight. The weights are Graphviz' (Gansner and others, "A Technique for Drawing Directed Graphs", 1993). */
function pullOf(rows: Rows, from: number, to: number): number {
  const bends = (from >= rows.boxes ? 1 : 0) + (to >= rows.boxes ? 1 : 0);
  return PULLS[bends]!;
}

/**
 * Gives each vertex of a row the place nearest to its wish (least weighted squares) that keeps order and
 * distances. Taking the distances off first leaves a non-decreasing fit, which pooling adjacent violators
 * finds exactly in one pass: a block of vertices that push each other stands at the mean of their wishes.
 */
function placeRow(
  row: Int32Array,
  middles: Float64Array,
  wishes: Float64Array,
  weights: Float64Array,
  extents: Extents,
): void {
  const packed = new Float64Array(row.length);
  for (let place = 1; place < row.length; place += 1) {
    const left = row[place - 1]!;
    const right = row[place]!;
    packed[place] =
      packed[place - 1]! + extents.halves[left]! + extents.between(left, right) + extents.halves[right]!;
  }
  const blocks: { end: number; mean: number; weight: number }[] = [];
  for (let place = 0; place < row.length; place += 1) {
    let block = { end: place + 1, mean: wishes[place]! - packed[place]!, weight: weights[place]! };
    for (let last = blocks.at(-1); last !== undefined && last.mean >= block.mean; last = blocks.at(-1)) {
      blocks.pop();
      const weight = last.weight + block.weight;
      block = {
        end: block.end,
        mean: (last.mean * last.weight + block.mean * block.weight) / weight,
        weight,
      };
    }
    blocks.push(block);
  }
  let place = 0;
  for (const block of blocks) {
    for (; place < block.end; place += 1) middles[row[place]!] = block.mean + packed[place]!;
  }
}
