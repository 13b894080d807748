/**
 * A picture as text in Mermaid's flowchart language, which many sites show as a drawing.
 *
 * The text is accepted by Mermaid whatever the names and arguments hold, shows them as they are, and is the
 * same for the same picture. Laying out is left to Mermaid, as are its limits: sites commonly show no
 * more than 500 edges and 50 000 characters.
 */
import { once } from '../../base/once.ts';
import { paintOf } from './paint.ts';
import type { DrawOptions, Picture, PictureNode, PictureStyle } from './picture.ts';
import { directionOf, indexPicture } from './picture.ts';
import { linesOf, readable } from './readable-text.ts';

/**
 * Writes a picture as a Mermaid flowchart.
 *
 * **Order.** Nodes, then edges, then colours, each in the order of the picture; a node is named `c` and its id.
 *
 * @returns lines of text, ending in a line feed
 * @throws {RangeError} if ids are wrong or missing, or a colour or the direction cannot be read
 * @example
 * ```ts
 * const text = toMermaid({ nodes: [{ id: 0, name: 'add', text: '(5, 4)' }], edges: [] });
 * assert.equal(text, 'flowchart TD\n  c0("add<br/>(5, 4)")\n');
 * ```
 */
export function toMermaid(picture: Picture, options: DrawOptions = {}): string {
  indexPicture(picture);
  const lines = [`flowchart ${directionOf(options) === 'down' ? 'TD' : 'LR'}`];
  const paints: string[] = [];
  const styles = new Set<PictureStyle>();
  for (const node of picture.nodes) {
    lines.push(`  ${boxOf(node)}`);
    if (node.style !== undefined) styles.add(node.style);
    const paint = Object.entries(paintOf(node, options) ?? {}).map(([part, colour]) => `${part}:${colour}`);
    if (paint.length > 0) paints.push(`  style c${node.id} ${paint.join(',')}`);
  }
  for (const edge of picture.edges) {
    const arrow = edge.style === 'quoted' ? '-.->' : '-->';
    const label = edge.label === '' ? '' : `|"${escaped(readable(edge.label).split('\n'))}"|`;
    lines.push(`  c${edge.from} ${arrow}${label} c${edge.to}`);
  }
  for (const style of STYLES) if (styles.has(style) && LOOKS[style] !== '') lines.push(LOOKS[style]);
  return `${[...lines, ...paints].join('\n')}\n`;
}

const STYLES: readonly PictureStyle[] = ['target', 'quoted'];

const LOOKS: Readonly<Record<PictureStyle, string>> = {
  call: '',
  target: '  classDef target stroke-width:3px',
  value: '',
  quoted: '  classDef quoted stroke-dasharray:5 4',
};

function boxOf(node: PictureNode): string {
  const label = escaped(linesOf(node));
  if (node.style === 'value') return `c${node.id}(["${label}"])`;
  const look = node.style === undefined || LOOKS[node.style] === '' ? '' : `:::${node.style}`;
  return `c${node.id}("${label}")${look}`;
}

/**
 * Labels are read as Markdown and HTML, after directives, icons, formulas and entities are looked for. So
 * every character is written as `#code;`, except those that mean nothing to any of these readers. A colon
 * is among the escaped ones since Mermaid takes the semicolon off an entity in a line that holds `style…:…#`. Of the codes
 * below, the first four are `—`, `…`, `·` and `×`.
 */
const meaningful = once(
  () =>
    new RegExp(
      String.raw`[^\p{L}\p{N}\p{M}\p{Zs}_(),.'/=[\]{}!?+\-\u2014\u2026\u00b7\u00d7\p{Extended_Pictographic}\u200d]`,
      'gu',
    ),
);
/** An underscore beside anything but letters and digits is emphasis. */
const emphasis = once(() => new RegExp(String.raw`(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])`, 'gu'));
/** `1.`, `1)`, `-` and `+` begin a list; four spaces begin a block of code. */
const LIST = /^( *\d*)([.)+-])(?= |$)/;

function escaped(lines: readonly string[]): string {
  const text = lines
    .map((line) =>
      line
        .replace(meaningful(), entity)
        .replace(emphasis(), entity)
        .replace(LIST, (_, before: string, sign: string) => before + entity(sign))
        .replace(/^ +/, (spaces) => entity('\u00a0').repeat(spaces.length)),
    )
    .join('<br/>');
  return text === '' ? entity('\u00a0') : text;
}

function entity(character: string): string {
  return `#${character.codePointAt(0)};`;
}
