/**
 * Coordinates for a layered drawing: boxes in rows, and lines that bend around them.
 *
 * Boxes do not overlap, edges lead in the direction of the drawing, and equal input gives equal coordinates.
 * It joins the steps of a layered layout, each in its own file: `layers.ts` (which row), `rows.ts` (bends),
 * `order-rows.ts` (few crossings), `ports.ts` (where lines arrive) and `place-rows.ts` (straight lines). No
 * step recurses, so that a chain of any length can be drawn. How boxes and lines look is left to the format.
 */
/* oxlint-disable typescript/no-non-null-assertion -- Indexes come from the tables themselves, and a check for each
   would stand in the innermost loops. */
import type { Link } from './layers.ts';
import { orderRows } from './order-rows.ts';
import type { DrawDirection } from './picture.ts';
import { placeRows } from './place-rows.ts';
import { arrangePorts } from './ports.ts';
import type { Rows } from './rows.ts';
import { buildRows } from './rows.ts';

/** In pixels, at least 0. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** In pixels, from the upper left corner of the drawing. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Upper left corner and size. */
export interface Box extends Point, Size {}

/** An edge between places in the list of boxes, and the size of its label if it has one. */
export interface LayoutLink extends Link {
  readonly label: Size | undefined;
}

/** The line of an edge. */
export interface Route {
  /** At least two. Between two that differ in both coordinates the line is curved, and leaves both straight on. */
  readonly points: readonly Point[];
  /** The middle of the label; `undefined` if there is none, or no room for it. */
  readonly label: Point | undefined;
}

/** Boxes and routes in the order of what was laid out, and the size of all together. */
export interface Layout extends Size {
  readonly boxes: readonly Box[];
  readonly routes: readonly Route[];
}

/** Around the drawing. */
const MARGIN = 24;
/** Between an arrow's tip and its label, and between a label and the curve. */
const ARROW = 11;
/** What a curve takes along the drawing: more where it has farther to go, so that it does not lie flat. */
const LEAST_CURVE = 26;
const MOST_CURVE = 150;

/**
 * Lays out boxes and the edges between them.
 *
 * **Cost.** About linear: some 0.2 s for 10 000 boxes and twice as many edges.
 *
 * @param sizes – what each box takes at least; a box grows across the direction to have room for its labels
 * @param links – dependencies to dependents, as places in `sizes`
 * @example
 * ```ts
 * const size = { width: 60, height: 40 };
 * const { boxes } = layOut([size, size], [{ from: 0, to: 1, label: undefined }], 'down');
 * assert.ok(boxes[0]!.y + boxes[0]!.height < boxes[1]!.y);
 * ```
 * @internal
 */
export function layOut(
  sizes: readonly Size[],
  links: readonly LayoutLink[],
  direction: DrawDirection,
): Layout {
  const down = direction === 'down';
  const across = (size: Size | undefined): number => (down ? size?.width : size?.height) ?? 0;
  const along = (size: Size | undefined): number => (down ? size?.height : size?.width) ?? 0;

  const rows = buildRows(sizes.length, links);
  const order = orderRows(rows);
  const labels = Float64Array.from(links, (link) => across(link.label));
  const ports = arrangePorts(rows, order, links, Float64Array.from(sizes, across), labels);
  const middles = placeRows(rows, order, {
    halves: Float64Array.from(rows.rowOf, (_, vertex) => (ports.extents[vertex] ?? 0) / 2),
    between: roomBetween(rows.boxes, down),
    offsets: segmentOffsets(rows, ports.offsets),
  });

  const thick = Float64Array.from(sizes, along);
  const heads = headsOf(rows, links, ports.labelled, along);
  const bands = stackRows(rows, thick, heads, middles);
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const [box, extent] of ports.extents.entries()) {
    least = Math.min(least, middles[box]! - extent / 2);
    most = Math.max(most, middles[box]! + extent / 2);
  }
  // Bends may stand outside of all boxes.
  for (const middle of middles) {
    least = Math.min(least, middle);
    most = Math.max(most, middle);
  }
  const shift = sizes.length === 0 ? 0 : MARGIN - least;
  const breadth = sizes.length === 0 ? 2 * MARGIN : most - least + 2 * MARGIN;
  const point = (acrossAt: number, alongAt: number): Point =>
    down ? { x: acrossAt + shift, y: alongAt } : { x: alongAt, y: acrossAt + shift };

  const startOf = (box: number): number => {
    const row = rows.rowOf[box]!;
    return bands.starts[row]! + (bands.ends[row]! - bands.starts[row]! - thick[box]!) / 2;
  };
  const boxes = Array.from(thick, (depth, box): Box => {
    const extent = ports.extents[box]!;
    const size = down ? { width: extent, height: depth } : { width: depth, height: extent };
    return { ...point(middles[box]! - extent / 2, startOf(box)), ...size };
  });
  const routes = links.map((link, index): Route => {
    const arrival = middles[link.to]! + ports.offsets[index]!;
    const tip = startOf(link.to);
    const line = new Line(middles[link.from]!, startOf(link.from) + thick[link.from]!);
    line.straightTo(bands.ends[rows.rowOf[link.from]!]!);
    for (const segment of rows.paths[index]!.slice(0, -1)) {
      const bend = rows.segments[segment]!.to;
      const row = rows.rowOf[bend]!;
      line.curveTo(middles[bend]!, bands.starts[row]! - heads[row]!);
      line.straightTo(bands.ends[row]!);
    }
    const row = rows.rowOf[link.to]!;
    line.curveTo(arrival, bands.starts[row]! - heads[row]!);
    line.straightTo(tip);
    const labelAt =
      ports.labelled[index] === 1 ? point(arrival, tip - ARROW - along(link.label) / 2) : undefined;
    return { points: line.points.map(([acrossAt, alongAt]) => point(acrossAt, alongAt)), label: labelAt };
  });
  const length = bands.ends.at(-1) ?? MARGIN;
  const height = length + MARGIN;
  return { width: down ? breadth : height, height: down ? height : breadth, boxes, routes };
}

/** Points along a line, without those in the middle of a straight piece. */
class Line {
  readonly points: [across: number, along: number][];

  constructor(across: number, along: number) {
    this.points = [[across, along]];
  }

  straightTo(along: number): void {
    const [across, from] = this.points.at(-1)!;
    if (from === along) return;
    if (this.points.at(-2)?.[0] === across) this.points.pop();
    this.points.push([across, along]);
  }

  curveTo(across: number, along: number): void {
    if (across === this.points.at(-1)![0]) this.straightTo(along);
    else this.points.push([across, along]);
  }
}

function roomBetween(boxes: number, down: boolean): (left: number, right: number) => number {
  const rooms = down ? [28, 16, 12] : [18, 12, 9];
  return (left, right) => rooms[(left >= boxes ? 1 : 0) + (right >= boxes ? 1 : 0)]!;
}

/** Only the last segment of a link arrives at a box. */
function segmentOffsets(rows: Rows, offsets: Float64Array): Float64Array {
  return Float64Array.from(rows.segments, ({ to, link }) => (to < rows.boxes ? offsets[link]! : 0));
}

/** What arrows and labels take above each row. */
function headsOf(
  rows: Rows,
  links: readonly LayoutLink[],
  labelled: Uint8Array,
  along: (size: Size | undefined) => number,
): Float64Array {
  const heads = new Float64Array(rows.count);
  for (const [index, link] of links.entries()) {
    const row = rows.rowOf[link.to]!;
    const label = labelled[index] === 1 ? along(link.label) + ARROW : 0;
    heads[row] = Math.max(heads[row]!, ARROW + label);
  }
  return heads;
}

/** Where each row begins and ends, along the drawing. */
function stackRows(
  rows: Rows,
  thick: Float64Array,
  heads: Float64Array,
  middles: Float64Array,
): { readonly starts: Float64Array; readonly ends: Float64Array } {
  const bands = new Float64Array(rows.count);
  for (const [box, depth] of thick.entries()) {
    const row = rows.rowOf[box]!;
    bands[row] = Math.max(bands[row]!, depth);
  }
  const farthest = new Float64Array(rows.count);
  for (const { from, to } of rows.segments) {
    const row = rows.rowOf[to]!;
    farthest[row] = Math.max(farthest[row]!, Math.abs(middles[to]! - middles[from]!));
  }
  const starts = new Float64Array(rows.count);
  const ends = new Float64Array(rows.count);
  let end = MARGIN;
  for (let row = 0; row < rows.count; row += 1) {
    const curve = Math.min(MOST_CURVE, LEAST_CURVE + 0.08 * farthest[row]!);
    starts[row] = row === 0 ? end : end + curve + heads[row]!;
    end = starts[row]! + bands[row]!;
    ends[row] = end;
  }
  return { starts, ends };
}
