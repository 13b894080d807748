/**
 * Where on its box each edge arrives, so that arrowheads and labels stand side by side.
 *
 * Edges arrive in the order in which they come in, and a box grows, up to a bound, until all labels fit
 * beside each other; past it labels are left out and the arrowheads crowd together.
 */
/* oxlint-disable typescript/no-non-null-assertion -- Indexes come from the tables themselves, and a check for each
   would stand in the innermost loops. */
import { adjacency } from './layers.ts';
import type { Rows } from './rows.ts';

/** The arriving ends of links. All in pixels, across the direction of the drawing. */
export interface Ports {
  /** How far each link arrives from the middle of its box. */
  readonly offsets: Float64Array;
  /** What each box takes, which is at least what it took before. */
  readonly extents: Float64Array;
  /** 1 for each link whose label there is room for. */
  readonly labelled: Uint8Array;
}

/** What an arriving edge takes if it has no label. */
const BARE = 14;
/** The least room between two labels. */
const BETWEEN = 10;
/** How far a box grows for the sake of labels: some ten of them. Arbitrary. */
const WIDEST = 420;

/**
 * Assigns places to the arriving ends of links.
 *
 * @param extents – what each box takes without labels
 * @param labels – what the label of each link takes; 0 where it has none
 * @internal
 */
export function arrangePorts(
  rows: Rows,
  order: readonly Int32Array[],
  links: readonly { readonly from: number; readonly to: number }[],
  extents: Float64Array,
  labels: Float64Array,
): Ports {
  const arriving = adjacency(rows.boxes, links, (link) => link.to);
  const origins = originsOf(rows, order, links);
  const ports = {
    offsets: new Float64Array(links.length),
    extents: extents.slice(),
    labelled: new Uint8Array(links.length),
  };
  for (let box = 0; box < rows.boxes; box += 1) {
    const ends = arriving.items.slice(arriving.starts[box], arriving.starts[box + 1]);
    if (ends.length === 0) continue;
    ends.sort((a, b) => origins[a]! - origins[b]! || a - b);
    const slots = Array.from(ends, (link) => (labels[link]! > 0 ? labels[link]! + BETWEEN : BARE));
    const needed = slots.reduce((sum, slot) => sum + slot, 0);
    const fits = needed <= Math.max(WIDEST, extents[box]!);
    const extent = Math.max(extents[box]!, fits ? needed : WIDEST);
    const spare = fits ? (extent - needed) / ends.length : 0;
    const squeeze = fits ? 1 : (extent - BARE) / needed;
    let start = fits ? -extent / 2 : -(extent - BARE) / 2;
    for (const [at, link] of ends.entries()) {
      const slot = slots[at]! * squeeze + spare;
      ports.offsets[link] = start + slot / 2;
      ports.labelled[link] = fits && labels[link]! > 0 ? 1 : 0;
      start += slot;
    }
    ports.extents[box] = extent;
  }
  return ports;
}

/** Where each link comes in from: the place, in the row before, of what it last passes, from 0 to 1. */
function originsOf(
  rows: Rows,
  order: readonly Int32Array[],
  links: readonly { readonly from: number }[],
): Float64Array {
  const shares = new Float64Array(rows.rowOf.length);
  for (const row of order)
    for (const [place, vertex] of row.entries()) shares[vertex] = (place + 0.5) / row.length;
  return Float64Array.from(links, (link, index) => {
    const last = rows.paths[index]!.at(-1);
    return shares[last === undefined ? link.from : rows.segments[last]!.from]!;
  });
}
