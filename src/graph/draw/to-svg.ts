/**
 * A picture as a drawing in SVG.
 *
 * The text is well-formed XML whatever the names and arguments hold, refers to nothing outside itself, holds
 * no script, is readable on light and dark screens, and is the same for the same picture. Coordinates come
 * from `layout.ts`, colours of styles from `svg-style.ts`.
 */

import type { Box, LayoutLink, Point, Route, Size } from './layout.ts';
import { layOut } from './layout.ts';
import { inkOn, paintOf } from './paint.ts';
import type { DrawDirection, DrawOptions, Picture, PictureEdge, PictureNode } from './picture.ts';
import { directionOf, indexPicture } from './picture.ts';
import { linesOf, readable } from './readable-text.ts';
import { LABEL_SIZE, NAME_SIZE, STYLE_SHEET, TEXT_SIZE } from './svg-style.ts';
import { cutToCells, fixedWidth, proportionalWidth } from './text-width.ts';

// Arbitrary: about what Noodles' pictures show of a string. The whole is in the title of the box.
const MOST_CELLS = 48;
const MOST_LABEL_CELLS = 24;

/**
 * Draws a picture as SVG.
 *
 * **Order.** Edges, nodes, then labels of edges, each in the order of the picture. A box is a group with the id
 * `heddle-c` and the id of the node, and its title has name and text in full.
 * **Bound.** Text is cut to 48 cells, labels to 24.
 * **Cost.** Some 0.4 s for 10 000 nodes and twice as many edges, half of it for the layout.
 *
 * @returns one `svg` element, ending in a line feed
 * @throws {RangeError} if ids are wrong or missing, or a colour or the direction cannot be read
 * @example
 * ```ts
 * const svg = toSvg({ nodes: [{ id: 0, name: 'add', text: '(5, 4)', style: 'target' }], edges: [] });
 * assert.match(svg, /^<svg [^>]*viewBox="0 0 /);
 * ```
 */
export function toSvg(picture: Picture, options: DrawOptions = {}): string {
  const places = indexPicture(picture);
  const direction = directionOf(options);
  const sizes = picture.nodes.map((node) => sizeOf(wordsOf(node)));
  const links = picture.edges.map((edge): LayoutLink => {
    return {
      from: places.get(edge.from) ?? 0,
      to: places.get(edge.to) ?? 0,
      label: labelSizeOf(labelOf(edge)),
    };
  });
  const layout = layOut(sizes, links, direction);
  const [width, height] = [Math.ceil(layout.width), Math.ceil(layout.height)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="heddle-graph" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${titleOf(picture)}</title>`,
    `<style>${STYLE_SHEET}</style>`,
    '<defs><marker id="heddle-arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" ' +
      'markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 .6L8 4L0 7.4L1.8 4Z"/></marker></defs>',
    '<rect class="paper" width="100%" height="100%"/>',
    ...pairs(picture.edges, layout.routes).map(([edge, route]) => lineOf(edge, route, direction)),
    ...pairs(picture.nodes, layout.boxes).map(([node, box]) => groupOf(node, box, options)),
    ...pairs(picture.edges, layout.routes).flatMap(([edge, { label }]) =>
      label === undefined ? [] : [textAt('label', label.x, label.y, labelOf(edge))],
    ),
    '</svg>',
    '',
  ].join('\n');
}

/** What stands at one place in both lists, which are equally long. */
function pairs<One, Other>(
  ones: readonly One[],
  others: readonly Other[],
): readonly (readonly [One, Other])[] {
  const rest = others.values();
  // The cast says that the lists are equally long, which the layout promises.
  return ones.map((one) => [one, rest.next().value as Other] as const);
}

/** What is written in a box: either may be empty. */
interface Words {
  readonly name: string;
  readonly text: string;
}

function wordsOf(node: PictureNode): Words {
  return { name: oneLine(node.name, MOST_CELLS), text: oneLine(node.text, MOST_CELLS) };
}

function labelOf(edge: PictureEdge): string {
  return oneLine(edge.label, MOST_LABEL_CELLS);
}

function labelSizeOf(label: string): Size | undefined {
  return label === '' ? undefined : { width: proportionalWidth(label, LABEL_SIZE), height: LABEL_SIZE + 3 };
}

function oneLine(text: string, cells: number): string {
  return cutToCells(readable(text).replaceAll('\n', '↵'), cells);
}

function sizeOf({ name, text }: Words): Size {
  const width = Math.max(proportionalWidth(name, NAME_SIZE), fixedWidth(text, TEXT_SIZE)) + 26;
  return { width: Math.max(48, Math.ceil(width)), height: name !== '' && text !== '' ? 46 : 30 };
}

function titleOf({ nodes, edges }: Picture): string {
  const boxes = nodes.length === 1 ? '1 box' : `${nodes.length} boxes`;
  return `Graph of ${boxes} and ${edges.length === 1 ? '1 edge' : `${edges.length} edges`}`;
}

function groupOf(node: PictureNode, box: Box, options: DrawOptions): string {
  const { name, text } = wordsOf(node);
  const paint = paintOf(node, options);
  const [middleX, middleY] = [box.x + box.width / 2, box.y + box.height / 2];
  const apart = name !== '' && text !== '' ? 9 : 0;
  const radius = number(node.style === 'value' ? Math.min(box.width, box.height) / 2 : 8);
  // Presentation attributes would lose against the style sheet.
  const colours = Object.entries(paint ?? {}).map(([part, colour]) => `${part}:${colour}`);
  const style = colours.length === 0 ? '' : ` style="${colours.join(';')}"`;
  const ink = paint?.fill === undefined ? '' : ` on-${inkOn(paint.fill) ?? 'any'}`;
  return [
    `<g id="heddle-c${node.id}" class="box ${node.style ?? 'call'}${ink}">`,
    `<title>${escaped(linesOf(node).join('\n'))}</title>`,
    `<rect x="${number(box.x)}" y="${number(box.y)}" width="${number(box.width)}" height="${number(box.height)}" rx="${radius}"${style}/>`,
    name === '' ? '' : textAt('name', middleX, middleY - apart, name),
    text === '' ? '' : textAt('text', middleX, middleY + apart, text),
    '</g>',
  ].join('');
}

function lineOf(edge: PictureEdge, { points }: Route, direction: DrawDirection): string {
  let path = '';
  let last: Point | undefined;
  for (const point of points) {
    if (last === undefined) path = `M${pair(point)}`;
    else path += last.x === point.x || last.y === point.y ? `L${pair(point)}` : curve(last, point, direction);
    last = point;
  }
  const kind = edge.style === 'quoted' ? 'edge quoted' : 'edge';
  return `<path class="${kind}" d="${path}" marker-end="url(#heddle-arrow)"/>`;
}

/** Leaves and arrives in the direction of the drawing. */
function curve(from: Point, to: Point, direction: DrawDirection): string {
  if (direction === 'down') {
    const middle = (from.y + to.y) / 2;
    return `C${pair({ x: from.x, y: middle })} ${pair({ x: to.x, y: middle })} ${pair(to)}`;
  }
  const middle = (from.x + to.x) / 2;
  return `C${pair({ x: middle, y: from.y })} ${pair({ x: middle, y: to.y })} ${pair(to)}`;
}

/** `y` is the middle of the line: letters stand a third of their size below it. */
function textAt(kind: 'name' | 'text' | 'label', x: number, y: number, words: string): string {
  const size = { name: NAME_SIZE, text: TEXT_SIZE, label: LABEL_SIZE }[kind];
  return `<text class="${kind}" x="${number(x)}" y="${number(y + size * 0.35)}">${escaped(words)}</text>`;
}

function pair(point: Point): string {
  return `${number(point.x)} ${number(point.y)}`;
}

/** Tenths of a pixel; never `-0` or an exponent. */
function number(value: number): string {
  return String(Math.round(value * 10) / 10 + 0);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
}
