/**
 * Which row of a layered drawing each vertex belongs to.
 *
 * Every edge leads to a later row, the number of rows is the least possible, and vertices stand close to what
 * needs them. An edge that closes a cycle cannot lead to a later row; it is the only one that does not. The
 * order within a row is left to `order-rows.ts`.
 */
/* oxlint-disable typescript/no-non-null-assertion -- Indexes come from the tables themselves, and a check for each
   would stand in the innermost loops. */

/** An edge between places. */
export interface Link {
  /** Place of the dependency. */
  readonly from: number;
  /** Place of the dependent. */
  readonly to: number;
}

/**
 * Assigns a row to each vertex: the length of the longest path to it, then as far down as its dependents allow
 * where that shortens edges.
 *
 * **Cost.** Linear in vertices and edges.
 *
 * @param count – of vertices
 * @returns rows by vertex, from 0
 * @example
 * ```ts
 * assert.deepEqual([...assignLayers(3, [{ from: 0, to: 1 }, { from: 1, to: 2 }])], [0, 1, 2]);
 * ```
 * @internal
 */
export function assignLayers(count: number, links: readonly Link[]): Int32Array {
  const ahead = adjacency(count, links, (link) => link.from);
  const layers = new Int32Array(count);
  const order = longestPaths(layers, links, ahead);
  pullTowardsDependents(layers, order, links, ahead);
  return layers;
}

/** Items of vertex `v` are `items[starts[v]]` up to `items[starts[v + 1]]`. */
export interface Adjacency {
  readonly starts: Int32Array;
  readonly items: Int32Array;
}

/**
 * Groups the indexes of links by one of their ends, in the order of the links.
 *
 * @internal
 */
export function adjacency(count: number, links: readonly Link[], endOf: (link: Link) => number): Adjacency {
  const starts = new Int32Array(count + 1);
  for (const link of links) starts[endOf(link) + 1]! += 1;
  for (let vertex = 0; vertex < count; vertex += 1) starts[vertex + 1]! += starts[vertex]!;
  const next = starts.slice();
  const items = new Int32Array(links.length);
  for (const [index, link] of links.entries()) items[next[endOf(link)]!++] = index;
  return { starts, items };
}

/** Fills `layers` and gives the vertices in an order in which dependencies come first. */
function longestPaths(layers: Int32Array, links: readonly Link[], ahead: Adjacency): Int32Array {
  const count = layers.length;
  const missing = new Int32Array(count);
  for (const link of links) missing[link.to]! += 1;
  const placed = new Uint8Array(count);
  const order = new Int32Array(count);
  let length = 0;
  const place = (vertex: number): void => {
    placed[vertex] = 1;
    order[length++] = vertex;
  };
  for (let vertex = 0; vertex < count; vertex += 1) if (missing[vertex] === 0) place(vertex);
  let cut = 0;
  for (let read = 0; read < count; read += 1) {
    if (read === length) {
      // Nothing is left but cycles and what hangs on them: the first vertex goes without what it still misses.
      while (placed[cut] === 1) cut += 1;
      place(cut);
    }
    const vertex = order[read]!;
    for (let at = ahead.starts[vertex]!; at < ahead.starts[vertex + 1]!; at += 1) {
      const to = links[ahead.items[at]!]!.to;
      if (placed[to] === 1) continue;
      layers[to] = Math.max(layers[to]!, layers[vertex]! + 1);
      missing[to]! -= 1;
      if (missing[to] === 0) place(to);
    }
  }
  return order;
}

/**
 * A value that is needed once, ten rows further down, would stand in the first row. Moving a vertex with at
 * least as many edges ahead as behind never makes the sum of lengths greater.
 */
function pullTowardsDependents(
  layers: Int32Array,
  order: Int32Array,
  links: readonly Link[],
  ahead: Adjacency,
): void {
  const behind = new Int32Array(layers.length);
  for (const link of links) if (layers[link.from]! < layers[link.to]!) behind[link.to]! += 1;
  for (let read = order.length - 1; read >= 0; read -= 1) {
    const vertex = order[read]!;
    let nearest = Number.POSITIVE_INFINITY;
    let dependents = 0;
    for (let at = ahead.starts[vertex]!; at < ahead.starts[vertex + 1]!; at += 1) {
      const layer = layers[links[ahead.items[at]!]!.to]!;
      if (layer <= layers[vertex]!) continue;
      nearest = Math.min(nearest, layer);
      dependents += 1;
    }
    if (dependents > 0 && dependents >= behind[vertex]!) layers[vertex] = nearest - 1;
  }
}
