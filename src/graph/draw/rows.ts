/**
 * A layered graph in which every segment leads from one row to the next.
 *
 * An edge that spans several rows is cut into segments joined by _bends_: vertices without a box, one in
 * each row it passes, which keep room for the line between the boxes. What order the vertices have in their
 * row, and where they stand, is left to `order-rows.ts` and `place-rows.ts`.
 */
/* oxlint-disable typescript/no-non-null-assertion -- Indexes come from the tables themselves, and a check for each
   would stand in the innermost loops. */

import type { Adjacency, Link } from './layers.ts';
import { adjacency, assignLayers } from './layers.ts';

/** Vertices 0 up to `boxes` are those that were given; bends follow. */
export interface Rows {
  readonly boxes: number;
  /** Row of each vertex, from 0. */
  readonly rowOf: Int32Array;
  /** How many rows there are. */
  readonly count: number;
  /** From vertex to vertex, each to the next row. */
  readonly segments: readonly Segment[];
  /** The upper and the lower end of each segment again, in tables: sweeps read little else. */
  readonly uppers: Int32Array;
  readonly lowers: Int32Array;
  /** Segments by their upper end, and by their lower end. */
  readonly below: Adjacency;
  readonly above: Adjacency;
  /** The segments of each link, from its beginning to its end; none if the link is drawn straight across. */
  readonly paths: readonly (readonly number[])[];
}

/** One piece of a link. */
export interface Segment extends Link {
  /** The link that it is a piece of. */
  readonly link: number;
}

/**
 * Assigns rows and cuts links into segments.
 *
 * **Bound.** There are at most 20 000 bends, or one for each vertex and link if that is more. Where more are
 * needed, as when one value is used in every row of a long chain, the longest links are drawn straight across,
 * and may pass behind boxes.
 *
 * @internal
 */
export function buildRows(count: number, links: readonly Link[]): Rows {
  const layers = assignLayers(count, links);
  const spans = links.map((link) => layers[link.to]! - layers[link.from]!);
  const longest = longestSpan(spans, Math.max(20_000, count + links.length));
  const rowOf = Array.from(layers);
  const segments: Segment[] = [];
  const paths = links.map((link, index) => {
    const span = spans[index]!;
    if (span < 1 || span > longest) return [];
    const path: number[] = [];
    let from = link.from;
    for (let step = 1; step <= span; step += 1) {
      const to = step === span ? link.to : rowOf.push(layers[link.from]! + step) - 1;
      path.push(segments.push({ from, to, link: index }) - 1);
      from = to;
    }
    return path;
  });
  let rows = 0;
  for (const row of rowOf) rows = Math.max(rows, row + 1);
  return {
    boxes: count,
    rowOf: Int32Array.from(rowOf),
    count: rows,
    segments,
    uppers: Int32Array.from(segments, (segment) => segment.from),
    lowers: Int32Array.from(segments, (segment) => segment.to),
    below: adjacency(rowOf.length, segments, (segment) => segment.from),
    above: adjacency(rowOf.length, segments, (segment) => segment.to),
    paths,
  };
}

/** The greatest span for which all links of that span and shorter ones have no more than `allowed` bends. */
function longestSpan(spans: readonly number[], allowed: number): number {
  const sorted = spans.filter((span) => span > 1).sort((a, b) => a - b);
  let bends = 0;
  for (const [at, span] of sorted.entries()) {
    bends += span - 1;
    // All links of one span are treated alike, so that the drawing does not depend on their order.
    if (bends > allowed) return Math.min(span - 1, sorted[at - 1] ?? span - 1);
  }
  return Number.POSITIVE_INFINITY;
}
