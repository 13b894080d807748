/**
 * A picture as text in Graphviz' DOT language.
 *
 * The text is accepted by `dot` whatever the names and arguments hold, shows them as they are, and is the
 * same for the same picture. Laying out is left to Graphviz.
 */
import { paintOf } from './paint.ts';
import type { DrawOptions, Picture, PictureNode, PictureStyle } from './picture.ts';
import { directionOf, indexPicture } from './picture.ts';
import { linesOf, readable } from './readable-text.ts';

/**
 * Writes a picture in DOT.
 *
 * **Order.** Nodes, then edges, each in the order of the picture; a node is named `c` and its id.
 *
 * @returns lines of text, ending in a line feed
 * @throws {RangeError} if ids are wrong or missing, or a colour or the direction cannot be read
 * @example
 * ```ts
 * const dot = toDot({ nodes: [{ id: 0, name: 'add', text: '(5, 4)', style: 'target' }], edges: [] });
 * assert.match(dot, /c0 \[label="add\\n\(5, 4\)", /);
 * ```
 */
export function toDot(picture: Picture, options: DrawOptions = {}): string {
  indexPicture(picture);
  const rankdir = directionOf(options) === 'down' ? 'TB' : 'LR';
  const lines = [
    'digraph heddle {',
    `  graph [rankdir=${rankdir}, nodesep=0.3, ranksep=0.5];`,
    '  node [shape=box, style="rounded,filled", color="#94a3b8", fillcolor="#f8fafc", fontcolor="#1f2937", ' +
      'fontname="Helvetica,Arial,sans-serif", fontsize=12, height=0.4];',
    '  edge [color="#94a3b8", fontcolor="#64748b", fontname="Helvetica,Arial,sans-serif", fontsize=10, arrowsize=0.7];',
  ];
  for (const node of picture.nodes) lines.push(`  c${node.id} [${attributesOf(node, options)}];`);
  for (const edge of picture.edges) {
    const attributes = [
      ...(edge.label === '' ? [] : [`label=${quoted([readable(edge.label)])}`]),
      ...(edge.style === 'quoted' ? ['style=dashed'] : []),
    ];
    lines.push(
      `  c${edge.from} -> c${edge.to}${attributes.length === 0 ? '' : ` [${attributes.join(', ')}]`};`,
    );
  }
  lines.push('}', '');
  return lines.join('\n');
}

const LOOKS: Readonly<Record<PictureStyle, readonly string[]>> = {
  call: [],
  target: ['color="#4f46e5"', 'fillcolor="#eef2ff"', 'penwidth=2'],
  value: ['color="#d9a441"', 'fillcolor="#fff8e8"', 'margin="0.16,0.04"'],
  quoted: ['style="rounded,filled,dashed"'],
};

function attributesOf(node: PictureNode, options: DrawOptions): string {
  const paint = paintOf(node, options);
  // Graphviz takes the last of two equal attributes, so paint stands after the look.
  return [
    `label=${quoted(linesOf(node))}`,
    ...LOOKS[node.style ?? 'call'],
    ...(paint?.fill === undefined ? [] : [`fillcolor="${paint.fill}"`]),
    ...(paint?.stroke === undefined ? [] : [`color="${paint.stroke}"`]),
  ].join(', ');
}

/**
 * A label is unescaped three times: as a quotation (`\"`), as an `escString` (`\n` ends a line and `\N` is the
 * node's name, so that a backslash must be two), and as HTML (`&lt;` is shown as `<`, also outside HTML labels).
 */
function quoted(lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    line.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('&', '&amp;').replaceAll('\n', '\\n'),
  );
  return `"${escaped.join('\\n')}"`;
}
