/**
 * A bar: how much of something has settled.
 *
 * It is exact to half a cell, full only when everything has settled, and empty only when nothing has.
 */

import type { BarGlyphs } from './glyphs.ts';
import { type Span, span, type Tone } from './line.ts';

/**
 * Gives a bar.
 *
 * @param share - the settled part, 0 to 1
 * @param cells - columns, at least 2
 * @param tone - of the settled part
 */
export function bar(share: number, cells: number, tone: Tone, glyphs: BarGlyphs): Span[] {
  if (share >= 1) return [span(glyphs.full.repeat(cells), tone)];
  if (!(share > 0)) return [span(glyphs.rest.repeat(cells), 'dim')];
  const halves = Math.max(1, Math.floor(share * cells * 2));
  const full = Math.floor(halves / 2);
  const isHalf = halves % 2 === 1;
  const settled = glyphs.full.repeat(full) + (isHalf ? glyphs.half : '');
  const left = cells - full - 1;
  const rest = isHalf ? glyphs.rest.repeat(left) : glyphs.halfRest + glyphs.rest.repeat(left);
  return [span(settled, tone), span(rest, 'dim')];
}
