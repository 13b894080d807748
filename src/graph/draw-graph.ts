/**
 * A graph as a picture: which calls there are, and which needs which.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { Call, Quoted, Structured } from '../task/call.ts';
import { argumentTexts } from '../task/call-text.ts';
import { callOf, isDelayed } from '../task/delayed.ts';
import type { DrawOptions, Picture, PictureEdge, PictureNode } from './draw/picture.ts';
import { toDot } from './draw/to-dot.ts';
import { toMermaid } from './draw/to-mermaid.ts';
import { toSvg } from './draw/to-svg.ts';
import { lift } from './gather.ts';

export interface DrawGraphOptions extends DrawOptions {
  /** The language of the picture: Graphviz, Mermaid, or an SVG document. */
  readonly format: 'dot' | 'mermaid' | 'svg';
}

/**
 * Draws the graph below a delayed value, or below data in which parts are delayed.
 *
 * Equal graphs give equal text. Graphs that are made while a run goes on are not part of the picture;
 * quoted ones are, with broken lines.
 *
 * @throws {RangeError} If the format is not known.
 *
 * @example
 * ```ts
 * import { drawGraph, task } from 'heddle';
 * const add = task((a: number, b: number) => a + b, { name: 'add' });
 * assert.match(drawGraph(add(add(1, 2), 3), { format: 'mermaid' }), /add/);
 * ```
 */
export function drawGraph(target: unknown, { format, ...options }: DrawGraphOptions): string {
  const picture = pictureOf(target);
  switch (format) {
    case 'dot':
      return toDot(picture, options);
    case 'mermaid':
      return toMermaid(picture, options);
    case 'svg':
      return toSvg(picture, options);
    default:
      throw new RangeError(
        `Cannot draw a graph as 'format' must be 'dot', 'mermaid' or 'svg': received '${String(format)}'`,
      );
  }
}

/** A value that is not delayed is drawn as itself. */
function pictureOf(target: unknown): Picture {
  const lifted: unknown = lift(target);
  if (isDelayed(lifted)) return pictureOfCall(callOf(lifted));
  return { nodes: [{ id: 0, name: '', text: inspectShort(lifted), style: 'value' }], edges: [] };
}

function pictureOfCall(target: Call): Picture {
  const ids = new Map<Call, number>();
  const nodes: PictureNode[] = [];
  const edges: PictureEdge[] = [];
  const needed = callsNeededBy(target);
  for (const call of callsBelow(target)) {
    const id = nodes.length;
    ids.set(call, id);
    const style = call === target ? 'target' : needed.has(call) ? 'call' : 'quoted';
    nodes.push({ id, name: call.task.name, text: `(${argumentTexts(call, () => '—').join(', ')})`, style });
  }
  for (const [call, id] of ids) {
    for (const { to: need, label, isQuoted } of edgesOf(call)) {
      edges.push({ from: ids.get(need) as number, to: id, label, style: isQuoted ? 'quoted' : 'value' });
    }
  }
  return { nodes, edges };
}

interface Edge {
  readonly to: Call;
  readonly label: string;
  readonly isQuoted: boolean;
}

/** What a call refers to, argument by argument. */
function edgesOf(call: Call): Edge[] {
  const { params } = call.task;
  const edges: Edge[] = [];
  let position = 0;
  call.args.forEach((arg, index) => {
    const label =
      params[index] ??
      (params.length > 0 && index >= params.length ? `${params.at(-1) ?? ''}` : String(index));
    const inner = arg instanceof Structured ? countCalls(arg.template) : arg instanceof Call ? 1 : 0;
    for (const need of call.needs.slice(position, position + inner))
      edges.push({ to: need, label, isQuoted: false });
    position += inner;
    if (arg instanceof Quoted) edges.push({ to: arg.call, label, isQuoted: true });
  });
  const direct = new Set(edges.map(({ to }) => to));
  for (const item of call.quotes ?? []) {
    if (item instanceof Quoted && !direct.has(item.call))
      edges.push({ to: item.call, label: '', isQuoted: true });
  }
  return edges;
}

function countCalls(template: unknown): number {
  let count = 0;
  const seen = new Set<object>();
  const places: unknown[] = [template];
  while (places.length > 0) {
    const next = places.pop();
    if (next instanceof Call) {
      count++;
      continue;
    }
    if (typeof next !== 'object' || next === null || seen.has(next) || next instanceof Quoted) continue;
    seen.add(next);
    if (next instanceof Map) for (const [key, value] of next) places.push(key, value);
    else if (next instanceof Set) for (const value of next) places.push(value);
    else for (const value of Object.values(next)) places.push(value);
  }
  return count;
}

/** All calls below a call and itself, each after what it needs. Iterative: graphs can be a million deep. */
function callsBelow(target: Call): Call[] {
  const order: Call[] = [];
  const seen = new Set<Call>([target]);
  const path: { readonly call: Call; readonly rest: Call[] }[] = [{ call: target, rest: referredBy(target) }];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const next = top.rest.pop();
    if (next === undefined) {
      path.pop();
      order.push(top.call);
    } else if (!seen.has(next)) {
      seen.add(next);
      path.push({ call: next, rest: referredBy(next) });
    }
  }
  return order;
}

function referredBy(call: Call): Call[] {
  const quoted = (call.quotes ?? []).flatMap((item) => (item instanceof Quoted ? [item.call] : []));
  // Taken from the end: the first argument is to be drawn first.
  return [...call.needs, ...quoted].reverse();
}

function callsNeededBy(target: Call): Set<Call> {
  const needed = new Set<Call>([target]);
  for (const call of needed) for (const need of call.needs) needed.add(need);
  return needed;
}
