/**
 * How an SVG drawing looks: one style sheet, for light screens and for dark ones.
 *
 * Rules apply within a `.heddle-graph` only, so that a drawing put into a page leaves the page alone. Colours
 * are written out in place of variables, which some converters do not know. Text is at least 4.5 times as light
 * or dark as what it stands on, as WCAG 2 asks; a style is also told by its shape, dashes or weight. The sizes
 * stand here too, since boxes are measured by them.
 */

/** In pixels. */
export const NAME_SIZE = 13;
export const TEXT_SIZE = 11;
export const LABEL_SIZE = 11;

interface Colours {
  readonly paper: string;
  readonly ink: string;
  readonly faint: string;
  readonly line: string;
  readonly call: readonly [fill: string, stroke: string];
  readonly target: readonly [fill: string, stroke: string];
  readonly value: readonly [fill: string, stroke: string];
}

const LIGHT: Colours = {
  paper: '#ffffff',
  ink: '#1e293b',
  faint: '#526075',
  line: '#94a3b8',
  call: ['#f5f7fa', '#a3b1c4'],
  target: ['#eef0ff', '#4f46e5'],
  value: ['#fff8e8', '#d6a548'],
};

const DARK: Colours = {
  paper: '#10151d',
  ink: '#e6eaf0',
  faint: '#a3afbf',
  line: '#66758a',
  call: ['#1b2330', '#4c5b70'],
  target: ['#262a58', '#8f96fa'],
  value: ['#2c2515', '#a07d35'],
};

/** The whole style sheet, on one line. Holds none of `<`, `&`, quotes. */
export const STYLE_SHEET: string = [
  '.heddle-graph text{text-anchor:middle;white-space:pre}',
  `.heddle-graph .name{font:600 ${NAME_SIZE}px system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif}`,
  `.heddle-graph .text{font:${TEXT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace}`,
  `.heddle-graph .label{font:${LABEL_SIZE}px system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif;stroke-width:5px;stroke-linejoin:round;paint-order:stroke}`,
  '.heddle-graph .box rect{stroke-width:1.2px}',
  '.heddle-graph .box.target rect{stroke-width:2.4px}',
  '.heddle-graph .box.quoted rect,.heddle-graph .edge.quoted{stroke-dasharray:5 4}',
  '.heddle-graph .edge{fill:none;stroke-width:1.4px}',
  ...coloursOf(LIGHT),
  `@media (prefers-color-scheme:dark){${coloursOf(DARK).join('')}}`,
  // Painted boxes keep their colour on both screens; where its lightness is not known, the ink has a halo.
  '.heddle-graph .on-dark text,.heddle-graph .on-any text{fill:#111827}',
  '.heddle-graph .on-light text{fill:#f9fafb}',
  '.heddle-graph .on-any text{stroke:#ffffff;stroke-width:3px;stroke-linejoin:round;paint-order:stroke}',
].join('');

function coloursOf(colours: Colours): readonly string[] {
  const box = (style: 'call' | 'target' | 'value'): string =>
    `.heddle-graph .box.${style} rect{fill:${colours[style][0]};stroke:${colours[style][1]}}`;
  return [
    `.heddle-graph .paper{fill:${colours.paper}}`,
    `.heddle-graph .name{fill:${colours.ink}}`,
    `.heddle-graph .text{fill:${colours.faint}}`,
    `.heddle-graph .label{fill:${colours.faint};stroke:${colours.paper}}`,
    `.heddle-graph .edge{stroke:${colours.line}}`,
    `.heddle-graph .tip{fill:${colours.line}}`,
    box('call'),
    box('target'),
    box('value'),
    `.heddle-graph .box.quoted rect{fill:${colours.paper};stroke:${colours.call[1]}}`,
  ];
}
