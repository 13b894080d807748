/**
 * The colours that a user's `paint` asks for, checked.
 *
 * A colour is written into three formats with three sets of special characters, so only spellings that all
 * of them read alike get through; nothing a `paint` returns can end a quotation or begin a rule. Where a
 * colour goes in each format is left to the formats.
 */
import type { DrawOptions, Paint, PictureNode } from './picture.ts';

const COLOUR = /^(?:#(?:[0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})|[a-z]+)$/i;

/**
 * Asks `options.paint` for the colours of a node.
 *
 * @returns the colours, with `#rgb` written out as `#rrggbb`; `undefined` if the node is not painted
 * @throws {RangeError} if a colour is spelled in another way than `Paint` allows
 * @example
 * ```ts
 * const node = { id: 0, name: 'add', text: '' };
 * assert.deepEqual(paintOf(node, { paint: () => ({ fill: '#fa0' }) }), { fill: '#ffaa00' });
 * ```
 * @internal
 */
export function paintOf(node: PictureNode, options: DrawOptions): Paint | undefined {
  const paint = options.paint?.(node);
  if (paint === undefined) return undefined;
  const fill = colourOf(node, paint.fill);
  const stroke = colourOf(node, paint.stroke);
  if (fill === undefined && stroke === undefined) return undefined;
  return { ...(fill !== undefined && { fill }), ...(stroke !== undefined && { stroke }) };
}

function colourOf(node: PictureNode, colour: string | undefined): string | undefined {
  if (colour === undefined) return undefined;
  if (typeof colour !== 'string' || !COLOUR.test(colour)) {
    throw new RangeError(
      `Cannot paint node '${node.name}' as its colour is neither '#rrggbb' nor a name: received '${String(colour)}'`,
    );
  }
  if (colour.length !== 4 || !colour.startsWith('#')) return colour;
  return colour.replace(/[0-9a-f]/gi, '$&$&');
}

/**
 * Tells which ink is readable on a fill.
 *
 * @param fill – as `paintOf` gives it
 * @returns `'dark'` or `'light'`; `undefined` where the fill shows what is behind it, or is known by name only
 * @internal
 */
export function inkOn(fill: string): 'dark' | 'light' | undefined {
  if (fill.length !== 7 || !fill.startsWith('#')) return undefined;
  const [red, green, blue] = [1, 3, 5].map(
    (at) => (Number.parseInt(fill.slice(at, at + 2), 16) / 255) ** 2.2,
  );
  // Relative luminance of WCAG 2; 0.179 is where black and white text have equal contrast.
  const luminance = 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
  return luminance > 0.179 ? 'dark' : 'light';
}
