/**
 * Draws a graph onto a canvas: nodes in layers from left to right. What is too small to be read is left out.
 */

import type { CallColumns } from '../../src/observe/calls/call-columns.ts';
import type { CallGraph, GraphNode } from '../../src/observe/calls/call-groups.ts';
import { callState, isFailed, stateLooks } from '../../src/observe/calls/call-state.ts';
import type { Layout } from '../../src/observe/calls/layered-layout.ts';
import type { CanvasColours } from '../look.ts';
import { numberText } from '../words.ts';

/** A node, and the room around it, in pixels at scale 1. */
const nodeWidth = 168;
const groupHeight = 44;
const callHeight = 26;
const stepX = 230;
/** Of groups, and of calls alone, which are lower. */
const groupStepY = 62;
const callStepY = 34;
/** Below, no words are drawn. */
const leastReadable = 0.42;
/** More edges are straight. */
const mostCurves = 4000;

/** What is seen: `x` and `y` of the graph at the canvas' corner, and how large. */
export interface GraphWindow {
  x: number;
  y: number;
  scale: number;
}

/** What is drawn. */
export interface GraphView {
  readonly columns: CallColumns;
  readonly graph: CallGraph;
  readonly layout: Layout;
  readonly colours: readonly string[];
  readonly theme: CanvasColours;
  readonly width: number;
  readonly height: number;
  readonly window: GraphWindow;
  /** Indices of nodes. */
  readonly selected: number | undefined;
  readonly found: ReadonlySet<number> | undefined;
  /** Nodes of the critical path, and its edges as `from * nodes + to`. */
  readonly path: { readonly nodes: ReadonlySet<number>; readonly edges: ReadonlySet<number> } | undefined;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where a node is, at scale 1. */
export function boxOf({ graph, layout }: Pick<GraphView, 'graph' | 'layout'>, at: number): Box {
  const node = graph.nodes[at] as GraphNode;
  const height = node.row < 0 ? groupHeight : callHeight;
  return {
    x: (layout.x[at] as number) * stepX,
    y: (layout.y[at] as number) * stepOf(graph) + (groupHeight - height) / 2,
    width: nodeWidth,
    height,
  };
}

/** The window in which all is seen. */
export function wholeWindow(
  { graph, layout }: Pick<GraphView, 'graph' | 'layout'>,
  width: number,
  height: number,
): GraphWindow {
  const wide = (layout.layers - 1) * stepX + nodeWidth + 40;
  const high = layout.height * stepOf(graph) + groupHeight + 40;
  const scale = Math.min(1.2, width / wide, height / high);
  return { scale, x: -20 - (width / scale - wide) / 2, y: -20 - (height / scale - high) / 2 };
}

function stepOf({ isGrouped }: CallGraph): number {
  return isGrouped ? groupStepY : callStepY;
}

/** The node at a place of the canvas. */
export function nodeAt(
  view: Pick<GraphView, 'graph' | 'layout' | 'window'>,
  x: number,
  y: number,
): number | undefined {
  const { window, graph } = view;
  const [gx, gy] = [window.x + x / window.scale, window.y + y / window.scale];
  for (let at = graph.nodes.length - 1; at >= 0; at--) {
    const box = boxOf(view, at);
    if (gx >= box.x && gx <= box.x + box.width && gy >= box.y && gy <= box.y + box.height) return at;
  }
  return undefined;
}

/** Draws all. */
export function drawGraph(context: CanvasRenderingContext2D, view: GraphView): void {
  const { graph, theme, width, height, window, path, found, selected } = view;
  context.fillStyle = theme.ground;
  context.fillRect(0, 0, width, height);
  context.save();
  context.scale(window.scale, window.scale);
  context.translate(-window.x, -window.y);
  const right = window.x + width / window.scale;
  const bottom = window.y + height / window.scale;
  const nodes = graph.nodes.length;
  const near = selected === undefined ? undefined : new Set([selected]);
  for (const { from, to } of graph.edges) {
    if (from === selected) near?.add(to);
    if (to === selected) near?.add(from);
  }
  const isCurved = graph.edges.length <= mostCurves;
  const draw = (isMarked: boolean): void => {
    context.beginPath();
    for (const { from, to } of graph.edges) {
      const isOnPath = path?.edges.has(from * nodes + to) === true || from === selected || to === selected;
      if (isOnPath !== isMarked) continue;
      const a = boxOf(view, from);
      const b = boxOf(view, to);
      if (Math.max(a.x, b.x) + nodeWidth < window.x || Math.min(a.x, b.x) > right) continue;
      if (Math.max(a.y, b.y) + groupHeight < window.y || Math.min(a.y, b.y) > bottom) continue;
      edge(context, a, b, isCurved);
    }
    context.strokeStyle = isMarked ? theme.marked : theme.faint;
    context.lineWidth = (isMarked ? 2.2 : 1) / Math.min(1, Math.max(0.3, window.scale));
    context.globalAlpha = isMarked ? 1 : nodes > 400 ? 0.3 : 0.55;
    context.stroke();
    context.globalAlpha = 1;
  };
  draw(false);
  draw(true);
  for (let at = 0; at < nodes; at++) {
    const box = boxOf(view, at);
    if (box.x > right || box.x + box.width < window.x || box.y > bottom || box.y + box.height < window.y)
      continue;
    const isDim = (found !== undefined && !found.has(at)) || (near !== undefined && !near.has(at));
    context.globalAlpha = isDim ? 0.3 : 1;
    drawNode(context, view, at, box);
  }
  context.globalAlpha = 1;
  context.restore();
}

function edge(context: CanvasRenderingContext2D, a: Box, b: Box, isCurved: boolean): void {
  const [ax, ay, by] = [a.x + a.width, a.y + a.height / 2, b.y + b.height / 2];
  if (a === b || (a.x === b.x && a.y === b.y)) {
    // A task whose calls need each other.
    context.moveTo(ax - 20, a.y);
    context.bezierCurveTo(ax + 26, a.y - 34, a.x - 26, a.y - 34, a.x + 20, a.y);
    return;
  }
  const bx = b.x;
  context.moveTo(ax, ay);
  const bend = Math.max(30, Math.abs(bx - ax) / 2);
  if (isCurved) context.bezierCurveTo(ax + bend, ay, bx - bend, by, bx - 5, by);
  else context.lineTo(bx - 5, by);
  context.moveTo(bx - 7, by - 4);
  context.lineTo(bx, by);
  context.lineTo(bx - 7, by + 4);
}

function drawNode(context: CanvasRenderingContext2D, view: GraphView, at: number, box: Box): void {
  const { columns, graph, colours, theme, window, selected, path } = view;
  const node = graph.nodes[at] as GraphNode;
  const colour = colours[node.task] ?? theme.faint;
  const { x, y, width, height } = box;
  context.fillStyle = theme.ground;
  context.strokeStyle = at === selected ? theme.marked : path?.nodes.has(at) === true ? theme.marked : colour;
  context.lineWidth = at === selected ? 4 : path?.nodes.has(at) === true ? 3 : 1.5;
  context.beginPath();
  context.roundRect(x, y, width, height, node.row < 0 ? 8 : 13);
  context.fill();
  context.stroke();
  const isReadable = window.scale >= leastReadable;
  const state = node.row < 0 ? -1 : (columns.state[node.row] as number);
  context.save();
  context.clip();
  context.fillStyle = colour;
  context.fillRect(x, y, 6, height);
  if (node.row < 0) progress(context, node, box, colour, theme);
  else if (!isReadable && state > callState.running) {
    context.globalAlpha *= 0.6;
    context.fillStyle = isFailed(state) ? theme.failed : colour;
    context.fillRect(x, y, width, height);
  }
  if (isReadable) {
    context.textBaseline = 'middle';
    context.font = '13px system-ui, sans-serif';
    context.fillStyle = theme.text;
    const name = columns.tasks[node.task]?.name ?? '';
    if (node.row < 0) {
      context.fillText(node.isRest ? `${name}, others` : name, x + 13, y + 15, width - 20);
      context.font = '11px system-ui, sans-serif';
      context.fillStyle = theme.faint;
      context.fillText(groupText(node), x + 13, y + 31, width - 20);
    } else {
      const { text, shown } = columns.wordsOf(node.row);
      const sign = stateLooks[state]?.letter ?? '';
      context.fillStyle = isFailed(state) ? theme.failed : theme.text;
      context.fillText(sign, x + 11, y + height / 2);
      context.fillText(text ?? shown ?? `${name} #${node.row}`, x + 28, y + height / 2);
    }
  }
  context.restore();
}

/** At the bottom of a group: how much of it is done. */
function progress(
  context: CanvasRenderingContext2D,
  { states, count }: GraphNode,
  { x, y, width, height }: Box,
  colour: string,
  theme: CanvasColours,
): void {
  const part = (list: readonly number[]): number =>
    list.reduce((sum, state) => sum + (states[state] ?? 0), 0);
  const done = part([callState.computed, callState.retrieved, callState.attached]);
  const failed = part([callState.failed, callState.failureValue]);
  context.fillStyle = theme.line;
  context.fillRect(x, y + height - 5, width, 5);
  context.fillStyle = colour;
  context.fillRect(x, y + height - 5, (width * done) / count, 5);
  context.fillStyle = theme.failed;
  context.fillRect(x + (width * done) / count, y + height - 7, (width * failed) / count, 7);
}

/** What a group is up to, in words. */
export function groupText({ states, count }: GraphNode): string {
  const done =
    (states[callState.computed] ?? 0) +
    (states[callState.retrieved] ?? 0) +
    (states[callState.attached] ?? 0);
  const parts = [`${numberText(done)} of ${numberText(count)}`];
  const more = (state: number, word: string): void => {
    if ((states[state] ?? 0) > 0) parts.push(`${numberText(states[state] ?? 0)} ${word}`);
  };
  more(callState.running, 'running');
  more(callState.failed, 'failed');
  more(callState.failureValue, 'failures');
  more(callState.skipped, 'skipped');
  return parts.join(', ');
}
